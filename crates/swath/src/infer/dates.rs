use std::collections::BTreeSet;

use super::columns::Columns;
use crate::plan_file::{DateFields, DateFormat, Stamp};

/// A date in names: which columns it is made of, how each is written, and its value in each row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DateColumn {
    pub parts: Vec<(usize, &'static str)>,
    pub stamps: Vec<Stamp>,
}

/// When the files of a table are, as far as names say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Dates {
    None,
    One(DateColumn),
    Between(DateColumn, DateColumn),
}

/// Formats of a single token, by its length; the first that fits all values is meant.
const FORMATS: [(usize, &str); 12] = [
    (15, "%Y%m%dT%H%M%S"),
    (16, "%Y%m%dT%H%M%SZ"),
    (13, "%Y%m%dT%H%M"),
    (14, "%Y%m%d%H%M%S"),
    (13, "%Y%j%H%M%S"),
    (12, "%Y%m%d%H%M"),
    (10, "%Y%m%d%H"),
    (8, "%Y%m%d"),
    (8, "%d%m%Y"),
    (7, "%Y%j"),
    (6, "%Y%m"),
    (4, "%Y"),
];

/// How all these values are written as dates of plausible years, and the dates; `None` where one is none.
pub(super) fn format_of<T: AsRef<str>>(values: &[T]) -> Option<(&'static str, Vec<Stamp>)> {
    FORMATS.iter().find_map(|(len, format)| {
        let fits = |v: &T| v.as_ref().len() == *len;
        if !values.iter().all(fits) {
            return None;
        }
        read_all(&[format], &[values]).map(|stamps| (*format, stamps))
    })
}

fn read_all<T: AsRef<str>>(formats: &[&str], columns: &[&[T]]) -> Option<Vec<Stamp>> {
    let formats: Vec<DateFormat> = formats.iter().map(|f| DateFormat::parse(f).ok()).collect::<Option<_>>()?;
    let years = if formats.len() == 1 && formats[0].to_string() == "%Y" { 1900..=2100 } else { 1800..=2400 };
    let rows = columns.first()?.len();
    let read = |row: usize| {
        let mut fields = DateFields::default();
        for (format, column) in formats.iter().zip(columns) {
            let (part, rest) = format.read(column[row].as_ref())?;
            if !rest.is_empty() {
                return None;
            }
            fields = fields.merged(part)?;
        }
        fields.year.filter(|y| years.contains(y))?;
        fields.stamp()
    };
    (0..rows).map(read).collect()
}

/// Where in a word such as `A2022081` digits stand that may be a date: (start, end).
pub(super) fn within_word(word: &str) -> Option<(usize, usize)> {
    let start = word.find(|c: char| c.is_ascii_digit())?;
    let end = word[start..].find(|c: char| !c.is_ascii_digit()).map_or(word.len(), |i| start + i);
    let likely = matches!(end - start, 4 | 6 | 7 | 8 | 12 | 13 | 14) && format_of(&[&word[start..end]]).is_some();
    likely.then_some((start, end))
}

/// Every date that names hold, in order; those of several tokens (`2020/01/05`) as one.
pub(super) fn candidates(table: &Columns<'_>) -> Vec<DateColumn> {
    let mut found = Vec::new();
    let mut column = 0;
    while column < table.width() {
        match several(table, column).or_else(|| single(table, column)) {
            Some(date) => {
                column += date.parts.len();
                found.push(date);
            }
            None => column += 1,
        }
    }
    found
}

fn single(table: &Columns<'_>, column: usize) -> Option<DateColumn> {
    let (format, stamps) = format_of(&table.values[column])?;
    let mut date = DateColumn { parts: vec![(column, format)], stamps };
    if format == "%Y%m%d" && is_time_of_day(table, column) {
        let columns = [table.values[column].as_slice(), table.values[column + 1].as_slice()];
        if let Some(stamps) = read_all(&["%Y%m%d", "%H%M%S"], &columns) {
            date = DateColumn { parts: vec![(column, format), (column + 1, "%H%M%S")], stamps };
        }
    }
    Some(date)
}

/// Six digits after a date are its time where they never come again on another date, as those of a tile would.
fn is_time_of_day(table: &Columns<'_>, column: usize) -> bool {
    let next = column + 1;
    next < table.width()
        && table.values[next].iter().all(|v| v.len() == 6)
        && table.distinct(column).len() > 1
        && table.is_determined(column, &[next])
        && table.distinct(next).len() >= table.distinct(column).len()
        && table.stays(next, &[column]) != Some(false)
}

