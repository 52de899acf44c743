//! A raster as JSON: what `swath info --json` prints, and what Python is given.

use serde_json::{Value, json};
use swath_raster::cog::BandStatistics;
use swath_raster::{Georeference, RasterInfo};

/// What is known of a raster; `statistics` are those of its bands, where they were made.
pub fn raster_facts(file: &str, info: &RasterInfo, statistics: &[Option<BandStatistics>]) -> Value {
    let bands = info.bands.iter().enumerate().map(|(i, band)| {
        let s = statistics.get(i).and_then(Option::as_ref);
        json!({
            "name": band.name, "unit": band.unit, "scale": band.scale, "offset": band.offset,
            "nodata": band.nodata.map(|n| n.to_string()), "time": band.time.as_ref().map(|t| &t.label),
            "calendar": band.time.as_ref().map(|t| format!("{:?}", t.calendar)),
            "time_bounds": band.time.as_ref().and_then(|t| t.bounds).map(|(a, b)| [a.to_rfc3339(), b.to_rfc3339()]),
            "statistics": s.map(|s| json!({ "minimum": s.minimum, "maximum": s.maximum, "mean": s.mean, "stddev": s.stddev, "valid_percent": s.valid_percent() })),
        })
    });
    let b = info.grid.bounds();
    json!({
        "file": file, "name": info.name, "format": info.format.name(),
        "width": info.grid.shape.width, "height": info.grid.shape.height, "data_type": info.sample.name(),
        "crs": info.grid.crs.as_ref().map(|c| json!({ "code": c.code(), "name": c.name(), "wkt2": c.wkt2() })),
        "georeferenced": info.georeference == Georeference::Affine,
        "transform": info.grid.transform.to_array(), "bounds": [b.left, b.bottom, b.right, b.top],
        "block": [info.block.width, info.block.height], "compression": info.compression,
        "overviews": info.overviews.iter().map(|s| [s.width, s.height]).collect::<Vec<_>>(),
        "bands": bands.collect::<Vec<_>>(),
    })
}
