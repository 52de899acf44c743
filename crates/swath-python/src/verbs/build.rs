use std::collections::BTreeSet;
use std::path::Path;

use pyo3::prelude::*;
use serde_json::json;
use swath::build::{self, BuildReport, Merged, Place, Shard};
use swath::check::{self, Depth};
use swath::lattice::{self, Resolved};
use swath::plan_file::PlanFile;
use swath::{Error, Family, Stop};

use super::check::told;
use crate::process::work;

/// Converts what changed, writes the STAC tree, and checks its metadata.
#[pyfunction(name = "build")]
pub fn build_plan(py: Python<'_>, plan: String, datasets: Vec<String>, checked: bool) -> PyResult<String> {
    work(py, move |stop| {
        let here = Here::of(&plan)?;
        let report = build::run(&here.plan, &here.resolved, &datasets, &here.place, &Until(stop))?;
        here.told(&report, checked)
    })
}

/// Converts the share of one of `count` processes; writes no document.
#[pyfunction]
pub fn build_shard(py: Python<'_>, plan: String, datasets: Vec<String>, index: usize, count: usize) -> PyResult<String> {
    work(py, move |stop| {
        let here = Here::of(&plan)?;
        let report = build::run_shard(&here.resolved, &datasets, &here.place, Shard::new(index, count)?, &Until(stop))?;
        here.told(&report, false)
    })
}

/// Makes the tree of what all shards made; converts nothing.
#[pyfunction]
pub fn merge_shards(py: Python<'_>, plan: String, datasets: Vec<String>, checked: bool) -> PyResult<String> {
    work(py, move |_| {
        let here = Here::of(&plan)?;
        match build::merge(&here.plan, &here.resolved, &datasets, &here.place, &())? {
            Merged::Done(report) => here.told(&report, checked),
            Merged::Missing(missing) => {
                let found = format!("{} of {} items are not built", missing.unbuilt, missing.items);
                let error = Error::new(Family::Absent, plan, found, "all that the workers were given");
                Err(error.hint("call swath.build again: it does what is left"))
            }
        }
    })
}

/// Limits the threads that work in this process; only the first call counts, and only before any work.
#[pyfunction]
pub fn use_threads(count: usize) {
    swath::use_threads(count);
}

/// How many items have an asset to convert.
#[pyfunction]
pub fn items_due(py: Python<'_>, plan: String, datasets: Vec<String>) -> PyResult<usize> {
    work(py, move |_| {
        let here = Here::of(&plan)?;
        let due = build::due(&here.plan, &here.resolved, &here.place)?;
        let items = due.conversions.iter().filter_map(|due| {
            let mut parts = due.asset.splitn(3, '/');
            Some((parts.next()?, parts.next()?))
        });
        let chosen = |dataset: &str| datasets.is_empty() || datasets.iter().any(|d| d == dataset);
        Ok(items.filter(|(dataset, _)| chosen(dataset)).collect::<BTreeSet<_>>().len())
    })
}

/// Goes on until it is told to stop.
pub(super) struct Until<'a>(pub &'a Stop);

impl build::Watch for Until<'_> {
    fn is_stopped(&self) -> bool {
        self.0.is_told()
    }
}

/// A plan with its files.
struct Here {
    plan: PlanFile,
    place: Place,
    resolved: Resolved,
}

impl Here {
    fn of(plan: &str) -> swath::Result<Self> {
        let file = Path::new(plan);
        let (plan, place) = (PlanFile::read(file)?, Place::beside(file));
        let resolved = lattice::resolve(&plan, &place.folder)?;
        Ok(Self { plan, place, resolved })
    }

    fn told(&self, report: &BuildReport, checked: bool) -> swath::Result<String> {
        let findings = match checked && report.datasets.iter().any(|d| d.items > 0) {
            true => told(&check::run(&self.place.build, Depth::Metadata, &())?.findings),
            false => Vec::new(),
        };
        let mut value = json!(report);
        value["build"] = json!(self.place.build);
        value["findings"] = json!(findings);
        Ok(value.to_string())
    }
}
