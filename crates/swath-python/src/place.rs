use pyo3::prelude::*;
use serde_json::json;
use swath::raster::crs::{Crs, Transformer};

use crate::error::raised;

/// What a CRS is, as JSON: code, name, WKT2, whether it counts in degrees, and its unit.
#[pyfunction]
pub fn crs_facts(text: &str) -> PyResult<String> {
    let crs = Crs::parse(text).map_err(|e| raised(&e.into()))?;
    Ok(json!({ "code": crs.code(), "name": crs.name(), "wkt": crs.wkt2(), "geographic": crs.is_geographic(), "unit": crs.unit() })
        .to_string())
}

/// The corners of a box (left, bottom, right, top) in another CRS: upper left, lower left, lower right, upper right.
#[pyfunction]
pub fn project_box(py: Python<'_>, corners: [f64; 4], from: String, to: String) -> PyResult<Vec<(f64, f64)>> {
    let [left, bottom, right, top] = corners;
    py.detach(|| {
        let mut points = [(left, top), (left, bottom), (right, bottom), (right, top)];
        let transformer = Transformer::new(&Crs::parse(&from)?, &Crs::parse(&to)?)?;
        transformer.points(&mut points)?;
        Ok(points.to_vec())
    })
    .map_err(|e: swath::raster::Error| raised(&e.into()))
}
