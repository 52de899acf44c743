use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use super::files::{Found, copy_of, is_sidecar, list, why_no_raster};
use super::gather::Gather;
use super::header::open_headers;
use super::odd;
use super::resolved::{Hole, IgnoredFile, Resolved, ResolvedDataset, ResolvedItem};
use super::{seen, summary};
use crate::plan_file::{Captures, CogTable, DatasetTable, PlanFile};
use crate::{Error, Family, Result, Stop};

/// Joins a plan with the files below `plan_dir` that it speaks of: opens every header, writes nothing.
///
/// # Errors
/// Misuse where the plan makes no sense here: a pattern without a match, an item without a date, two files for one place.
/// A file that cannot be read is no error: it is listed as unreadable.
pub fn resolve(plan: &PlanFile, plan_dir: &Path) -> Result<Resolved> {
    let mut folders = Folders { plan_dir, listed: HashMap::new() };
    let (mut datasets, mut errors) = (Vec::new(), Vec::new());
    let mut taken: BTreeSet<PathBuf> = BTreeSet::new();
    for dataset in &plan.datasets {
        let matched = folders.matches(dataset)?;
        taken.extend(matched.iter().map(|(found, _)| found.path.clone()));
        match one(dataset, &plan.cog, matched) {
            Ok(resolved) => datasets.push(resolved),
            Err(e) => errors.push((dataset.id.as_str(), e)),
        }
    }
    if let Some((_, first)) = errors.first() {
        let others: Vec<&str> = errors[1..].iter().map(|(id, _)| *id).collect();
        let mut error = first.clone();
        if !others.is_empty() {
            error.found.push_str(&format!(" (and more is wrong in {})", others.join(", ")));
        }
        return Err(error);
    }
    Ok(Resolved { datasets, ignored: folders.ignored(&taken) })
}

fn one(dataset: &DatasetTable, cog: &CogTable, matched: Vec<(Found, Captures)>) -> Result<ResolvedDataset> {
    let (matched, copies) = without_copies(matched);
    let (files, captures): (Vec<_>, Vec<_>) = matched.into_iter().unzip();
    let count = files.len();
    let headers = open_headers(files, &Stop::default());
    let mut gather = Gather::new(dataset, cog);
    gather.ignored = copies;
    for (header, captures) in headers.iter().zip(&captures) {
        gather.take(header, captures)?;
    }
    let order = variable_order(dataset, &gather);
    let (odd, mut notes) = odd::find(&gather.sightings);
    notes.splice(0..0, overlap_notes(&gather.overlaps));
    notes.extend(seen::notes(&gather.sightings, dataset));
    let summary = summary::of(&order, &gather.sightings, count);
    let (unreadable, ignored, lost) =
        (std::mem::take(&mut gather.unreadable), std::mem::take(&mut gather.ignored), std::mem::take(&mut gather.lost));
    let items = gather.into_items(&order)?;
    let present: BTreeSet<&str> = items.iter().flat_map(|i| i.assets.iter().map(|a| a.variable.as_str())).collect();
    for (name, _) in &dataset.variables {
        let is_band = dataset.bands.contains(name) || items.iter().flat_map(|i| &i.assets).any(|a| a.band_names.contains(name));
        if !present.contains(name.as_str()) && !is_band {
            notes.push(format!("no file has the variable `{name}` of [dataset.variables]"));
        }
    }
    let holes = holes(&items, &present, &lost);
    notes.extend(sparse_note(&items));
    let summary = summary.with_items(&items);
    Ok(ResolvedDataset { id: dataset.id.clone(), summary, items, holes, odd, notes, unreadable, ignored })
}

/// `a (1).tif` beside `a.tif` would be a tile of its own by most patterns.
fn without_copies(matched: Vec<(Found, Captures)>) -> (Vec<(Found, Captures)>, Vec<IgnoredFile>) {
    let names: BTreeSet<String> = matched.iter().map(|(f, _)| f.rel.clone()).collect();
    let mut ignored = Vec::new();
    let matched = matched.into_iter().filter(|(found, _)| !is_sidecar(&found.rel));
    let kept = matched.filter(|(found, _)| match copy_of(&found.rel, |r| names.contains(r)) {
        Some(original) => {
            ignored.push(IgnoredFile { path: found.rel.clone(), reason: format!("by its name a copy of {original}") });
            false
        }
        None => true,
    });
    (kept.collect(), ignored)
}

/// Variables in the plan's order, then the others by name, numbers by their value.
fn variable_order(dataset: &DatasetTable, gather: &Gather<'_>) -> Vec<String> {
    let mut order: Vec<String> = dataset.variables.iter().map(|(name, _)| super::naming::fit(name)).collect();
    let mut rest: Vec<&str> = gather.sightings.iter().map(|s| s.variable.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    rest.sort_by_key(|name| natural(name));
    for name in rest {
        if !order.iter().any(|o| o == name) {
            order.push(name.to_owned());
        }
    }
    order
}

/// `B2` before `B10`.
pub(crate) fn natural(text: &str) -> Vec<(u64, String)> {
    let mut key = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word_end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        let digits_end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (digits, left) = after.split_at(digits_end);
        key.push((0, word.to_owned()));
        if !digits.is_empty() {
            key.push((digits.parse().unwrap_or(u64::MAX), digits.to_owned()));
        }
        rest = left;
    }
    key
}

