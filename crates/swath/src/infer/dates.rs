use std::collections::BTreeSet;

use super::columns::Columns;
use super::spelling::{format_of, read_all, several, short_year};
use crate::plan_file::Stamp;

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
    if found.is_empty() {
        found.extend((0..table.width()).find_map(|column| short_year(table, column)));
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
