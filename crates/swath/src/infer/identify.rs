use std::ffi::OsStr;
use std::path::Path;

use super::draft::Draft;
use super::roles::{Naming, Role};
use super::shape::is_tile_word;
use crate::lattice::{fit, plain};

/// An id for each draft: from its folder or its files' words, from the folder read where there is but one.
pub(super) fn ids(drafts: &[Draft<'_>], dir: &Path) -> Vec<String> {
    let whole = Whole { name: project(dir), is_plain: dir.canonicalize().is_ok_and(|d| d.file_name().is_some_and(says_nothing)) };
    let mut ids: Vec<String> = Vec::new();
    for draft in drafts {
        let wanted = tidy(&if drafts.len() == 1 { alone(draft, &whole) } else { among_others(draft, &whole) });
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

/// As an id that a person would have written: `Meine Daten (2021)` is `Meine-Daten-2021`.
fn tidy(name: &str) -> String {
    let words: Vec<String> = plain(name).split('-').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    if words.is_empty() { "maps".to_owned() } else { words.join("-") }
}

/// The name of `dir`, or of the nearest folder around it that says more than `raw` or `data`.
pub(super) fn project(dir: &Path) -> String {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let name = whole.ancestors().filter_map(Path::file_name).find(|n| !says_nothing(n));
    name.map(|n| fit(n.to_string_lossy().trim_start_matches('.'))).filter(|n| n != "_").unwrap_or_else(|| "maps".to_owned())
}

/// The folder read.
struct Whole {
    /// Its own name, or that of the project around it.
    name: String,
    /// Its own name says nothing.
    is_plain: bool,
}

/// Names of folders that say only that files are in them.
fn says_nothing(folder: &OsStr) -> bool {
    const PLAIN: &[&str] = &[
        "raw",
        "rawdata",
        "data",
        "dataset",
        "datasets",
        "input",
        "inputs",
        "in",
        "source",
        "src",
        "original",
        "originals",
        "file",
        "files",
        "raster",
        "rasters",
        "tif",
        "tifs",
        "tiff",
        "tiffs",
        "geotiff",
        "geotiffs",
        "netcdf",
        "image",
        "images",
        "download",
        "downloads",
    ];
    let plain: String = folder.to_string_lossy().chars().filter(|c| c.is_alphanumeric()).collect();
    PLAIN.contains(&plain.to_lowercase().as_str())
}

fn alone(draft: &Draft<'_>, whole: &Whole) -> String {
    let words = first_words(draft);
    if draft.members.len() == 1 && draft.identity.is_empty() {
        return stem(draft);
    }
    let is_word = !words.is_empty() && words.chars().all(|c| c.is_alphabetic() || "-_".contains(c));
    if is_word || (whole.is_plain && words.len() > 1) {
        return words;
    }
    only_variable(draft).filter(|_| whole.is_plain).unwrap_or_else(|| whole.name.clone())
}

fn among_others(draft: &Draft<'_>, whole: &Whole) -> String {
    let folders = draft.pieces.iter().take_while(|p| p.role == Role::Literal && p.level < level(draft));
    let folder = folders.filter(|p| !says_nothing(OsStr::new(&p.text))).fold(String::new(), |out, p| {
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
        (true, true) => only_variable(draft).unwrap_or_else(|| whole.name.clone()),
    }
}

/// The variable, where the names have one and the same.
fn only_variable(draft: &Draft<'_>) -> Option<String> {
    let mut names = draft.variables().into_iter();
    match (draft.naming == Naming::Captured, names.next(), names.next()) {
        (true, Some(name), None) => Some(fit(&name)),
        _ => None,
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
    let only_tiles = out.split(|c: char| !c.is_alphanumeric()).all(is_tile_word);
    if out.is_empty() || only_tiles { String::new() } else { fit(&out) }
}

fn stem(draft: &Draft<'_>) -> String {
    let rel = draft.members.first().map_or("", |m| m.sample.rel.as_str());
    let stem = Path::new(rel).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    fit(&stem)
}
