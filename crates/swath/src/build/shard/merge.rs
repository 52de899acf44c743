use std::collections::BTreeSet;

use super::record::{Records, join};
use super::share::Shard;
use crate::Result;
use crate::build::jobs::{Job, Jobs, Scope};
use crate::build::memory::Memory;
use crate::build::report::{BuildReport, Failure, Watch};
use crate::build::run::{Converted, Place, finish, known};
use crate::build::workplace::Workplace;
use crate::lattice::Resolved;
use crate::plan_file::PlanFile;

/// How a merge ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Merged {
    Done(BuildReport),
    /// Nothing was written.
    Missing(Missing),
}

/// What the shards have not made yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Whose items these are, in order; none where no shard ever ran.
    pub shards: Vec<Shard>,
    /// Items with an asset that is not built, and all items.
    pub unbuilt: usize,
    pub items: usize,
}

/// Writes the tree of what the shards made; converts nothing. What a shard could not convert is in [`BuildReport::failed`], as in a whole build.
///
/// # Errors
/// As [`run`](crate::build::run).
pub fn merge(plan: &PlanFile, resolved: &Resolved, chosen: &[String], place: &Place, watch: &dyn Watch) -> Result<Merged> {
    known(resolved, chosen)?;
    let _workplace = Workplace::open(&place.folder)?;
    let records = Records::list(&place.folder);
    let memory = join(Memory::load(&Workplace::memory(&place.folder)), &records, resolved, place);
    let scope = Scope { chosen, shard: None };
    let jobs = Jobs::gather(resolved, &scope, &memory, place);
    let (failed, undone) = split(jobs.due, &memory);
    if !undone.is_empty() {
        let of = |count: usize| undone.iter().map(|item| Shard::of(*item, count)).collect::<BTreeSet<_>>();
        let shards = records.count().map(of).unwrap_or_default().into_iter().collect();
        return Ok(Merged::Missing(Missing { shards, unbuilt: undone.len(), items: scope.items(resolved).count() }));
    }
    let mut report = BuildReport { unchanged: jobs.unchanged, failed: jobs.failed, ..BuildReport::default() };
    report.failed.extend(failed);
    report.failed.iter().for_each(|f| watch.failed(f));
    finish(plan, resolved, place, Converted { memory, records, report }).map(Merged::Done)
}

/// What shards tried in vain on the very same files, and the items that nobody tried.
fn split(due: Vec<Job<'_>>, memory: &Memory) -> (Vec<Failure>, BTreeSet<usize>) {
    let (mut failed, mut undone) = (Vec::new(), BTreeSet::new());
    for job in due {
        match memory.failed.iter().find(|f| f.is_of(&job)) {
            Some(before) => failed.push(before.failure(&job)),
            None => drop(undone.insert(job.item)),
        }
    }
    (failed, undone)
}
