use std::path::Path;

use pyo3::prelude::*;
use serde_json::{Value, json};
use swath::check::live::{self, Reading};
use swath::check::{self, Depth};
use swath::stac::check::Finding;

use super::build::Until;
use crate::access::{Spoken, credentials};
use crate::process::{wait, work};

/// Every finding on a folder, a file, or a published catalog.
#[pyfunction(name = "check")]
pub fn check_place(py: Python<'_>, path: String, decode: bool, access: Spoken) -> PyResult<String> {
    let depth = if decode { Depth::Blocks } else { Depth::Metadata };
    if path.contains("://") {
        return wait(py, move || async move {
            let reading = if decode { Reading::Whole(depth) } else { Reading::Headers };
            let report = live::run(&path, &credentials(&access)?, reading, &()).await?;
            Ok(json!({ "documents": report.documents, "assets": report.assets, "findings": told(&report.findings) }).to_string())
        });
    }
    work(py, move |stop| {
        let report = check::run(Path::new(&path), depth, &Until(stop))?;
        Ok(json!({ "documents": report.documents, "assets": report.assets, "findings": told(&report.findings) }).to_string())
    })
}

pub(super) fn told(findings: &[Finding]) -> Vec<Value> {
    let one = |f: &Finding| {
        let severity = format!("{:?}", f.severity).to_lowercase();
        json!({ "rule": f.rule, "severity": severity, "at": f.at, "found": f.found, "right": f.right, "fix": f.fix })
    };
    findings.iter().map(one).collect()
}
