//! Strips into compressed blocks, on all cores, delivered in order.

use rayon::prelude::*;

use super::level::{Level, Part};
use super::plan::CogPlan;
use super::real::nodata_bytes;
use super::strip::Strip;
use super::{Compression, Predictor, Sparse};
use crate::encode::{Area, Below, Codec, Plane, Prediction, all_equal, encode_bytes, gather, jpeg, lerc, webp, with_scratch};
use crate::{Interleave, Nodata, Result};

/// A finished block; without bytes it is sparse.
pub(super) struct Finished {
    pub level: usize,
    pub part: Part,
    pub bytes: Vec<u8>,
}

/// Everything that is the same for all blocks.
pub(super) struct Encoder<'a> {
    plan: &'a CogPlan,
    prediction: Prediction,
    below: Below,
    /// One sample that marks an empty block.
    empty: Vec<u8>,
}

/// One block to make.
pub(super) struct Job<'a> {
    strip: &'a Strip,
    level: usize,
    area: Area,
    part: Part,
    /// `None`: all bands.
    band: Option<usize>,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(plan: &'a CogPlan, marker: Option<Nodata>) -> Self {
        let prediction = match plan.predictor {
            Predictor::Horizontal => Prediction::Horizontal,
            Predictor::Float => Prediction::Float,
            Predictor::None | Predictor::Auto => Prediction::None,
        };
        let empty = marker.and_then(|v| nodata_bytes(v, plan.sample)).unwrap_or_else(|| vec![0; plan.sample.size()]);
        let below = match plan.compress {
            Compression::Jpeg | Compression::Webp => Below::Repeat,
            _ => Below::Zero,
        };
        Self { plan, prediction, below, empty }
    }

    /// The blocks of each strip, in the order of the strips and within each in the order of the file.
    pub(super) fn jobs<'s>(&self, strips: &'s [(usize, Strip)], levels: &[Level]) -> Vec<Job<'s>> {
        strips.iter().flat_map(|(level, strip)| self.jobs_of(*level, strip, &levels[*level])).collect()
    }

    /// In the order of the jobs.
    pub(super) fn encode(&self, jobs: &[Job<'_>]) -> Result<Vec<Finished>> {
        jobs.par_iter().with_max_len(1).map(|job| self.block(job)).collect()
    }

    fn jobs_of<'s>(&self, index: usize, strip: &'s Strip, level: &Level) -> Vec<Job<'s>> {
        let side = self.plan.block.height as usize;
        let first = strip.row as usize / side;
        let mut areas = Vec::new();
        for down in 0..(strip.rows as usize).div_ceil(side) {
            for col in 0..level.across {
                let area = Area {
                    row: down * side,
                    col: col * side,
                    rows: side.min(strip.rows as usize - down * side),
                    cols: side.min(strip.width as usize - col * side),
                    block: side,
                    below: self.below,
                };
                areas.push((area, (first + down) * level.across + col));
            }
        }
        let job = |area, part, band| Job { strip, level: index, area, part, band };
        let masks = strip.mask.is_some();
        match self.plan.interleave {
            Interleave::Pixel => areas
                .iter()
                .flat_map(|&(area, at)| [Some(job(area, Part::Image(at), None)), masks.then(|| job(area, Part::Mask(at), None))])
                .flatten()
                .collect(),
            Interleave::Band => {
                let plane = level.blocks_in_plane();
                let bands = (0..strip.bands.len())
                    .flat_map(|band| areas.iter().map(move |&(area, at)| (area, Part::Image(band * plane + at), Some(band))));
                let mask = areas.iter().filter(|_| masks).map(|&(area, at)| (area, Part::Mask(at), None));
                bands.chain(mask).map(|(area, part, band)| job(area, part, band)).collect()
            }
        }
    }

    fn block(&self, job: &Job<'_>) -> Result<Finished> {
        let mut bytes = Vec::new();
        if !self.is_sparse(job) {
            match job.part {
                Part::Image(_) => self.image(job, &mut bytes)?,
                Part::Mask(_) => mask(job, &mut bytes)?,
            }
        }
        Ok(Finished { level: job.level, part: job.part, bytes })
    }

    /// A block is left out only together with its mask, so that each keeps its place behind the other.
    fn is_sparse(&self, job: &Job<'_>) -> bool {
        if self.plan.sparse == Sparse::Never {
            return false;
        }
        let mask = job
            .strip
            .mask
            .as_ref()
            .is_none_or(|mask| all_equal(Plane { bytes: mask, stride: job.strip.width as usize }, 1, job.area, &[0]));
        let size = self.plan.sample.size();
        let both = self.plan.interleave == Interleave::Pixel || matches!(job.part, Part::Image(_));
        mask && (!both || planes(job, size).all(|plane| all_equal(plane, size, job.area, &self.empty)))
    }

    fn image(&self, job: &Job<'_>, out: &mut Vec<u8>) -> Result<()> {
        let size = self.plan.sample.size();
        let planes: Vec<Plane<'_>> = planes(job, size).collect();
        with_scratch(|raw| {
            gather(&planes, size, job.area, self.prediction, raw);
            self.compress(raw, job.area.block, planes.len(), out)
        })
    }

    /// `raw` is a square of `side` x `side` pixels of `bands` interleaved samples.
    fn compress(&self, raw: &[u8], side: usize, bands: usize, out: &mut Vec<u8>) -> Result<()> {
        let plan = self.plan;
        let level = plan.level.unwrap_or(0);
        let row = side * bands * plan.sample.size();
        match plan.compress {
            Compression::None => {
                out.extend_from_slice(raw);
                Ok(())
            }
            Compression::Lzw => encode_bytes(Codec::Lzw, raw, row, out),
            Compression::Deflate => encode_bytes(Codec::Deflate(level), raw, row, out),
            Compression::Zstd => encode_bytes(Codec::Zstd(level), raw, row, out),
            Compression::Packbits => encode_bytes(Codec::Packbits, raw, row, out),
            Compression::Jpeg => jpeg(raw, side as u16, bands, plan.quality, out),
            Compression::Webp => webp(raw, side as u32, bands, plan.quality, out),
            Compression::Lerc => lerc(raw, plan.sample, side as u32, bands, plan.max_z_error, out),
            Compression::LercDeflate | Compression::LercZstd => {
                let mut blob = Vec::new();
                lerc(raw, plan.sample, side as u32, bands, plan.max_z_error, &mut blob)?;
                let codec = if plan.compress == Compression::LercZstd { Codec::Zstd(level) } else { Codec::Deflate(level) };
                encode_bytes(codec, &blob, row, out)
            }
        }
    }
}

fn planes<'s>(job: &Job<'s>, size: usize) -> impl Iterator<Item = Plane<'s>> {
    let strip = job.strip;
    let chosen = job.band.map_or(0..strip.bands.len(), |band| band..band + 1);
    strip.bands[chosen].iter().map(move |samples| Plane { bytes: samples.as_bytes(), stride: strip.width as usize * size })
}

/// One bit for each pixel, most significant first, 1 where valid; always DEFLATE.
fn mask(job: &Job<'_>, out: &mut Vec<u8>) -> Result<()> {
    let Some(mask) = &job.strip.mask else { return Ok(()) };
    let (width, area) = (job.strip.width as usize, job.area);
    let line = area.block.div_ceil(8);
    let mut bits = vec![0; line * area.block];
    for (i, to) in bits.chunks_exact_mut(line).take(area.rows).enumerate() {
        let from = (area.row + i) * width + area.col;
        for (to, pixels) in to.iter_mut().zip(mask[from..from + area.cols].chunks(8)) {
            *to = pixels.iter().enumerate().fold(0, |byte, (bit, &v)| byte | u8::from(v != 0) << (7 - bit));
        }
    }
    encode_bytes(Codec::Deflate(6), &bits, line, out)
}
