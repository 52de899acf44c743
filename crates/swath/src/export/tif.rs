use std::path::Path;

use swath_raster::cog::{self, CogOptions, CogReport};
use swath_raster::{
    BandInfo, ColorInterp, Format, Georeference, Interleave, MaskKind, RasterInfo, RasterSource, Samples, Shape, Window, crs,
};
use swath_stac::facts::{AssetFacts, BandFacts, GridFacts, ItemFacts, Nodata, Statistics, Time};

use super::target::{Draft, write_file};
use crate::stack::{Reduce, Stack};
use crate::{Error, Result};

/// Writes a COG with a band for each time and band of the stack, in that order, named `2018-01-31 B4`; and beside it `NAME.json`, a STAC
/// item that describes it.
///
/// # Errors
/// Misuse where the array has more than 65,535 planes; Disk.
pub fn write_tif(stack: &Stack, path: &Path) -> Result<CogReport> {
    let source = StackSource::new(stack)?;
    let draft = Draft::beside(path)?;
    let options = CogOptions::default();
    let file = |e: std::io::Error| Error::file(path, &e);
    let mut out = std::io::BufWriter::new(std::fs::File::create(&draft.path).map_err(file)?);
    let folder = draft.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut spool = tempfile::tempfile_in(folder).map_err(file)?;
    let report = cog::write(&source, &options, &mut spool, &mut out, &|_| ())?;
    let out = out.into_inner().map_err(|e| file(e.into_error()))?;
    out.sync_all().map_err(file)?;
    draft.finish()?;
    let item = item(stack, path, &source, &report)?;
    let mut text = serde_json::to_string_pretty(&item).unwrap_or_default();
    text.push('\n');
    write_file(&path.with_extension("json"), text.as_bytes())?;
    Ok(report)
}

/// A stack as a raster whose bands are its planes.
struct StackSource<'a> {
    stack: &'a Stack,
    info: RasterInfo,
}

impl<'a> StackSource<'a> {
    fn new(stack: &'a Stack) -> Result<Self> {
        let [times, bands, ..] = stack.shape();
        if times * bands == 0 || times * bands > usize::from(u16::MAX) {
            return Err(
                Error::misuse("", format!("{times} times x {bands} bands"), "1 to 65535 bands in a TIFF").hint("write .zarr, or --reduce")
            );
        }
        let planes = (0..times).flat_map(|t| (0..bands).map(move |b| (t, b)));
        let infos = planes
            .map(|(t, b)| BandInfo {
                name: Some(name(stack, t, b)),
                unit: stack.bands[b].unit.clone(),
                scale: stack.bands[b].scale,
                offset: stack.bands[b].offset,
                nodata: stack.nodata,
                color: if t + b == 0 { ColorInterp::Gray } else { ColorInterp::Undefined },
                ..BandInfo::default()
            })
            .collect();
        let mask = match (&stack.valid, stack.nodata) {
            (Some(_), _) => MaskKind::PerDataset,
            (None, Some(_)) => MaskKind::Nodata,
            (None, None) => MaskKind::AllValid,
        };
        let info = RasterInfo {
            name: String::new(),
            format: Format::Tiff,
            grid: stack.grid.clone(),
            georeference: Georeference::Affine,
            sample: stack.sample(),
            bands: infos,
            block: Shape { width: 512, height: 512 },
            compression: "none".into(),
            interleave: Interleave::Band,
            overviews: Vec::new(),
            mask,
            pixel_is_point: false,
            metadata: Default::default(),
            domains: Default::default(),
        };
        Ok(Self { stack, info })
    }

    /// Where each row of a window of a plane lies.
    fn rows(&self, plane: usize, window: Window) -> swath_raster::Result<impl Iterator<Item = std::ops::Range<usize>>> {
        let [_, _, rows, cols] = self.stack.shape();
        let (col, row, width, height) = (window.col as usize, window.row as usize, window.width as usize, window.height as usize);
        if col + width > cols || row + height > rows || plane >= self.info.bands.len() {
            return Err(swath_raster::Error::misuse("", format!("{window:?} of band {plane}"), "a window and band of the array"));
        }
        let start = plane * rows * cols;
        Ok((row..row + height).map(move |r| start + r * cols + col..start + r * cols + col + width))
    }
}

