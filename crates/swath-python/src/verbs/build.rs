use std::path::Path;

use pyo3::prelude::*;
use serde_json::json;
use swath::build::{self, Place};
use swath::check::{self, Depth};
use swath::lattice;
use swath::plan_file::PlanFile;

use super::check::told;
use crate::process::work;

/// Converts what changed, writes the STAC tree, and checks its metadata.
#[pyfunction(name = "build")]
pub fn build_plan(py: Python<'_>, plan: String, datasets: Vec<String>, checked: bool) -> PyResult<String> {
    work(py, move || {
        let file = Path::new(&plan);
        let (plan, place) = (PlanFile::read(file)?, Place::beside(file));
        let resolved = lattice::resolve(&plan, &place.folder)?;
        let report = build::run(&plan, &resolved, &datasets, &place, &())?;
        let findings = match checked && report.datasets.iter().any(|d| d.items > 0) {
            true => told(&check::run(&place.build, Depth::Metadata, &())?.findings),
            false => Vec::new(),
        };
        let mut value = json!(report);
        value["build"] = json!(place.build);
        value["findings"] = json!(findings);
        Ok(value.to_string())
    })
}
