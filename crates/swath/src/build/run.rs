use std::path::{Path, PathBuf};

use super::jobs::{Jobs, Scope};
use super::memory::Memory;
use super::report::{BuildReport, Watch};
use super::shard::{Records, join};
use super::tree;
use super::work::Bench;
use super::workplace::Workplace;
use crate::checksums::{Checksums, Stamp, Sums};
use crate::lattice::Resolved;
use crate::plan_file::PlanFile;
use crate::{Error, Result};

/// Where a build happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder of the plan; `.swath/` lies in it.
    pub folder: PathBuf,
    /// What is published is exactly its content.
    pub build: PathBuf,
}

impl Place {
    /// `build/` beside the plan.
    pub fn beside(plan: &Path) -> Self {
        let folder = plan.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        Self { build: folder.join("build"), folder }
    }
    pub(super) fn unfinished(&self) -> PathBuf {
        self.folder.join(".swath").join("unfinished")
    }
}

/// Converts what is due of the chosen datasets (all where none is named), then writes the tree of everything that is built.
///
/// One bad file does not stop the others: it is in [`BuildReport::failed`].
///
/// # Errors
/// Disk where the disk is full or refuses: what was finished stays, and is not made again by the next run. Misuse for a dataset
/// that the plan does not have; Conflict where another build of this plan runs.
pub fn run(plan: &PlanFile, resolved: &Resolved, chosen: &[String], place: &Place, watch: &dyn Watch) -> Result<BuildReport> {
    known(resolved, chosen)?;
    let _workplace = Workplace::open(&place.folder)?;
    let path = Workplace::memory(&place.folder);
    let records = Records::list(&place.folder);
    let memory = join(Memory::load(&path), &records, resolved, place);
    let jobs = Jobs::gather(resolved, &Scope { chosen, shard: None }, &memory, place);
    let bench = Bench { place, watch, memory: &path, unfinished: place.unfinished() };
    let (memory, report) = bench.work_off(jobs, memory)?;
    finish(plan, resolved, place, Converted { memory, records, report })
}

/// # Errors
/// Misuse for a dataset that the plan does not have.
pub(super) fn known(resolved: &Resolved, chosen: &[String]) -> Result<()> {
    let Some(unknown) = chosen.iter().find(|c| resolved.datasets.iter().all(|d| d.id != **c)) else { return Ok(()) };
    let known = resolved.datasets.iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ");
    Err(Error::misuse("", format!("the plan has no dataset {unknown:?}"), format!("it has: {known}")))
}

/// What a build has when nothing is left to convert.
pub(super) struct Converted {
    pub memory: Memory,
    /// What the memory took over from shards.
    pub records: Records,
    pub report: BuildReport,
}

/// Writes the tree, remembers all that is built, and forgets what shards said of it.
pub(super) fn finish(plan: &PlanFile, resolved: &Resolved, place: &Place, converted: Converted) -> Result<BuildReport> {
    let Converted { mut memory, records, mut report } = converted;
    // What an asset was before it failed stays in the tree, unless it is gone from the disk too.
    for failure in &report.failed {
        if memory.entries.get(&failure.asset).is_some_and(|entry| !place.build.join(&entry.file).is_file()) {
            memory.entries.remove(&failure.asset);
        }
    }
    tree::write(plan, resolved, place, &mut memory, &mut report)?;
    memory.failed.clear();
    memory.save(&place.unfinished(), &Workplace::memory(&place.folder))?;
    records.forget(&place.folder)?;
    sum(&memory, &place.build);
    Ok(report)
}

/// Notes what the writer knows of the bytes of every asset, for whoever publishes them.
fn sum(memory: &Memory, build: &Path) {
    let mut checksums = Checksums::load(build);
    for entry in memory.entries.values() {
        let is_as_written = entry.stamp.is_some() && entry.stamp == Stamp::at(&build.join(&entry.file));
        if let (Some(stamp), Some(crc64), true) = (entry.stamp, entry.facts.crc64, is_as_written) {
            checksums.note(&entry.file, stamp, Sums { sha256: entry.facts.sha256.clone(), crc64 });
        }
    }
    checksums.retain(|file| build.join(file).is_file());
    // Where they cannot be kept, files are read once more when they are published.
    let _ = checksums.save();
}
