use std::io::BufWriter;

use swath_raster::cog::{self, CogOptions, CogReport};
use swath_raster::{BandInfo, ColorInterp, Format, Georeference, Interleave, MaskKind, RasterInfo, RasterSource, Samples, Shape, Window};

use super::item;
use super::provenance::Provenance;
use super::target::{Output, write_file};
use crate::build::output::{Pending, Scratch, disk};
use crate::stack::{Over, Planes, Reduce, Stack};
use crate::{Error, Family, Result};

/// Writes a COG with a band for each time and band of the stack, in that order, named `2018-01-31 B4`; and beside it `NAME.json`, a STAC
/// item that describes it and says from what it was made. Rows are read as they are written.
///
/// # Errors
/// Misuse where the array has more than 65,535 planes; Disk; what the array says.
pub fn write_tif(array: &dyn Planes, output: &Output, provenance: &Provenance) -> Result<CogReport> {
    let source = StackSource::new(array)?;
    let mut spool = Scratch::new(output.folder())?;
    let failed = |e: std::io::Error| disk(&output.path, &e);
    let mut out = BufWriter::with_capacity(1 << 20, Pending::new(output.folder())?);
    let report = match cog::write(&source, &CogOptions::default(), &mut spool, &mut out, &|_| ()) {
        Ok(report) => report,
        Err(e) => return Err(spool.failure().or_else(|| out.get_mut().failure()).unwrap_or_else(|| e.into())),
    };
    out.into_inner().map_err(|e| failed(e.into_error()))?.commit(&output.path)?;
    if let Some(path) = output.item_path() {
        let names: Vec<Option<String>> = source.info.bands.iter().map(|b| b.name.clone()).collect();
        let described = item::of(array.head(), &output.path, &names, &report, provenance);
        let mut text = serde_json::to_string_pretty(&described).unwrap_or_default();
        text.push('\n');
        write_file(&path, text.as_bytes())?;
    }
    Ok(report)
}

/// A stack as a raster whose bands are its planes.
struct StackSource<'a> {
    array: &'a dyn Planes,
    info: RasterInfo,
}

impl<'a> StackSource<'a> {
    fn new(array: &'a dyn Planes) -> Result<Self> {
        let stack = array.head();
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
        Ok(Self { array, info })
    }
}

impl RasterSource for StackSource<'_> {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> swath_raster::Result<Vec<Samples>> {
        bands.iter().map(|&plane| self.array.read(plane, window).map_err(inwards)).collect()
    }
    /// A pixel is valid where any plane has data: a TIFF has one mask for all bands.
    fn read_mask(&self, window: Window) -> swath_raster::Result<Option<Vec<u8>>> {
        if self.info.mask != MaskKind::PerDataset {
            return Ok(None);
        }
        let mut mask = vec![0u8; window.pixels()];
        for plane in 0..self.info.bands.len() {
            let Some(valid) = self.array.valid(plane, window).map_err(inwards)? else { continue };
            mask.iter_mut().zip(&valid).filter(|(_, v)| **v != 0).for_each(|(to, _)| *to = 255);
        }
        Ok(Some(mask))
    }
}

/// An error of the array as one of the raster that it stands for.
fn inwards(e: Error) -> swath_raster::Error {
    let family = match e.family {
        Family::Damaged => swath_raster::Family::Damaged,
        Family::Unsupported => swath_raster::Family::Unsupported,
        Family::OverLimit => swath_raster::Family::OverLimit,
        Family::Misuse => swath_raster::Family::Misuse,
        _ => swath_raster::Family::Unreadable,
    };
    swath_raster::Error { family, at: e.at, found: e.found, right: e.right, hint: e.hint }
}

/// `2018-01-31 B4`, or `median B4`.
fn name(stack: &Stack, time: usize, band: usize) -> String {
    let band = &stack.bands[band].name;
    match stack.reduce {
        Reduce::None => format!("{} {band}", stack.label(time)),
        how if stack.over == Over::All => format!("{} {band}", how.name()),
        how => format!("{} {} {band}", stack.label(time), how.name()),
    }
}
