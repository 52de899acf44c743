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

/// Points in another CRS.
#[pyfunction]
pub fn project_points(py: Python<'_>, points: Vec<(f64, f64)>, from: String, to: String) -> PyResult<Vec<(f64, f64)>> {
    let mut points = points;
    py.detach(|| {
        let transformer = Transformer::new(&Crs::parse(&from)?, &Crs::parse(&to)?)?;
        transformer.points(&mut points)?;
        Ok(points)
    })
    .map_err(|e: swath::raster::Error| raised(&e.into()))
}