fn holes(items: &[ResolvedItem], present: &BTreeSet<&str>, lost: &[(String, String)]) -> Vec<Hole> {
    let mut holes = Vec::new();
    for item in items {
        for variable in present {
            let there = item.assets.iter().any(|a| a.variable == *variable);
            let lost = || lost.iter().any(|(id, v)| *id == item.id && v == variable);
            if !there && !lost() {
                holes.push(Hole { item: item.id.clone(), tile: item.tile.clone(), variable: (*variable).to_owned() });
            }
        }
    }
    holes
}

/// Tiles seldom share all dates, so this is no hole; yet worth a word.
fn sparse_note(items: &[ResolvedItem]) -> Option<String> {
    let mut dates_of: BTreeMap<&str, BTreeSet<_>> = BTreeMap::new();
    for item in items {
        dates_of.entry(item.tile.as_deref()?).or_default().insert(item.datetime);
    }
    let all: BTreeSet<_> = dates_of.values().flatten().collect();
    let (full, have) = (dates_of.len() * all.len(), dates_of.values().map(BTreeSet::len).sum::<usize>());
    if dates_of.len() < 2 || all.len() < 2 || full == have {
        return None;
    }
    let lacking: Vec<String> = dates_of
        .iter()
        .filter(|(_, d)| d.len() < all.len())
        .map(|(tile, d)| format!("{tile} has {} of {} dates", d.len(), all.len()))
        .collect();
    let more = lacking.len().saturating_sub(3);
    let tail = if more > 0 { format!(", and {more} more tiles") } else { String::new() };
    Some(format!("{} of {full} tile x date places are empty: {}{tail}", full - have, lacking[..lacking.len().min(3)].join(", ")))
}

fn overlap_notes(overlaps: &[String]) -> Vec<String> {
    let mut notes: Vec<String> = overlaps.iter().take(3).cloned().collect();
    if overlaps.len() > 3 {
        notes.push(format!("and {} more time steps that two files share", overlaps.len() - 3));
    }
    notes
}

/// Folders listed once, whatever number of patterns look into them.
struct Folders<'p> {
    plan_dir: &'p Path,
    listed: HashMap<PathBuf, (Vec<Found>, Vec<IgnoredFile>)>,
}

impl Folders<'_> {
    /// The files of a dataset in order of their names, with what they say.
    fn matches(&mut self, dataset: &DatasetTable) -> Result<Vec<(Found, Captures)>> {
        let mut matched: BTreeMap<PathBuf, (Found, Captures)> = BTreeMap::new();
        for pattern in &dataset.files {
            let folder = clean(&self.plan_dir.join(pattern.folder()));
            let before = matched.len();
            let files = match self.listed.entry(folder.clone()) {
                std::collections::hash_map::Entry::Occupied(known) => &known.into_mut().0,
                std::collections::hash_map::Entry::Vacant(new) => {
                    let listing = list(&folder).map_err(|e| absent_folder(e, dataset, pattern.as_str()))?;
                    &new.insert(listing).0
                }
            };
            for found in files {
                let rel = format!("{}{}", pattern.folder(), found.rel);
                if let Some(captures) = pattern.captures(&rel) {
                    let found = Found { path: found.path.clone(), rel };
                    matched.entry(found.path.clone()).or_insert((found, captures));
                }
            }
            if matched.len() == before && !(before > 0 && dataset.files.len() > 1) {
                let found = format!("`files` of [[dataset]] {}: no file matches {:?}", dataset.id, pattern.as_str());
                let right = match files.first() {
                    Some(first) => format!("{} has {} files, the first is {}", folder.display(), files.len(), first.rel),
                    None => format!("{} has no files", folder.display()),
                };
                return Err(Error::misuse(dataset.place.clone(), found, right).hint("patterns start at the plan's folder, and case counts"));
            }
        }
        Ok(matched.into_values().collect())
    }

    /// What lies in the listed folders and no dataset takes.
    fn ignored(&self, taken: &BTreeSet<PathBuf>) -> Vec<IgnoredFile> {
        let mut ignored: BTreeMap<String, String> = BTreeMap::new();
        for (folder, (files, passed)) in &self.listed {
            let shown = |rel: &str| {
                clean(&folder.join(rel)).strip_prefix(clean(self.plan_dir)).map_or_else(|_| folder.join(rel), Path::to_path_buf)
            };
            for found in files.iter().filter(|f| !taken.contains(&f.path)) {
                if found.path.parent().map(clean) == Some(clean(self.plan_dir)) && found.path.extension().is_some_and(|e| e == "toml") {
                    continue;
                }
                let reason = why_no_raster(found).unwrap_or_else(|| "a raster that no pattern of the plan matches".to_owned());
                ignored.insert(shown(&found.rel).display().to_string(), reason);
            }
            for file in passed {
                let slash = if file.path.ends_with('/') { "/" } else { "" };
                ignored.insert(format!("{}{slash}", shown(file.path.trim_end_matches('/')).display()), file.reason.clone());
            }
        }
        ignored.into_iter().map(|(path, reason)| IgnoredFile { path, reason }).collect()
    }
}

fn absent_folder(e: Error, dataset: &DatasetTable, pattern: &str) -> Error {
    if e.family != Family::Absent {
        return e;
    }
    let found = format!("`files` of [[dataset]] {}: there is no folder {}", dataset.id, e.at);
    Error::misuse(dataset.place.clone(), found, format!("{pattern:?} starts at the plan's folder"))
}

/// The path without `.` and without `x/..`.
pub fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
