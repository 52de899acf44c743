use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::facts::Facts;
use super::name::Name;
use super::{places, spelling};

/// A raster file as inference sees it.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub rel: String,
    /// `None` where only the name is known.
    pub facts: Option<Facts>,
}

/// Files of one grammar as a table: a row per file, a column per token.
#[derive(Debug, Clone)]
pub(super) struct Columns<'s> {
    pub samples: Vec<&'s Sample>,
    /// `values[column][row]`.
    pub values: Vec<Vec<String>>,
    pub separators: Vec<String>,
    pub levels: Vec<usize>,
    pub tails: BTreeSet<String>,
}

impl<'s> Columns<'s> {
    /// Tables of the files that share a grammar, in order of their first file.
    pub(super) fn tables(samples: &[&'s Sample]) -> Vec<Self> {
        let mut groups: BTreeMap<String, Self> = BTreeMap::new();
        for sample in samples {
            let name = Name::of(&sample.rel);
            let format = sample.facts.as_ref().map(|f| f.format);
            let key = format!("{:?}{}", format, name.signature());
            let table = groups.entry(key).or_insert_with(|| Self {
                samples: Vec::new(),
                values: vec![Vec::new(); name.tokens.len()],
                separators: name.separators.clone(),
                levels: name.levels.clone(),
                tails: BTreeSet::new(),
            });
            table.samples.push(sample);
            table.tails.insert(name.tail.clone());
            for (column, token) in table.values.iter_mut().zip(name.tokens) {
                column.push(token);
            }
        }
        places::joined(groups.into_values().map(Self::with_dates_apart).collect())
    }

    /// The rows for which `keep` says so.
    pub(super) fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.len()).filter(|r| keep(*r)).collect();
        let samples: Vec<&Sample> = rows.iter().map(|r| self.samples[*r]).collect();
        let tails = samples.iter().map(|s| Name::of(&s.rel).tail).collect();
        let values = self.values.iter().map(|c| rows.iter().map(|r| c[*r].clone()).collect()).collect();
        Self { samples, values, separators: self.separators.clone(), levels: self.levels.clone(), tails }
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }
    pub(super) fn width(&self) -> usize {
        self.values.len()
    }
    pub(super) fn distinct(&self, column: usize) -> BTreeSet<&str> {
        self.values[column].iter().map(String::as_str).collect()
    }
    pub(super) fn varies(&self, column: usize) -> bool {
        self.values[column].windows(2).any(|w| w[0] != w[1])
    }
    /// Level of the file's own name.
    pub(super) fn file_level(&self) -> usize {
        self.samples.first().map_or(0, |s| s.rel.matches('/').count())
    }
    fn key(&self, columns: &[usize], row: usize) -> Vec<&str> {
        columns.iter().map(|c| self.values[*c][row].as_str()).collect()
    }
    /// Rows that agree in `columns`, in order.
    pub(super) fn rows_by(&self, columns: &[usize]) -> Vec<Vec<usize>> {
        let mut at: HashMap<Vec<&str>, usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for row in 0..self.len() {
            let next = groups.len();
            let i = *at.entry(self.key(columns, row)).or_insert(next);
            if i == next {
                groups.push(Vec::new());
            }
            groups[i].push(row);
        }
        groups
    }
    /// Whether rows that agree in `by` agree in `column`.
    pub(super) fn is_determined(&self, column: usize, by: &[usize]) -> bool {
        self.rows_by(by).iter().all(|rows| rows.iter().all(|r| self.values[column][*r] == self.values[column][rows[0]]))
    }
    /// Whether each of two columns tells the other.
    pub(super) fn are_twins(&self, a: usize, b: usize) -> bool {
        self.is_determined(a, &[b]) && self.is_determined(b, &[a])
    }
    /// Every other column that says something of its own.
    pub(super) fn others(&self, column: usize) -> Vec<usize> {
        (0..self.width()).filter(|c| *c != column && !(self.varies(*c) && self.are_twins(*c, column))).collect()
    }
    /// Whether files that agree in all `others` and differ in `column` lie at one place; `None` where no two such files tell.
    pub(super) fn stays(&self, column: usize, others: &[usize]) -> Option<bool> {
        let (mut same, mut seen) = (0usize, 0usize);
        for rows in self.rows_by(others) {
            for pair in rows.windows(2).filter(|p| self.values[column][p[0]] != self.values[column][p[1]]).take(8) {
                let (Some(a), Some(b)) = (&self.samples[pair[0]].facts, &self.samples[pair[1]].facts) else { continue };
                let Some(shared) = a.shares_place(b) else { continue };
                seen += 1;
                same += usize::from(shared);
            }
        }
        match (seen, same) {
            (0, _) => None,
            (seen, same) if same * 10 >= seen * 8 => Some(true),
            (seen, same) if same * 10 <= seen * 3 => Some(false),
            _ => None,
        }
    }
    /// Whether files that agree in `columns` lie at one place; `None` where headers do not tell.
    pub(super) fn place_is_determined(&self, columns: &[usize]) -> Option<bool> {
        let (mut same, mut seen) = (0usize, 0usize);
        for rows in self.rows_by(columns) {
            for row in rows.iter().skip(1) {
                let (Some(a), Some(b)) = (&self.samples[rows[0]].facts, &self.samples[*row].facts) else { continue };
                let Some(shared) = a.shares_place(b) else { continue };
                seen += 1;
                same += usize::from(shared);
            }
        }
        (seen > 0).then_some(same * 10 >= seen * 9)
    }

    /// `A2022081` and `ndvi2020` are a word and a date, `ndvi20210325t1` has a word after it too: columns of such tokens become several.
    fn with_dates_apart(mut self) -> Self {
        let mut column = 0;
        while column < self.width() {
            let parts = self.around_date(column).unwrap_or_default();
            let level = self.levels[column];
            for (i, part) in parts.iter().enumerate() {
                if i == 0 {
                    self.values[column].clone_from(part);
                    continue;
                }
                self.values.insert(column + i, part.clone());
                self.separators.insert(column + i, String::new());
                self.levels.insert(column + i, level);
            }
            column += parts.len().max(1);
        }
        self
    }

    /// The values of a column cut at the date in each: columns of what stands before it, of the date, and of what follows.
    fn around_date(&self, column: usize) -> Option<Vec<Vec<String>>> {
        let values = &self.values[column];
        let cuts: Vec<(usize, usize)> = values.iter().map(|v| spelling::within_word(v)).collect::<Option<_>>()?;
        let all = |of: fn(usize, usize, usize) -> bool| cuts.iter().zip(values).all(|((start, end), v)| of(*start, *end, v.len()));
        let (leads, begins) = (all(|start, _, _| start > 0), all(|start, _, _| start == 0));
        let (trails, ends) = (all(|_, end, len| end < len), all(|_, end, len| end == len));
        let is_one_shape = (leads || begins) && (trails || ends);
        if !is_one_shape || (begins && ends) || spelling::format_of(values).is_some() {
            return None;
        }
        let piece = |of: fn(&str, usize, usize) -> &str| -> Vec<String> {
            values.iter().zip(&cuts).map(|(v, (start, end))| of(v, *start, *end).to_owned()).collect()
        };
        let dates = piece(|v, start, end| &v[start..end]);
        spelling::format_of(&dates)?;
        let mut parts = vec![dates];
        if leads {
            parts.insert(0, piece(|v, start, _| &v[..start]));
        }
        if trails {
            let after = piece(|v, _, end| &v[end..]);
            // `20200105T1011Z` is a time in a spelling of its own.
            if after.iter().any(|a| a.starts_with('T') && a[1..].starts_with(|c: char| c.is_ascii_digit())) {
                return None;
            }
            parts.push(after);
        }
        Some(parts)
    }
}
