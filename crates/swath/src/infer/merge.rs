use std::collections::BTreeSet;

use super::draft::{Draft, Member, Piece};
use super::roles::{Naming, Role};

/// Drafts that are one dataset whose variables have names of different length, `ndvi` and `cloud_mask`, become one.
pub(super) fn merged(mut drafts: Vec<Draft<'_>>) -> Vec<Draft<'_>> {
    let mut i = 0;
    while i < drafts.len() {
        let partner = (i + 1..drafts.len()).find_map(|j| joined(&drafts[i], &drafts[j]).map(|draft| (j, draft)));
        match partner {
            Some((j, draft)) => {
                drafts[i] = draft;
                drafts.remove(j);
            }
            None => i += 1,
        }
    }
    drafts
}

fn joined<'s>(a: &Draft<'s>, b: &Draft<'s>) -> Option<Draft<'s>> {
    if a.naming == Naming::Rasters || b.naming == Naming::Rasters || a.dates != b.dates || a.identity != b.identity || a.tails != b.tails {
        return None;
    }
    let mut head = a.pieces.iter().zip(&b.pieces).take_while(|(x, y)| same(x, y)).count();
    let most = a.pieces.len().min(b.pieces.len()) - head;
    let mut foot = a.pieces.iter().rev().zip(b.pieces.iter().rev()).take(most).take_while(|(x, y)| same(x, y)).count();
    // `{variable}_mean` and `{variable}_Q0.05` differ in what stands beside the variable.
    let is_variable = |p: Option<&Piece>| p.is_some_and(|p| p.role == Role::Text("variable".into()));
    head -= usize::from(head > 0 && is_variable(a.pieces.get(head - 1)));
    foot -= usize::from(foot > 0 && is_variable(a.pieces.get(a.pieces.len() - foot)));
    let (mid_a, mid_b) = (&a.pieces[head..a.pieces.len() - foot], &b.pieces[head..b.pieces.len() - foot]);
    let level = mid_a.first()?.level;
    let is_name = |p: &Piece| p.level == level && (p.role == Role::Literal || p.role == Role::Text("variable".into()));
    if mid_b.is_empty() || !mid_a.iter().chain(mid_b).all(is_name) || mid_a[0].separator != mid_b[0].separator {
        return None;
    }
    let outside = a.pieces[..head].iter().chain(&a.pieces[a.pieces.len() - foot..]);
    let (mut captures, mut words) = (false, false);
    for piece in outside {
        captures |= matches!(&piece.role, Role::Text(n) if n != "variable") || matches!(piece.role, Role::Date { .. });
        words |= piece.role == Role::Literal;
        if piece.role == Role::Text("variable".into()) {
            return None;
        }
    }
    if !(captures || words) || !same_places(a, b, captures) {
        return None;
    }
    let name = Piece { separator: mid_a[0].separator.clone(), role: Role::Text("variable".into()), text: String::new(), level };
    let pieces = a.pieces[..head].iter().cloned().chain([name]).chain(a.pieces[a.pieces.len() - foot..].iter().cloned()).collect();
    let rename = |draft: &Draft<'s>, middle: &[Piece]| -> Vec<Member<'s>> {
        draft.members.iter().map(|m| Member { variable: spelled(middle, &m.variable), ..m.clone() }).collect()
    };
    let mut members = rename(a, mid_a);
    members.extend(rename(b, mid_b));
    members.sort_by(|x, y| x.sample.rel.cmp(&y.sample.rel));
    let draft = Draft { pieces, members, naming: Naming::Captured, only: None, ..a.clone() };
    if draft.reads_its_files() {
        return Some(draft);
    }
    Some(draft.told_variables()).filter(Draft::reads_its_files)
}

fn same(a: &Piece, b: &Piece) -> bool {
    a.separator == b.separator && a.level == b.level && a.role == b.role && (a.role != Role::Literal || a.text == b.text)
}

/// The words of the middle with the variable filled in.
fn spelled(middle: &[Piece], variable: &str) -> String {
    let mut out = String::new();
    for (i, piece) in middle.iter().enumerate() {
        if i > 0 {
            out.push_str(&piece.separator);
        }
        out.push_str(if piece.role == Role::Literal { &piece.text } else { variable });
    }
    out
}

/// At least half of the items of the smaller are items of the other, at the same place on the ground as far as headers tell.
/// Where no capture is common, headers must tell so.
fn same_places(a: &Draft<'_>, b: &Draft<'_>, captures: bool) -> bool {
    let keys = |d: &Draft<'_>| d.members.iter().map(|m| (m.key.clone(), m.date.clone())).collect::<BTreeSet<_>>();
    let (x, y) = (keys(a), keys(b));
    let both: Vec<_> = x.intersection(&y).take(1).collect();
    if x.intersection(&y).count() * 2 < x.len().min(y.len()).max(1) {
        return false;
    }
    let facts = |d: &Draft<'_>| {
        d.members.iter().find(|m| both.first().is_some_and(|k| m.key == k.0 && m.date == k.1)).and_then(|m| m.sample.facts.clone())
    };
    match (facts(a), facts(b)) {
        (Some(x), Some(y)) => x.shares_place(&y).unwrap_or(captures),
        _ => true,
    }
}
