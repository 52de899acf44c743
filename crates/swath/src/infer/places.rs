//! Places of several words beside places of one: `cover New York 2020` and `cover Rome 2020`.

use std::collections::BTreeSet;
use std::ops::Range;

use super::columns::Columns;
use super::facts::Facts;
use super::spelling::format_of;

/// Pairs of files looked at to tell whether words stand for places.
const LOOK: usize = 64;

/// The tables, those of which differ in nothing but how many words a place's name has as one, with its words in one column.
pub(super) fn joined(mut tables: Vec<Columns<'_>>) -> Vec<Columns<'_>> {
    tables.sort_by_key(Columns::width);
    let mut i = 0;
    while i < tables.len() {
        match (i + 1..tables.len()).find_map(|j| both(&tables[i], &tables[j]).map(|one| (j, one))) {
            Some((j, one)) => {
                tables[i] = one;
                tables.remove(j);
            }
            None => i += 1,
        }
    }
    tables.sort_by(|a, b| a.samples[0].rel.cmp(&b.samples[0].rel));
    tables
}

fn both<'s>(a: &Columns<'s>, b: &Columns<'s>) -> Option<Columns<'s>> {
    if a.width() >= b.width() {
        return None;
    }
    let most = a.width() - 1;
    let head = (0..most).take_while(|c| are_alike(a, *c, b, *c)).count();
    let foot = (1..=most - head).take_while(|c| are_alike(a, a.width() - c, b, b.width() - c)).count();
    let (short, long) = (head..a.width() - foot, head..b.width() - foot);
    let is_named = (0..head).chain(a.width() - foot..a.width()).any(|c| format_of(&a.values[c]).is_none());
    let joins = a.separators[short.start] == b.separators[long.start];
    if !is_named || !joins || !are_words(a, &short) || !are_words(b, &long) || !lie_apart(a, b, head, foot) {
        return None;
    }
    let mut one = with_one_word(a, &short);
    let other = with_one_word(b, &long);
    one.samples.extend(other.samples);
    one.tails.extend(other.tails);
    for (column, values) in one.values.iter_mut().zip(other.values) {
        column.extend(values);
    }
    Some(one)
}

/// Two columns that hold the same words, or dates of one spelling.
fn are_alike(a: &Columns<'_>, i: usize, b: &Columns<'_>, j: usize) -> bool {
    let spelling = |table: &Columns<'_>, c: usize| format_of(&table.values[c]).map(|f| f.0);
    let dates = spelling(a, i).is_some() && spelling(a, i) == spelling(b, j);
    a.separators[i] == b.separators[j] && a.levels[i] == b.levels[j] && (dates || !a.distinct(i).is_disjoint(&b.distinct(j)))
}

/// Words of letters in one name, with the same sign between them; some may be joined already.
fn are_words(table: &Columns<'_>, columns: &Range<usize>) -> bool {
    let letters = |c: usize| table.values[c].iter().all(|v| v.chars().all(|c| c.is_alphabetic() || !c.is_alphanumeric()));
    let joints: BTreeSet<&str> = (columns.start + 1..columns.end).map(|c| table.separators[c].as_str()).collect();
    let level = table.levels[columns.start];
    columns.clone().all(|c| letters(c) && table.levels[c] == level) && joints.len() <= 1 && joints.iter().all(|j| j.chars().count() == 1)
}

/// Files that agree in all else are of one kind and lie at different places: the words name these, and no variable.
fn lie_apart(a: &Columns<'_>, b: &Columns<'_>, head: usize, foot: usize) -> bool {
    let key = |table: &Columns<'_>, row: usize| -> Vec<String> {
        (0..head).chain(table.width() - foot..table.width()).map(|c| table.values[c][row].clone()).collect()
    };
    let facts = |table: &Columns<'_>, row: usize| -> Option<Facts> { table.samples[row].facts.clone() };
    let apart = |row: usize| {
        let other = (0..a.len().min(LOOK)).find(|r| key(a, *r) == key(b, row)).unwrap_or(0);
        facts(a, other).zip(facts(b, row)).is_some_and(|(x, y)| {
            x.format == y.format && x.kind == y.kind && x.shares_pixel(&y) && !x.has_time_axis && x.shares_place(&y) == Some(false)
        })
    };
    (0..b.len().min(LOOK)).all(apart)
}

/// The words of these columns in one.
fn with_one_word<'s>(table: &Columns<'s>, columns: &Range<usize>) -> Columns<'s> {
    let mut one = table.clone();
    for column in columns.clone().skip(1) {
        for (word, more) in one.values[columns.start].iter_mut().zip(&table.values[column]) {
            word.push_str(&table.separators[column]);
            word.push_str(more);
        }
    }
    let merged = columns.start + 1..columns.end;
    one.values.drain(merged.clone());
    one.separators.drain(merged.clone());
    one.levels.drain(merged);
    one
}
