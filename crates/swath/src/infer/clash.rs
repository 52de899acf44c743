use super::columns::Columns;
use super::roles::variable_column;

/// Between values of `column`, files that are alike in the variable differ in type, bands or size of pixels; within one value they do not.
/// One odd sibling among many is no clash: `plan` names it.
pub(super) fn kinds_clash(table: &Columns<'_>, column: usize, open: &[usize]) -> bool {
    let rest: Vec<usize> = open.iter().copied().filter(|c| *c != column).collect();
    let variable = variable_column(table, &rest);
    let key = |row: usize| variable.map(|v| table.values[v][row].as_str());
    let groups = table.rows_by(&[column]);
    let first = |rows: &[usize], like: usize| rows.iter().copied().find(|r| key(*r) == key(like));
    let within = groups.iter().all(|rows| rows.iter().all(|r| alike(table, first(rows, *r).unwrap_or(*r), *r) == Some(true)));
    if !within {
        return false;
    }
    let usual = usual_rows(table, &groups, &key);
    let usual_of = |row: usize| usual.iter().copied().find(|u| key(*u) == key(row));
    let is_odd = |row: usize| usual_of(row).is_some_and(|u| alike(table, u, row) == Some(false));
    let odd: Vec<&Vec<usize>> = groups.iter().filter(|rows| rows.iter().any(|r| is_odd(*r))).collect();
    if odd.is_empty() {
        return false;
    }
    let partly = odd.iter().all(|rows| rows.iter().any(|r| !is_odd(*r)));
    // Products in folders of their own have tiles of their own; places have nothing but variables.
    let is_place = table.width() > 1 && rest.iter().all(|c| Some(*c) == variable || table.is_determined(*c, &[column]));
    !(are_few(odd.len(), groups.len()) && (partly || is_place))
}

/// So few of all that these are odd ones, not maps of another kind.
fn are_few(odd: usize, all: usize) -> bool {
    all >= 3 && odd * 2 < all && (odd <= 3 || odd * 4 <= all)
}

fn alike(table: &Columns<'_>, a: usize, b: usize) -> Option<bool> {
    let (x, y) = (table.samples[a].facts.as_ref()?, table.samples[b].facts.as_ref()?);
    Some(x.kind == y.kind && x.shares_pixel(y) && (x.rasters.is_empty() || x.rasters == y.rasters))
}

/// For each key a row of the kind that most groups have.
fn usual_rows<'t>(table: &Columns<'_>, groups: &[Vec<usize>], key: &dyn Fn(usize) -> Option<&'t str>) -> Vec<usize> {
    let mut usual: Vec<usize> = Vec::new();
    for &row in groups.iter().flatten() {
        if usual.iter().any(|u| key(*u) == key(row)) {
            continue;
        }
        let mut kinds: Vec<(usize, usize)> = Vec::new();
        for other in groups.iter().filter_map(|rows| rows.iter().copied().find(|r| key(*r) == key(row))) {
            match kinds.iter_mut().find(|(known, _)| alike(table, *known, other) == Some(true)) {
                Some((_, count)) => *count += 1,
                None => kinds.push((other, 1)),
            }
        }
        usual.extend(kinds.iter().rev().max_by_key(|(_, count)| *count).map(|(known, _)| *known));
    }
    usual
}
