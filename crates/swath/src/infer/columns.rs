use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::dates;
use super::facts::Facts;
use super::name::Name;

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
        let mut tables: Vec<Self> = groups.into_values().map(Self::with_dates_apart).collect();
        tables.sort_by(|a, b| a.samples[0].rel.cmp(&b.samples[0].rel));
        tables
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

    /// `A2022081` and `ndvi2020` are a word and a date: columns of such tokens become two.
    fn with_dates_apart(mut self) -> Self {
        let mut column = 0;
        while column < self.width() {
            let cut: Option<Vec<(usize, usize)>> = self.values[column].iter().map(|v| dates::within_word(v)).collect();
            let Some(cut) = cut.filter(|c| c.iter().any(|(start, _)| *start > 0)) else {
                column += 1;
                continue;
            };
            if cut.iter().any(|(start, _)| *start == 0) || cut.iter().zip(&self.values[column]).any(|((_, end), v)| *end < v.len()) {
                column += 1;
                continue;
            }
            let (words, days): (Vec<String>, Vec<String>) =
                self.values[column].iter().zip(&cut).map(|(v, (start, _))| (v[..*start].to_owned(), v[*start..].to_owned())).unzip();
            if dates::format_of(&days).is_none() {
                column += 1;
                continue;
            }
            self.values[column] = words;
            self.values.insert(column + 1, days);
            self.separators.insert(column + 1, String::new());
            self.levels.insert(column + 1, self.levels[column]);
            column += 2;
        }
        self
    }
}