impl RasterSource for StackSource<'_> {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> swath_raster::Result<Vec<Samples>> {
        let size = self.stack.sample().size();
        let all = self.stack.data.as_bytes();
        bands
            .iter()
            .map(|&plane| {
                let mut out = Samples::zeros(self.stack.sample(), window.pixels());
                for (to, from) in out.as_bytes_mut().chunks_mut((window.width as usize * size).max(1)).zip(self.rows(plane, window)?) {
                    to.copy_from_slice(&all[from.start * size..from.end * size]);
                }
                Ok(out)
            })
            .collect()
    }
    /// A pixel is valid where any plane has data: a TIFF has one mask for all bands.
    fn read_mask(&self, window: Window) -> swath_raster::Result<Option<Vec<u8>>> {
        let Some(valid) = &self.stack.valid else { return Ok(None) };
        let mut mask = vec![0u8; window.pixels()];
        for plane in 0..self.info.bands.len() {
            for (to, from) in mask.chunks_mut((window.width as usize).max(1)).zip(self.rows(plane, window)?) {
                to.iter_mut().zip(&valid[from]).filter(|(_, v)| **v != 0).for_each(|(to, _)| *to = 255);
            }
        }
        Ok(Some(mask))
    }
}

/// `2018-01-31 B4`, or `median B4`.
fn name(stack: &Stack, time: usize, band: usize) -> String {
    let band = &stack.bands[band].name;
    match stack.reduce {
        Reduce::None => format!("{} {band}", stack.times[time].label()),
        how => format!("{} {band}", how.name()),
    }
}

fn item(stack: &Stack, path: &Path, source: &StackSource, report: &CogReport) -> Result<serde_json::Value> {
    let file_name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let id = path.file_stem().map_or_else(|| "stack".into(), |n| n.to_string_lossy().into_owned());
    let grid = &stack.grid;
    let (first, last) = (stack.times.first().map(|t| t.datetime), stack.times.last().map(|t| t.end.unwrap_or(t.datetime)));
    let time = match (first, last) {
        (Some(a), Some(b)) if a != b => Time::between(a, b),
        (Some(a), _) => Time::at(a),
        _ => Time::default(),
    };
    let b = grid.bounds();
    let crs = grid.crs.as_ref();
    let code = crs.and_then(|c| c.code()).map(str::to_owned);
    let bands = source.info.bands.iter().enumerate().map(|(i, band)| {
        let unit = band.unit.clone();
        BandFacts { unit, ..band_facts(band.name.clone(), stack, report.bands.get(i).and_then(Option::as_ref)) }
    });
    let mut properties = serde_json::Map::new();
    let used: std::collections::BTreeSet<&str> = stack.times.iter().flat_map(|t| t.items.iter().map(String::as_str)).collect();
    properties.insert("swath:items".into(), used.into_iter().collect::<Vec<_>>().into());
    if stack.reduce != Reduce::None {
        properties.insert("swath:reduce".into(), stack.reduce.name().into());
    }
    let asset = AssetFacts {
        key: "data".into(),
        href: file_name,
        grid: GridFacts {
            wkt2: crs.filter(|_| code.is_none()).map(|c| c.wkt2().to_owned()),
            projjson: crs.filter(|_| code.is_none()).and_then(|c| serde_json::from_str(c.projjson()).ok()),
            code,
            transform: Some(grid.transform.to_array()),
            shape: Some([grid.shape.height.into(), grid.shape.width.into()]),
            bbox: Some([b.left, b.bottom, b.right, b.top]),
        },
        bands: bands.collect(),
        size: Some(report.size),
        sha256: Some(report.sha256),
        header_size: Some(report.header_size),
        ..AssetFacts::default()
    };
    let facts = ItemFacts { id, ring: crs::footprint(grid).ok(), time, properties, assets: vec![asset], ..ItemFacts::default() };
    Ok(swath_stac::item::build(&facts).to_json())
}

fn band_facts(name: Option<String>, stack: &Stack, statistics: Option<&cog::BandStatistics>) -> BandFacts {
    BandFacts {
        name,
        data_type: Some(stack.sample().stac().to_owned()),
        nodata: stack.nodata.map(|n| match n {
            swath_raster::Nodata::Int(v) => Nodata::Int(v),
            swath_raster::Nodata::Uint(v) => Nodata::Uint(v),
            swath_raster::Nodata::Float(v) => Nodata::Float(v),
        }),
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
