use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::memory::{Memory, Raw, digest};
use super::report::Failure;
use super::run::Place;
use super::tree;
use super::workplace::Workplace;
use crate::Result;
use crate::lattice::{Resolved, ResolvedAsset, ResolvedDataset};
use crate::plan_file::PlanFile;

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
}

/// What a build would convert and write now; nothing is written.
///
/// # Errors
/// Misuse where the plan's links cannot be made; Damaged where items do not fit one table.
pub fn due(plan: &PlanFile, resolved: &Resolved, place: &Place) -> Result<AllDue> {
    let memory = Memory::load(&Workplace::memory(&place.folder));
    let jobs = Jobs::gather(resolved, &[], &memory, &place.build);
    let documents = if jobs.due.is_empty() { tree::stale(plan, resolved, &memory, &place.build)? } else { Vec::new() };
    let conversions = jobs.due.into_iter().map(|job| Due { asset: job.key, path: job.asset.path.clone(), why: job.why }).collect();
    let removals = tree::gone(resolved, &memory);
    Ok(AllDue { conversions, documents, removals })
}

/// One asset to convert.
pub(super) struct Job<'a> {
    pub key: String,
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
    pub(super) fn gather(resolved: &'a Resolved, chosen: &[String], memory: &Memory, build: &Path) -> Self {
        let mut jobs = Self::default();
        let mut prints = HashMap::new();
        let mut shares: HashMap<&Path, u64> = HashMap::new();
        let wanted = |d: &&ResolvedDataset| chosen.is_empty() || chosen.contains(&d.id);
        for dataset in resolved.datasets.iter().filter(wanted) {
            for asset in dataset.items.iter().flat_map(|i| &i.assets) {
                *shares.entry(&asset.path).or_default() += 1;
            }
        }
        for dataset in resolved.datasets.iter().filter(wanted) {
            for item in &dataset.items {
                for asset in &item.assets {
                    let key = key(&dataset.id, &item.id, &asset.variable);
                    let print = prints.entry(asset.path.as_path()).or_insert_with(|| Raw::of(&asset.path));
                    match print {
                        Ok(raw) => {
                            let recipe = recipe(asset);
                            let why = match memory.entries.get(&key) {
                                _ if memory.holds(&key, raw, &recipe, build) => {
                                    jobs.unchanged += 1;
                                    continue;
                                }
                                None => "new",
                                Some(entry) if entry.raw.source != raw.source => "the raw file changed",
                                Some(entry) if entry.raw != *raw => "a file beside the raw file changed",
                                Some(entry) if entry.recipe != recipe => "the plan changed",
                                Some(_) => "the built file is gone",
                            };
                            let share = shares.get(asset.path.as_path()).copied().unwrap_or(1).max(1);
                            let weight = (raw.source.size / share).max(1);
                            let folder = format!("{}/{}", dataset.id, item.id);
                            jobs.due.push(Job { key, folder, asset, raw: raw.clone(), recipe, why, weight });
                        }
                        Err(e) => jobs.failed.push(Failure::new(&asset.path, &key, e.clone())),
                    }
                }
            }
        }
        jobs
    }
}

pub(super) fn key(dataset: &str, item: &str, variable: &str) -> String {
    format!("{dataset}/{item}/{variable}")
}

/// Digest of what decides the bytes besides the pixels: titles do not.
fn recipe(asset: &ResolvedAsset) -> String {
    let mut asset = asset.clone();
    asset.title = None;
    for words in &mut asset.band_words {
        words.title = None;
        words.classes.clear();
    }
    digest(&(env!("CARGO_PKG_VERSION"), asset))
}
