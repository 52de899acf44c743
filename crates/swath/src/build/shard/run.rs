use super::record::{Records, join};
use super::share::Shard;
use crate::Result;
use crate::build::jobs::{Jobs, Scope};
use crate::build::memory::Memory;
use crate::build::report::{BuildReport, DatasetReport, Watch};
use crate::build::run::{Place, known};
use crate::build::work::Bench;
use crate::build::workplace::Workplace;
use crate::lattice::Resolved;

/// Converts what is due of one share of the items. No document is written: [`merge`](super::merge) or a whole build does that.
///
/// Any number of shards may run at once, on any machines that see the same folder. One that was killed is run again by the same call
/// and does what is left; where all is done it does nothing.
///
/// # Errors
/// As [`run`](crate::build::run); Conflict also where the same shard runs already.
pub fn run_shard(resolved: &Resolved, chosen: &[String], place: &Place, shard: Shard, watch: &dyn Watch) -> Result<BuildReport> {
    known(resolved, chosen)?;
    let _workplace = Workplace::open_shard(&place.folder, shard)?;
    let path = Records::path(&place.folder, shard);
    let mut own = Memory::load(&path);
    own.failed.clear();
    let memory = join(Memory::load(&Workplace::memory(&place.folder)), &Records::list(&place.folder), resolved, place);
    let scope = Scope { chosen, shard: Some(shard) };
    let jobs = Jobs::gather(resolved, &scope, &memory, place);
    let bench = Bench { place, watch, memory: &path, unfinished: Workplace::unfinished_of(&place.folder, shard) };
    let (own, mut report) = bench.work_off(jobs, own)?;
    own.save(&bench.unfinished, &path)?;
    report.datasets = share_of(resolved, &scope, &own, &memory);
    Ok(report)
}

/// What of the share is built now.
fn share_of(resolved: &Resolved, scope: &Scope<'_>, own: &Memory, others: &Memory) -> Vec<DatasetReport> {
    let mut datasets: Vec<DatasetReport> = Vec::new();
    for (_, dataset, item) in scope.items(resolved) {
        let key = |variable: &str| crate::build::jobs::key(&dataset.id, &item.id, variable);
        let built = item.assets.iter().map(|a| key(&a.variable)).filter(|k| own.entries.contains_key(k) || others.entries.contains_key(k));
        let assets = built.count();
        if datasets.last().is_none_or(|d| d.id != dataset.id) {
            datasets.push(DatasetReport { id: dataset.id.clone(), ..DatasetReport::default() });
        }
        if let Some(report) = datasets.last_mut() {
            report.items += usize::from(assets > 0);
            report.assets += assets;
        }
    }
    datasets
}
