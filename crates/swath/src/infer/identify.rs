use std::path::Path;

use super::draft::Draft;
use super::roles::Role;
use super::shape::is_tile_word;
use crate::lattice::fit;

/// An id for each draft: from its folder or its files' first words, from the folder read where there is but one.
pub(super) fn ids(drafts: &[Draft<'_>], dir: &Path) -> Vec<String> {
    let dir = dir.file_name().map(|n| fit(&n.to_string_lossy())).filter(|n| n != "..").unwrap_or_else(|| "dataset".to_owned());
    let mut ids: Vec<String> = Vec::new();
    for draft in drafts {
        let wanted = if drafts.len() == 1 { alone(draft, &dir) } else { among_others(draft, &dir) };
        let mut id = wanted.clone();
        let mut n = 2;
        while ids.contains(&id) {
            id = format!("{wanted}-{n}");
            n += 1;
        }
        ids.push(id);
    }
    ids
}

fn alone(draft: &Draft<'_>, dir: &str) -> String {
    let words = first_words(draft);
    if draft.members.len() == 1 && draft.identity.is_empty() {
        return stem(draft);
    }
    if !words.is_empty() && words.chars().all(|c| c.is_alphabetic() || "-_".contains(c)) { words } else { dir.to_owned() }
}

fn among_others(draft: &Draft<'_>, dir: &str) -> String {
    let folder = draft.pieces.iter().take_while(|p| p.role == Role::Literal && p.level < level(draft)).fold(String::new(), |out, p| {
        let separator = if out.is_empty() { String::new() } else { p.separator.replace('/', "_") };
        out + &separator + &p.text
    });
    if draft.members.len() == 1 && draft.identity.is_empty() {
        return stem(draft);
    }
    let words = first_words(draft);
    match (folder.is_empty(), words.is_empty()) {
        (false, _) => fit(&folder),
        (true, false) => words,
        (true, true) => dir.to_owned(),
    }
}

fn level(draft: &Draft<'_>) -> usize {
    draft.members.first().map_or(0, |m| m.sample.rel.matches('/').count())
}

/// The constant beginning of the files' own names.
fn first_words(draft: &Draft<'_>) -> String {
    let mut out = String::new();
    for piece in draft.pieces.iter().filter(|p| p.level == level(draft)) {
        if piece.role != Role::Literal {
            break;
        }
        if !out.is_empty() {
            out.push_str(&piece.separator);
        }
        out.push_str(&piece.text);
    }
    // `tile_` says nothing of what the tiles show.
    let says_nothing = out.split(|c: char| !c.is_alphanumeric()).all(is_tile_word);
    if out.is_empty() || says_nothing { String::new() } else { fit(&out) }
}

fn stem(draft: &Draft<'_>) -> String {
    let rel = draft.members.first().map_or("", |m| m.sample.rel.as_str());
    let stem = Path::new(rel).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    fit(&stem)
}