fn several(table: &Columns<'_>, column: usize) -> Option<DateColumn> {
    const SPLITS: [&[&str]; 4] = [&["%Y", "%m", "%d"], &["%Y", "%j"], &["%Y%m", "%d"], &["%Y", "%m"]];
    SPLITS.iter().find_map(|formats| {
        let end = column + formats.len();
        if end > table.width() || table.separators[column + 1..end].iter().any(|s| s.chars().count() != 1) {
            return None;
        }
        let columns: Vec<&[String]> = (column..end).map(|c| table.values[c].as_slice()).collect();
        let wide = |format: &str| match format {
            "%Y" => 4,
            "%j" => 3,
            "%Y%m" => 6,
            _ => 2,
        };
        if formats.iter().zip(&columns).any(|(f, values)| values.iter().any(|v| v.len() != wide(f))) {
            return None;
        }
        // A number that moves the place is a tile's, not a month's.
        let others: Vec<usize> = (0..table.width()).collect();
        let moves = |c: usize| table.stays(c, &others.iter().copied().filter(|o| *o != c).collect::<Vec<_>>()) == Some(false);
        if (column + 1..end).any(moves) {
            return None;
        }
        let stamps = read_all(formats, &columns)?;
        Some(DateColumn { parts: (column..end).zip(formats.iter().copied()).collect(), stamps })
    })
}

impl DateColumn {
    fn varies(&self) -> bool {
        self.stamps.windows(2).any(|w| w[0] != w[1])
    }
    /// Whether this one only repeats part of `finer`.
    fn is_within(&self, finer: &Self) -> bool {
        self.stamps.iter().zip(&finer.stamps).all(|(coarse, fine)| {
            coarse.first() <= fine.first() && fine.first() <= coarse.end() && coarse.canonical().len() <= fine.canonical().len()
        })
    }
    fn is_before(&self, other: &Self) -> bool {
        self.stamps.iter().zip(&other.stamps).all(|(a, b)| a.first() <= b.first())
    }
}

/// Chooses among candidates: what was observed when, as against when it was processed.
/// Gives the choice, every candidate that repeats it, and the others.
pub(super) fn choose(candidates: &[DateColumn]) -> (Dates, Vec<DateColumn>, Vec<DateColumn>) {
    let repeats = |main: &DateColumn, c: &DateColumn| c.parts != main.parts && c.is_within(main);
    // Those that merely repeat a part of a finer one, or an equal one that stands earlier, do not compete.
    let competes = |i: usize| {
        let mine = &candidates[i];
        !candidates.iter().enumerate().any(|(j, other)| j != i && mine.is_within(other) && (!other.is_within(mine) || j < i))
    };
    let mut own: Vec<&DateColumn> = (0..candidates.len()).filter(|i| competes(*i)).map(|i| &candidates[i]).collect();
    if own.iter().any(|c| c.varies()) {
        own.retain(|c| c.varies());
    }
    let Some(first) = own.first() else { return (Dates::None, Vec::new(), Vec::new()) };
    let interval = own.windows(2).find(|pair| is_interval(pair[0], pair[1]));
    if let Some([start, end]) = interval {
        let others = candidates.iter().filter(|c| c.parts != start.parts && c.parts != end.parts).cloned().collect();
        return (Dates::Between((*start).clone(), (*end).clone()), Vec::new(), others);
    }
    let main = own.iter().find(|c| own.iter().all(|o| c.is_before(o))).unwrap_or(first);
    let same = candidates.iter().filter(|c| repeats(main, c)).cloned().collect();
    let others = candidates.iter().filter(|c| c.parts != main.parts && !repeats(main, c)).cloned().collect();
    (Dates::One((*main).clone()), same, others)
}

/// Two neighbouring dates that begin and end a period: periods follow one another, or are whole months or years.
fn is_interval(start: &DateColumn, end: &DateColumn) -> bool {
    let (Some(last), Some(first)) = (start.parts.last(), end.parts.first()) else { return false };
    if last.0 + 1 != first.0 || start.parts.len() != end.parts.len() || !start.is_before(end) || start.stamps == end.stamps {
        return false;
    }
    let periods: BTreeSet<(Stamp, Stamp)> = start.stamps.iter().copied().zip(end.stamps.iter().copied()).collect();
    let periods: Vec<(Stamp, Stamp)> = periods.into_iter().collect();
    let day = chrono::Duration::days(1);
    let follow = periods.windows(2).filter(|w| (w[1].0.first() - w[0].1.end()).abs() <= day || w[1].0 == w[0].1).count();
    let whole = periods.iter().all(|(a, b)| {
        let next = b.end() + chrono::Duration::seconds(1);
        a.is_span() || (a.first().format("%d").to_string() == "01" && next.format("%d").to_string() == "01")
    });
    whole || (periods.len() > 2 && follow * 10 >= (periods.len() - 1) * 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_dates_when_all_of_them_are() {
        for (values, format) in [
            (vec!["20180131", "20180405"], Some("%Y%m%d")),
            (vec!["20180131", "20181399"], None),
            (vec!["2020005", "2020366"], Some("%Y%j")),
            (vec!["2021366"], None),
            (vec!["202001"], Some("%Y%m")),
            (vec!["013032"], None),
            (vec!["32633"], None),
            (vec!["2020", "1999"], Some("%Y")),
            (vec!["2020", "0001"], None),
            (vec!["20200105T101112"], Some("%Y%m%dT%H%M%S")),
            (vec!["2022101145817"], Some("%Y%j%H%M%S")),
            (vec!["31012020"], Some("%d%m%Y")),
            (vec!["r0c1"], None),
        ] {
            assert_eq!(format_of(&values).map(|f| f.0), format, "{values:?}");
        }
    }
}
