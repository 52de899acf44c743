use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::convert::Before;
use super::memory::{Memory, Raw, digest, relative};
use super::misfit::Misfit;
use super::report::Failure;
use super::run::Place;
use super::shard::{Records, Shard, join};
use super::tree;
use super::workplace::Workplace;
use crate::lattice::{Resolved, ResolvedAsset, ResolvedDataset, ResolvedItem};
use crate::plan_file::PlanFile;
use crate::{Family, Result};

/// An asset that must be made, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// `dataset/item/variable`.
    pub asset: String,
    pub path: PathBuf,
    pub why: &'static str,
}

/// What a build would do now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AllDue {
    pub conversions: Vec<Due>,
    /// Documents to write again though no asset changes; empty while conversions are due, since these decide them.
    pub documents: Vec<String>,
    /// Assets whose raw files are gone: they leave the build.
    pub removals: Vec<String>,
    /// Those of the conversions that will fail, since the plan does not fit the file.
    pub misfits: Vec<Misfit>,
}

/// What a build would convert and write now; nothing is written.
///
/// # Errors
/// Misuse where the plan's links cannot be made; Damaged where items do not fit one table.
pub fn due(plan: &PlanFile, resolved: &Resolved, place: &Place) -> Result<AllDue> {
    let memory = join(Memory::load(&Workplace::memory(&place.folder)), &Records::list(&place.folder), resolved, place);
    let jobs = Jobs::gather(resolved, &Scope::default(), &memory, place);
    let documents = if jobs.due.is_empty() { tree::stale(plan, resolved, &memory, place)? } else { Vec::new() };
    let misfits = jobs.due.iter().filter_map(|job| Misfit::of(&job.key, job.asset)).collect();
    let conversions = jobs.due.into_iter().map(|job| Due { asset: job.key, path: job.asset.path.clone(), why: job.why }).collect();
    let removals = tree::gone(resolved, &memory, place);
    Ok(AllDue { conversions, documents, removals, misfits })
}

/// What of a plan one process is to build.
#[derive(Default)]
pub(super) struct Scope<'a> {
    /// Datasets; all where none is named.
    pub chosen: &'a [String],
    /// One share of the items; all without.
    pub shard: Option<Shard>,
}

impl Scope<'_> {
    pub(super) fn wants(&self, dataset: &ResolvedDataset) -> bool {
        self.chosen.is_empty() || self.chosen.contains(&dataset.id)
    }

    fn takes(&self, number: usize) -> bool {
        self.shard.is_none_or(|s| s.takes(number))
    }

    /// Items with their number among all of the plan: a choice of datasets moves no item to another shard.
    pub(super) fn items<'r>(&self, resolved: &'r Resolved) -> impl Iterator<Item = (usize, &'r ResolvedDataset, &'r ResolvedItem)> {
        let all = resolved.datasets.iter().flat_map(|d| d.items.iter().map(move |i| (d, i))).enumerate();
        all.filter(|(number, (dataset, _))| self.wants(dataset) && self.takes(*number)).map(|(number, (d, i))| (number, d, i))
    }

    /// Files that cannot be opened, each told of by one shard.
    fn unreadable(&self, resolved: &Resolved) -> Vec<Failure> {
        let all = resolved.datasets.iter().flat_map(|d| d.unreadable.iter().map(move |f| (d, f))).enumerate();
        let mine = all.filter(|(number, (dataset, _))| self.wants(dataset) && self.takes(*number));
        mine.map(|(_, (dataset, file))| Failure {
            path: file.path.display().to_string(),
            asset: dataset.id.clone(),
            error: file.error.clone(),
            hint: None,
            family: Family::Damaged,
        })
        .collect()
    }
}

/// One asset to convert.
pub(super) struct Job<'a> {
    pub key: String,
    /// Its item's number among all of the plan.
    pub item: usize,
    /// The file this asset had before.
    pub before: Option<Before>,
    pub folder: String,
    pub asset: &'a ResolvedAsset,
    pub raw: Raw,
    pub recipe: String,
    pub why: &'static str,
    /// Its share of the raw file's bytes, for progress.
    pub weight: u64,
}

#[derive(Default)]
pub(super) struct Jobs<'a> {
    pub due: Vec<Job<'a>>,
    pub unchanged: usize,
    pub failed: Vec<Failure>,
}

impl<'a> Jobs<'a> {
    pub(super) fn gather(resolved: &'a Resolved, scope: &Scope<'_>, memory: &Memory, place: &Place) -> Self {
        let mut jobs = Self { failed: scope.unreadable(resolved), ..Self::default() };
        let mut prints = HashMap::new();
        let mut shares: HashMap<&Path, u64> = HashMap::new();
        for (_, _, item) in scope.items(resolved) {
            for asset in &item.assets {
                *shares.entry(&asset.path).or_default() += 1;
            }
        }
        for (number, dataset, item) in scope.items(resolved) {
            for asset in &item.assets {
                let key = key(&dataset.id, &item.id, &asset.variable);
                let print = prints.entry(asset.path.as_path()).or_insert_with(|| Raw::of(&asset.path, &place.folder));
                let raw = match print {
                    Ok(raw) => raw,
                    Err(e) => {
                        jobs.failed.push(Failure::new(&asset.path, &key, e.clone()));
                        continue;
                    }
                };
                let recipe = recipe(asset, &place.folder);
                let Some(why) = why(memory, &key, raw, &recipe, place) else {
                    jobs.unchanged += 1;
                    continue;
                };
                let share = shares.get(asset.path.as_path()).copied().unwrap_or(1).max(1);
                let weight = (raw.source.size / share).max(1);
                let folder = format!("{}/{}", dataset.id, item.id);
                let before = memory.entries.get(&key).map(|e| Before { file: e.file.clone(), sha256: e.facts.sha256.clone() });
                jobs.due.push(Job { key, item: number, before, folder, asset, raw: raw.clone(), recipe, why, weight });
            }
        }
        jobs
    }
}

/// Why an asset must be made; `None` where it stands.
fn why(memory: &Memory, key: &str, raw: &Raw, recipe: &str, place: &Place) -> Option<&'static str> {
    match memory.entries.get(key) {
        _ if memory.holds(key, raw, recipe, &place.build) => None,
        None => Some("new"),
        Some(entry) if entry.raw.source != raw.source => Some("the raw file changed"),
        Some(entry) if entry.raw != *raw => Some("a file beside the raw file changed"),
        Some(entry) if entry.recipe != recipe => Some("the plan changed"),
        Some(_) => Some("the built file is gone"),
    }
}

pub(super) fn key(dataset: &str, item: &str, variable: &str) -> String {
    format!("{dataset}/{item}/{variable}")
}

/// Digest of what decides the bytes besides the pixels: titles do not.
pub(super) fn recipe(asset: &ResolvedAsset, folder: &Path) -> String {
    let mut asset = asset.clone();
    asset.path = relative(&asset.path, folder).to_owned();
    asset.title = None;
    for words in &mut asset.band_words {
        words.title = None;
        words.classes.clear();
    }
    digest(&(env!("CARGO_PKG_VERSION"), asset))
}
