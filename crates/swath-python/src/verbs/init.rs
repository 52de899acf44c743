use std::path::Path;

use pyo3::prelude::*;
use serde_json::json;
use swath::infer::{WriteOptions, infer_until};
use swath::{Error, Family};

use crate::process::work;

/// Reads a folder of rasters and writes a plan for it.
#[pyfunction(name = "init")]
pub fn init_plan(py: Python<'_>, folder: String, output: String, datetime: Option<String>, force: bool) -> PyResult<String> {
    work(py, move |stop| {
        let plan = Path::new(&output);
        if plan.exists() && !force {
            return Err(
                Error::new(Family::Conflict, &output, "there is a plan already", "nothing was written").hint("force=True replaces it")
            );
        }
        let inference = infer_until(Path::new(&folder), stop)?;
        let text = inference.plan_text(WriteOptions { plan, datetime: datetime.as_deref() })?;
        write(plan, &text.text).map_err(|e| Error::file(plan, &e))?;
        Ok(json!({ "plan": output, "datasets": inference.datasets, "problems": text.problems, "unreadable": inference.unreadable,
            "ignored": inference.ignored })
        .to_string())
    })
}

/// Whole or not at all.
fn write(plan: &Path, text: &str) -> std::io::Result<()> {
    let temporary = plan.with_extension(format!("toml.{}", std::process::id()));
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, plan)
}
