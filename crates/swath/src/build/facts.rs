//! What a finished COG is, as numbers and words: kept in the build's memory, and turned into STAC.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use swath_raster::cog::{BandStatistics, CogReport};
use swath_raster::{BandInfo, ColorInterp, Georeference, Grid, RasterInfo, crs};
use swath_stac::facts::{AssetFacts, BandFacts, Class, GridFacts, Nodata, Statistics};

use super::memory::hex;
use crate::lattice::ResolvedAsset;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    grid: FactGrid,
    /// Footprint in longitude and latitude, continuous across the antimeridian.
    pub ring: Option<Vec<(f64, f64)>>,
    /// Why there is no footprint, where there is none.
    pub no_ring: Option<String>,
    bands: Vec<FactBand>,
    pub size: u64,
    /// Hex.
    pub sha256: String,
    /// Of files that were built before it was known, none.
    #[serde(default)]
    pub crc64: Option<u64>,
    header_size: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct FactGrid {
    code: Option<String>,
    wkt2: Option<String>,
    projjson: Option<Value>,
    transform: Option<[f64; 6]>,
    shape: [u64; 2],
    bbox: Option<[f64; 4]>,
    resolution_metres: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct FactBand {
    data_type: String,
    nodata: Option<Value>,
    unit: Option<String>,
    scale: Option<f64>,
    offset: Option<f64>,
    description: Option<String>,
    statistics: Option<FactStatistics>,
    classes: Vec<(i64, String, Option<String>)>,
    /// `red`, `green` or `blue`, where the file says so.
    #[serde(default)]
    colour: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct FactStatistics {
    minimum: f64,
    maximum: f64,
    mean: f64,
    stddev: f64,
    valid: u64,
    total: u64,
}

impl Facts {
    /// `info` describes what was written: the chosen bands, under the plan's names.
    pub(crate) fn new(info: &RasterInfo, report: &CogReport) -> Self {
        let (ring, no_ring) = match (&info.georeference, &info.grid.crs) {
            (Georeference::Affine, Some(_)) => match crs::footprint(&info.grid) {
                Ok(ring) => (Some(ring), None),
                Err(e) => (None, Some(e.to_string())),
            },
            (Georeference::Gcps(points), Some(crs)) if crs.is_geographic() => (around(points), None),
            (_, None) => (None, Some("no CRS is known".to_owned())),
            _ => (None, Some("no affine georeference".to_owned())),
        };
        let bands = info.bands.iter().enumerate().map(|(i, band)| fact_band(band, info, report, i)).collect();
        let grid = fact_grid(info);
        Self {
            grid,
            ring,
            no_ring,
            bands,
            size: report.size,
            sha256: hex(&report.sha256),
            crc64: Some(report.crc64),
            header_size: report.header_size,
        }
    }

    /// As an asset of an item, under the plan's titles.
    pub(crate) fn asset(&self, asset: &ResolvedAsset, href: String) -> AssetFacts {
        let g = &self.grid;
        AssetFacts {
            key: asset.variable.clone(),
            href,
            title: asset.title.clone(),
            description: None,
            roles: vec!["data".to_owned()],
            media_type: None,
            grid: GridFacts {
                code: g.code.clone(),
                wkt2: g.wkt2.clone(),
                projjson: g.projjson.clone(),
                transform: g.transform,
                shape: Some(g.shape),
                bbox: g.bbox,
            },
            bands: self.bands.iter().enumerate().map(|(i, band)| band.stac(asset, i)).collect(),
            size: Some(self.size),
            sha256: unhex(&self.sha256),
            header_size: Some(self.header_size),
            spatial_resolution: g.resolution_metres,
        }
    }
}

/// The box around control points in longitude and latitude: all that is sure of a grid that they bend.
fn around(points: &[[f64; 5]]) -> Option<Vec<(f64, f64)>> {
    let bound = |at: usize, start: f64, pick: fn(f64, f64) -> f64| points.iter().map(|p| p[at]).fold(start, pick);
    let (left, right) = (bound(2, f64::INFINITY, f64::min), bound(2, f64::NEG_INFINITY, f64::max));
    let (bottom, top) = (bound(3, f64::INFINITY, f64::min), bound(3, f64::NEG_INFINITY, f64::max));
    let turned = if left >= 180.0 { 360.0 } else { 0.0 };
    let (left, right) = if right - left >= 360.0 { (-180.0, 180.0) } else { (left - turned, right - turned) };
    (left < right && bottom < top).then(|| vec![(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])
}

impl FactBand {
    fn stac(&self, asset: &ResolvedAsset, index: usize) -> BandFacts {
        let words = asset.band_words.get(index);
        let planned = words.map(|w| w.classes.as_slice()).unwrap_or_default();
        let classes = if planned.is_empty() {
            self.classes.iter().map(|(value, text, color)| class(*value, text, None, color.clone())).collect()
        } else {
            planned.iter().map(|c| class(c.value, &c.name, c.title.as_deref(), c.color.clone())).collect()
        };
        BandFacts {
            name: asset.band_names.get(index).cloned(),
            description: words.and_then(|w| w.title.clone()).or_else(|| self.description.clone()),
            data_type: Some(self.data_type.clone()),
            nodata: self.nodata.as_ref().and_then(Nodata::from_json),
            unit: self.unit.clone(),
            scale: self.scale,
            offset: self.offset,
            statistics: self.statistics.map(FactStatistics::stac),
            classes,
            eo: self.colour.iter().map(|c| ("eo:common_name".to_owned(), c.as_str().into())).collect(),
        }
    }
}

impl FactStatistics {
    fn stac(self) -> Statistics {
        Statistics {
            minimum: Some(self.minimum),
            maximum: Some(self.maximum),
            mean: Some(self.mean),
            stddev: Some(self.stddev),
            count: Some(self.valid),
            valid_percent: (self.total > 0).then(|| 100.0 * self.valid as f64 / self.total as f64),
        }
    }
}

fn class(value: i64, name: &str, title: Option<&str>, color_hint: Option<String>) -> Class {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect();
    Class { value, name: (!plain.is_empty()).then_some(plain), description: title.unwrap_or(name).to_owned(), color_hint }
}

fn fact_grid(info: &RasterInfo) -> FactGrid {
    let Grid { crs, transform, shape } = &info.grid;
    let tied = info.georeference == Georeference::Affine;
    let b = info.grid.bounds();
    let coded = crs.as_ref().and_then(|c| c.code()).map(str::to_owned);
    let spelled = crs.as_ref().filter(|_| coded.is_none());
    let metres = crs.as_ref().is_some_and(|c| !c.is_geographic() && c.unit() == "metre");
    FactGrid {
        wkt2: spelled.map(|c| c.wkt2().to_owned()),
        projjson: spelled.and_then(|c| serde_json::from_str(c.projjson()).ok()),
        code: coded,
        transform: tied.then(|| transform.to_array()),
        shape: [u64::from(shape.height), u64::from(shape.width)],
        bbox: tied.then_some([b.left, b.bottom, b.right, b.top]),
        resolution_metres: (metres && tied && transform.is_axis_aligned()).then(|| transform.a.abs()),
    }
}

fn fact_band(band: &BandInfo, info: &RasterInfo, report: &CogReport, index: usize) -> FactBand {
    let _ = info;
    let nodata = report.nodata.map(|n| match n {
        swath_raster::Nodata::Int(v) => Nodata::Int(v).to_json(),
        swath_raster::Nodata::Uint(v) => Nodata::Uint(v).to_json(),
        swath_raster::Nodata::Float(v) => Nodata::Float(v).to_json(),
    });
    let color = |value: usize| {
        let rgba = band.palette.as_ref()?.get(value)?;
        Some(format!("{:02X}{:02X}{:02X}", rgba[0], rgba[1], rgba[2]))
    };
    let named = band.categories.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let mut classes: Vec<_> = named.filter_map(|(value, name)| Some((i64::try_from(value).ok()?, name.clone(), color(value)))).collect();
    let statistics = report.bands.get(index).copied().flatten();
    let colour = match band.color {
        ColorInterp::Red => Some("red"),
        ColorInterp::Green => Some("green"),
        ColorInterp::Blue => Some("blue"),
        _ => None,
    };
    if let (true, Some(palette)) = (classes.is_empty(), &band.palette) {
        let range = statistics.filter(|s| s.valid > 0).map(|s| (s.minimum, s.maximum));
        let values = palette_values(palette, range, report.nodata.map(swath_raster::Nodata::as_f64));
        classes = values.into_iter().map(|v| (v as i64, format!("class {v}"), color(v))).collect();
    }
    FactBand {
        data_type: report.sample.stac().to_owned(),
        nodata,
        unit: band.unit.clone(),
        scale: band.scale.filter(|s| *s != 1.0),
        offset: band.offset.filter(|o| *o != 0.0),
        description: band.metadata.get("long_name").cloned(),
        statistics: statistics.map(|s: BandStatistics| FactStatistics {
            minimum: s.minimum,
            maximum: s.maximum,
            mean: s.mean,
            stddev: s.stddev,
            valid: s.valid,
            total: s.total,
        }),
        classes,
        colour: colour.map(str::to_owned),
    }
}

/// Classes that a palette alone can tell.
const PALETTE_CLASSES: usize = 256;

/// The values that a palette names, of those between the least and the most that occur: black is what writers fill palettes up
/// with, so that it counts only at the ends, which do occur. None where there would be too many.
fn palette_values(palette: &[[u8; 4]], range: Option<(f64, f64)>, nodata: Option<f64>) -> Vec<usize> {
    let meant = |value: usize, color: &[u8; 4]| {
        let (at, filler) = (value as f64, color[..3] == [0, 0, 0]);
        let inside = range.is_none_or(|(least, most)| least <= at && at <= most);
        let occurs = range.is_some_and(|(least, most)| at == least || at == most);
        inside && (!filler || occurs) && nodata != Some(at)
    };
    let values: Vec<usize> = palette.iter().enumerate().filter(|(value, color)| meant(*value, color)).map(|(value, _)| value).collect();
    if values.len() > PALETTE_CLASSES { Vec::new() } else { values }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::palette_values;

    #[test]
    fn a_palette_names_the_values_that_occur() {
        let mut palette = vec![[0, 0, 0, 255]; 256];
        for (value, red) in [(1, 10), (2, 20), (11, 30), (200, 40)] {
            palette[value] = [red, 0, 0, 255];
        }
        for (range, nodata, expected) in [
            (Some((0.0, 11.0)), None, vec![0, 1, 2, 11]),
            (Some((1.0, 90.0)), Some(2.0), vec![1, 11, 90]),
            (None, None, vec![1, 2, 11, 200]),
        ] {
            assert_eq!(palette_values(&palette, range, nodata), expected);
        }
        assert!(palette_values(&vec![[9, 9, 9, 255]; 65_536], None, None).is_empty());
    }
}
