//! From the source to strips as they will be written.

use rayon::prelude::*;

use super::CogOptions;
use super::convert::convert;
use super::memory::within;
use super::plan::{CogPlan, MaskPlan, source_nodata};
use super::real::{Real, is_nodata, nodata_bytes, with_type};
use super::strip::Strip;
use crate::{Error, Nodata, RasterInfo, RasterSource, Result, Samples, Window};

/// Reads windows of the source as strips.
pub(super) struct Ingest<'a> {
    source: &'a dyn RasterSource,
    plan: &'a CogPlan,
    /// Bands to ask for: those written, then the alpha that becomes the mask.
    ask: Vec<usize>,
    /// For each band written, what marks nothing in the source.
    nodata: Vec<Option<Nodata>>,
    /// What marks nothing in the strips.
    pub marker: Option<Nodata>,
}

impl<'a> Ingest<'a> {
    pub(super) fn new(source: &'a dyn RasterSource, plan: &'a CogPlan, options: &CogOptions) -> Self {
        let info = source.info();
        let nodata: Vec<_> = plan.bands.iter().map(|&b| source_nodata(info, options, b)).collect();
        let marker = plan.nodata.or_else(|| nodata.iter().flatten().next().copied());
        let marker = marker.filter(|&v| nodata_bytes(v, plan.sample).is_some());
        let mut ask = plan.bands.clone();
        if let MaskPlan::Alpha(band) = plan.mask
            && !ask.contains(&band)
        {
            ask.push(band);
        }
        Self { source, plan, ask, nodata, marker }
    }

    /// `used` is a strip that is done with.
    pub(super) fn read(&self, row: u32, rows: u32, used: Option<Strip>) -> Result<Strip> {
        let width = self.plan.shape.width;
        let window = Window { col: 0, row, width, height: rows };
        let mut bands = used.map_or_else(Vec::new, |strip| strip.bands);
        self.source.read_into(&self.ask, window, &mut bands)?;
        let whole = bands.len() == self.ask.len() && bands.iter().all(|b| b.len() == window.pixels());
        if !whole {
            return Err(Error::damaged(
                self.source.info().name.clone(),
                format!("fewer samples than asked for in rows {row} to {}", row + rows),
                "",
            ));
        }
        let mask = self.mask(&bands, window)?;
        bands.truncate(self.plan.bands.len());
        let bands =
            bands.into_par_iter().zip(&self.nodata).map(|(samples, &from)| convert(samples, self.plan.sample, from, self.marker)).collect();
        Ok(Strip { row, rows, width, bands, mask })
    }

    fn mask(&self, bands: &[Samples], window: Window) -> Result<Option<Vec<u8>>> {
        match self.plan.mask {
            MaskPlan::None => Ok(None),
            MaskPlan::Source => match self.source.read_mask(window)? {
                Some(mask) if mask.len() == window.pixels() => Ok(Some(mask)),
                _ => Err(Error::damaged(
                    self.source.info().name.clone(),
                    "a mask is announced but not there",
                    "a mask as large as the raster",
                )),
            },
            MaskPlan::Alpha(band) => {
                let at = self.ask.iter().position(|&b| b == band).unwrap_or(0);
                let mut valid = vec![0; window.pixels()];
                any_valid(&bands[at], Some(Nodata::Int(0)), &mut valid);
                Ok(Some(valid))
            }
            MaskPlan::Values => {
                let mut valid = vec![0; window.pixels()];
                for (samples, &nodata) in bands.iter().zip(&self.nodata) {
                    any_valid(samples, nodata, &mut valid);
                }
                Ok(Some(valid))
            }
        }
    }
}

/// Sets `valid` to 255 wherever a sample is neither nodata nor NaN.
fn any_valid(samples: &Samples, nodata: Option<Nodata>, valid: &mut [u8]) {
    with_type!(samples.sample_type(), T => {
        let values: &[T] = bytemuck::cast_slice(samples.as_bytes());
        let nodata = nodata.and_then(T::of_nodata);
        valid.par_chunks_mut(1 << 16).zip(values.par_chunks(1 << 16)).for_each(|(valid, values)| {
            for (valid, &v) in valid.iter_mut().zip(values) {
                let nothing = v.is_nan() || nodata.is_some_and(|nodata| is_nodata(v, nodata));
                *valid |= if nothing { 0 } else { 255 };
            }
        });
    }, else valid.fill(255));
}

/// Rows to read at once: whole block rows, at least a block row of the source, more where strips are small.
pub(super) fn rows_at_once(plan: &CogPlan, info: &RasterInfo) -> u32 {
    const FEW: u64 = 8 << 20;
    const MANY: u64 = 64 << 20;
    let block = plan.block.height;
    let line = u64::from(plan.shape.width) * info.sample.size().max(plan.sample.size()) as u64 * plan.bands.len() as u64;
    let strip = (line * u64::from(block)).max(1);
    let source = u64::from(info.block.height.div_ceil(block).max(1));
    let times = source.min((MANY / strip).max(1)).max(FEW / strip).max(1);
    let times = plan.memory.map_or(times, |memory| within(memory, info, plan, times));
    let rows = times.saturating_mul(u64::from(block)).min(u64::from(plan.shape.height.div_ceil(block)) * u64::from(block));
    u32::try_from(rows).unwrap_or(block)
}
