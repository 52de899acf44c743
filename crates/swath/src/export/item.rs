use std::path::Path;

use serde_json::Value;
use swath_raster::cog::{BandStatistics, CogReport};
use swath_raster::{Grid, crs};
use swath_stac::facts::{AssetFacts, BandFacts, Class, GridFacts, ItemFacts, Nodata, Statistics, Time};

use super::provenance::Provenance;
use crate::stack::{Band, Stack};

/// The STAC item of a COG whose bands, of these names, are the planes of a stack.
pub(super) fn of(head: &Stack, path: &Path, names: &[Option<String>], report: &CogReport, provenance: &Provenance) -> Value {
    let file_name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let id = path.file_stem().map_or_else(|| "stack".into(), |n| n.to_string_lossy().into_owned());
    let every = head.bands.len().max(1);
    let bands = names.iter().enumerate().filter_map(|(i, name)| {
        let statistics = report.bands.get(i).and_then(Option::as_ref);
        Some(band_facts(name.clone(), head, head.bands.get(i % every)?, statistics))
    });
    let asset = AssetFacts {
        key: "data".into(),
        href: format!("./{file_name}"),
        grid: grid_facts(&head.grid),
        bands: bands.collect(),
        size: Some(report.size),
        sha256: Some(report.sha256),
        header_size: Some(report.header_size),
        spatial_resolution: metres(&head.grid),
        ..AssetFacts::default()
    };
    let properties = provenance.properties(head);
    let facts =
        ItemFacts { id, ring: crs::footprint(&head.grid).ok(), time: time(head), properties, assets: vec![asset], ..ItemFacts::default() };
    let mut item = swath_stac::item::build(&facts);
    item.links = provenance.links();
    item.to_json()
}

/// From the first instant to the last of what the steps stand for.
fn time(head: &Stack) -> Time {
    let first = head.times.iter().map(|t| t.period.map_or(t.datetime, |p| p.0)).min();
    let last = head.times.iter().map(|t| t.period.map(|p| p.1).or(t.end).unwrap_or(t.datetime)).max();
    match (first, last) {
        (Some(a), Some(b)) if a != b => Time::between(a, b),
        (Some(a), _) => Time::at(a),
        _ => Time::default(),
    }
}

fn grid_facts(grid: &Grid) -> GridFacts {
    let b = grid.bounds();
    let crs = grid.crs.as_ref();
    let code = crs.and_then(|c| c.code()).map(str::to_owned);
    GridFacts {
        wkt2: crs.filter(|_| code.is_none()).map(|c| c.wkt2().to_owned()),
        projjson: crs.filter(|_| code.is_none()).and_then(|c| serde_json::from_str(c.projjson()).ok()),
        code,
        transform: Some(grid.transform.to_array()),
        shape: Some([grid.shape.height.into(), grid.shape.width.into()]),
        bbox: Some([b.left, b.bottom, b.right, b.top]),
    }
}

fn metres(grid: &Grid) -> Option<f64> {
    let crs = grid.crs.as_ref().filter(|c| !c.is_geographic())?;
    Some(grid.transform.a.abs() * crs.unit_size())
}

fn band_facts(name: Option<String>, head: &Stack, band: &Band, statistics: Option<&BandStatistics>) -> BandFacts {
    BandFacts {
        name,
        data_type: Some(head.sample().stac().to_owned()),
        nodata: head.nodata.map(|n| match n {
            swath_raster::Nodata::Int(v) => Nodata::Int(v),
            swath_raster::Nodata::Uint(v) => Nodata::Uint(v),
            swath_raster::Nodata::Float(v) => Nodata::Float(v),
        }),
        unit: band.unit.clone(),
        scale: band.scale,
        offset: band.offset,
        classes: band.classes.iter().map(class).collect(),
        statistics: statistics.map(|s| Statistics {
            minimum: Some(s.minimum),
            maximum: Some(s.maximum),
            mean: Some(s.mean),
            stddev: Some(s.stddev),
            count: Some(s.valid),
            valid_percent: Some(100.0 * s.valid as f64 / s.total.max(1) as f64),
        }),
        ..BandFacts::default()
    }
}

fn class(class: &crate::stack::Class) -> Class {
    let name: String = class.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect();
    Class {
        value: class.value,
        name: Some(name).filter(|n| !n.is_empty()),
        description: class.name.clone(),
        color_hint: class.color.map(|[r, g, b]| format!("{r:02X}{g:02X}{b:02X}")),
    }
}
