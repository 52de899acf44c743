use std::path::Path;

use pyo3::prelude::*;
use serde_json::Value;

use crate::access::{Spoken, credentials};
use crate::process::{wait, work};

/// Describes a raster; a list, for a file may hold several.
#[pyfunction(name = "info")]
pub fn describe_file(py: Python<'_>, file: String, statistics: bool, access: Spoken) -> PyResult<String> {
    if file.contains("://") {
        return wait(py, move || async move {
            let info = swath::describe(&file, &credentials(&access)?).await?;
            let plain = file.split('?').next().unwrap_or(&file);
            Ok(Value::from(vec![swath::raster_facts(plain, &info, &[])]).to_string())
        });
    }
    work(py, move |stop| {
        let mut all = Vec::new();
        for raster in swath::open_raw(Path::new(&file))? {
            let statistics = if statistics { swath::statistics(raster.as_ref(), stop)? } else { Vec::new() };
            all.push(swath::raster_facts(&file, raster.info(), &statistics));
        }
        Ok(Value::from(all).to_string())
    })
}
