use std::collections::BTreeSet;

use super::clash::kinds_clash;
use super::columns::Columns;
use super::dates;
use super::draft::Draft;
use super::facts::Facts;
use super::roles::{self, variable_column, variable_score};
use super::shape::Shape;

/// The datasets in a table of names: one, unless a column tells unlike maps apart.
pub(super) fn drafts<'s>(table: &Columns<'s>) -> Vec<Draft<'s>> {
    match column(table) {
        Some(column) => {
            let values: BTreeSet<&str> = table.distinct(column);
            values.into_iter().flat_map(|value| drafts(&table.only(|row| table.values[column][row] == value))).collect()
        }
        None => vec![Draft::of(table, &roles::assign(table))],
    }
}

/// The column whose values are different datasets.
fn column(table: &Columns<'_>) -> Option<usize> {
    let dated: Vec<usize> = dates::candidates(table).iter().flat_map(|d| d.parts.iter().map(|p| p.0)).collect();
    let first_alike = |c: usize| (0..c).all(|o| table.values[o] != table.values[c]);
    let open: Vec<usize> = (0..table.width()).filter(|c| table.varies(*c) && !dated.contains(c) && first_alike(*c)).collect();
    let dates_vary = dated.iter().any(|c| table.varies(*c));
    if open.len() > 1 && !dates_vary && are_unrelated(table, &open) {
        return open.first().copied();
    }
    open.iter().copied().find(|c| tells_datasets(table, *c, &open))
}

/// Names of several words that differ in all of them, of rasters that differ too: these have only their count of words in common.
fn are_unrelated(table: &Columns<'_>, open: &[usize]) -> bool {
    let is_name = |c: usize| {
        let shape = Shape::of(&table.distinct(c));
        shape != Shape::Digits && shape.like_tile() < 3
    };
    if !open.iter().all(|c| is_name(*c) && table.are_twins(*c, open[0])) {
        return false;
    }
    let facts: Vec<&Facts> = table.samples.iter().filter_map(|s| s.facts.as_ref()).collect();
    let alike = facts.windows(2).all(|w| w[0].kind == w[1].kind && w[0].shares_pixel(w[1]));
    table.place_is_determined(&[]) != Some(true) && !alike
}

fn tells_datasets(table: &Columns<'_>, column: usize, open: &[usize]) -> bool {
    let values = table.distinct(column);
    let shape = Shape::of(&values);
    if values.len() > 30 || matches!(shape, Shape::Grid) {
        return false;
    }
    let others = table.others(column);
    let stays = table.stays(column, &others);
    if open == [column] && stands_alone(table, column) {
        return !is_one_scene(table, column, &shape, stays);
    }
    if shape == Shape::Digits {
        return false;
    }
    if stays != Some(true) && kinds_clash(table, column, open) {
        return true;
    }
    let rest: Vec<usize> = open.iter().copied().filter(|c| *c != column).collect();
    let Some(variable) = variable_column(table, &rest) else { return false };
    let is_folder = table.levels[column] < table.file_level();
    let is_first_word = table.levels[column] == table.file_level() && (column == 0 || table.levels[column - 1] < table.levels[column]);
    let variables = Shape::of(&table.distinct(variable));
    if !(is_folder || is_first_word && shape == Shape::Word && matches!(variables, Shape::Numbered(_))) {
        return false;
    }
    // Its values have variables of their own, or cross with the same ones.
    if variable_score(table, column) <= 0 && !table.is_determined(column, &[variable]) {
        return false;
    }
    !keys_coincide(table, column, variable) || !table.is_determined(column, &[variable])
}

/// No other column tells anything.
fn stands_alone(table: &Columns<'_>, column: usize) -> bool {
    (0..table.width()).all(|c| !table.varies(c) || table.values[c] == table.values[column])
}

/// Files told apart by one word only: bands of one scene, or tiles; or else maps that have nothing to do with each other.
fn is_one_scene(table: &Columns<'_>, column: usize, shape: &Shape, stays: Option<bool>) -> bool {
    if *shape != Shape::Word {
        return stays != Some(false) || !kinds_clash(table, column, &[column]);
    }
    let context = table.width() > 1;
    match stays {
        Some(true) => context || same_grid(table),
        Some(false) => !kinds_clash(table, column, &[column]),
        None => table.samples.iter().all(|s| s.facts.is_none()) || context || !kinds_clash(table, column, &[column]),
    }
}

fn same_grid(table: &Columns<'_>) -> bool {
    let facts: Vec<&Facts> = table.samples.iter().filter_map(|s| s.facts.as_ref()).collect();
    facts.windows(2).all(|w| w[0].place == w[1].place && w[0].shares_pixel(w[1]))
}

/// Whether the values of `column` hold the same tiles and dates, mostly.
fn keys_coincide(table: &Columns<'_>, column: usize, variable: usize) -> bool {
    let keys: Vec<usize> = (0..table.width())
        .filter(|c| {
            table.varies(*c)
                && ![column, variable].contains(c)
                && !table.are_twins(*c, column)
                && table.values[*c] != table.values[variable]
        })
        .collect();
    let groups = table.rows_by(&[column]);
    let of = |rows: &[usize]| {
        rows.iter().map(|r| keys.iter().map(|c| table.values[*c][*r].as_str()).collect::<Vec<_>>()).collect::<BTreeSet<_>>()
    };
    let sets: Vec<BTreeSet<Vec<&str>>> = groups.iter().map(|rows| of(rows)).collect();
    sets.windows(2).all(|w| {
        let both = w[0].intersection(&w[1]).count();
        both * 2 >= w[0].len().max(w[1].len())
    })
}
