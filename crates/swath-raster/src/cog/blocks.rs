//! Strips into compressed blocks, on all cores.

use rayon::prelude::*;

use super::effort::Efforts;
use super::level::{LEADER, Level, Part, TRAILER};
use super::plan::CogPlan;
use super::real::nodata_bytes;
use super::strip::Strip;
use super::{Compression, Predictor, Sparse};
use crate::encode::{Area, Below, Codec, Plane, Prediction, all_equal, encode_bytes, gather, jpeg, lerc, lzw_two, webp, with_scratch};
use crate::{Error, Interleave, Result};

/// A finished block between its leader and its trailer; without bytes it is sparse.
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
    /// The sample that a reader makes of a block that is not there.
    empty: Vec<u8>,
    efforts: Efforts,
}

/// One block to make.
pub(super) struct Job<'a> {
    strip: &'a Strip,
    level: usize,
    area: Area,
    part: Part,
    /// `None`: all bands.
    band: Option<usize>,
    /// `None`: a codec that knows pixels.
    codec: Option<Codec>,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(plan: &'a CogPlan) -> Self {
        let prediction = match plan.predictor {
            Predictor::Horizontal => Prediction::Horizontal,
            Predictor::Float => Prediction::Float,
            Predictor::None | Predictor::Auto => Prediction::None,
        };
        let empty = plan.nodata.and_then(|v| nodata_bytes(v, plan.sample)).unwrap_or_else(|| vec![0; plan.sample.size()]);
        let below = match plan.compress {
            Compression::Jpeg | Compression::Webp => Below::Repeat,
            _ => Below::Zero,
        };
        Self { plan, prediction, below, empty, efforts: Efforts::new(plan) }
    }

    /// Looks at a strip of full resolution before its blocks and those of the overviews made from it are asked for.
    ///
    /// # Errors
    /// As the codec.
    pub(super) fn look(&mut self, strip: &Strip) -> Result<()> {
        let (plan, prediction, below) = (self.plan, self.prediction, self.below);
        let side = plan.block.height as usize;
        let bands = strip.bands.len();
        self.efforts.look(strip, |row, col, at| {
            let band = (plan.interleave == Interleave::Band).then_some(at % bands.max(1));
            let area = area(strip, side, row, col, below);
            let mut raw = Vec::new();
            gather(&planes(strip, band, plan.sample.size()).collect::<Vec<_>>(), plan.sample.size(), area, prediction, &mut raw);
            raw
        })
    }

    /// The blocks of each strip, in the order of the strips and within each in the order of the file.
    pub(super) fn jobs<'s>(&self, strips: &'s [(usize, Strip)], levels: &[Level]) -> Vec<Job<'s>> {
        strips.iter().flat_map(|(level, strip)| self.jobs_of(*level, strip, &levels[*level])).collect()
    }

    /// Hands each block on as soon as it is finished, on the thread that made it, about in the order of the jobs: no thread waits for
    /// the others, and no more blocks than threads are there at once.
    pub(super) fn encode(&self, jobs: &[Job<'_>], keep: impl Fn(Finished) -> Result<()> + Sync) -> Result<()> {
        let parts = jobs.chunks(if self.plan.compress == Compression::Lzw { 2 } else { 1 });
        parts.par_bridge().try_for_each(|jobs| self.blocks(jobs)?.into_iter().try_for_each(&keep))
    }

    fn blocks(&self, jobs: &[Job<'_>]) -> Result<Vec<Finished>> {
        match jobs {
            [a, b] if [a, b].iter().all(|job| matches!(job.part, Part::Image(_)) && !self.is_sparse(job)) => self.two(a, b),
            _ => jobs.iter().map(|job| self.block(job)).collect(),
        }
    }

    /// Two blocks of LZW.
    fn two(&self, a: &Job<'_>, b: &Job<'_>) -> Result<Vec<Finished>> {
        let (mut first, mut second) = (unframed(), unframed());
        with_scratch(|[raw_a, raw_b]| {
            self.gather(a, raw_a);
            self.gather(b, raw_b);
            lzw_two([raw_a, raw_b], [&mut first, &mut second]);
        });
        [(a, first), (b, second)].into_iter().map(|(job, bytes)| framed(job, bytes)).collect()
    }

    fn jobs_of<'s>(&self, index: usize, strip: &'s Strip, level: &Level) -> Vec<Job<'s>> {
        let side = level.block.height as usize;
        let first = strip.row as usize / side;
        let mut areas = Vec::new();
        for down in 0..(strip.rows as usize).div_ceil(side) {
            for col in 0..level.across {
                areas.push((area(strip, side, down, col, self.below), (first + down) * level.across + col));
            }
        }
        let codec = |area: Area| self.efforts.codec(level.shape, strip.row as usize + area.row);
        let job = |area, part, band| Job { strip, level: index, area, part, band, codec: codec(area) };
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
        if self.is_sparse(job) {
            return Ok(Finished { level: job.level, part: job.part, bytes: Vec::new() });
        }
        let mut bytes = unframed();
        match job.part {
            Part::Image(_) => self.image(job, &mut bytes)?,
            Part::Mask(_) => mask(job, &mut bytes)?,
        }
        framed(job, bytes)
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
        mask && (!both || planes(job.strip, job.band, size).all(|plane| all_equal(plane, size, job.area, &self.empty)))
    }

    fn gather(&self, job: &Job<'_>, raw: &mut Vec<u8>) {
        let size = self.plan.sample.size();
        let planes: Vec<Plane<'_>> = planes(job.strip, job.band, size).collect();
        gather(&planes, size, job.area, self.prediction, raw);
    }

    fn image(&self, job: &Job<'_>, out: &mut Vec<u8>) -> Result<()> {
        with_scratch(|[raw, _]| {
            self.gather(job, raw);
            self.compress(raw, job, out)
        })
    }

    /// `raw` is a square of pixels of interleaved samples.
    fn compress(&self, raw: &[u8], job: &Job<'_>, out: &mut Vec<u8>) -> Result<()> {
        let (plan, side) = (self.plan, job.area.block);
        let bands = job.band.map_or(plan.bands.len(), |_| 1);
        let row = side * bands * plan.sample.size();
        let level = plan.level.unwrap_or(0);
        match (plan.compress, job.codec) {
            (_, Some(codec)) => encode_bytes(codec, raw, row, out),
            (Compression::Jpeg, _) => jpeg(raw, side as u16, bands, plan.quality, out),
            (Compression::Webp, _) => webp(raw, side as u32, bands, plan.quality, out),
            (Compression::Lerc, _) => lerc(raw, plan.sample, side as u32, bands, plan.max_z_error, out),
            (Compression::LercDeflate | Compression::LercZstd, _) => {
                let mut blob = Vec::new();
                lerc(raw, plan.sample, side as u32, bands, plan.max_z_error, &mut blob)?;
                let codec = if plan.compress == Compression::LercZstd { Codec::Zstd(level) } else { Codec::Deflate(level) };
                encode_bytes(codec, &blob, row, out)
            }
            _ => {
                out.extend_from_slice(raw);
                Ok(())
            }
        }
    }
}

/// The block at a row and column of blocks within a strip.
fn area(strip: &Strip, side: usize, row: usize, col: usize, below: Below) -> Area {
    Area {
        row: row * side,
        col: col * side,
        rows: side.min(strip.rows as usize - row * side),
        cols: side.min(strip.width as usize - col * side),
        block: side,
        below,
    }
}

/// Room for the leader.
fn unframed() -> Vec<u8> {
    vec![0; LEADER as usize]
}

/// `bytes` begin with room for the leader.
fn framed(job: &Job<'_>, mut bytes: Vec<u8>) -> Result<Finished> {
    let (leader, block) = bytes.split_at_mut(LEADER as usize);
    let len = u32::try_from(block.len())
        .map_err(|_| Error::over_limit("block", format!("{} bytes compressed", block.len()), "less than 4 GiB").hint("smaller blocks"))?;
    leader.copy_from_slice(&len.to_le_bytes());
    let mut last = [0; TRAILER as usize];
    let tail = &block[block.len().saturating_sub(last.len())..];
    last[..tail.len()].copy_from_slice(tail);
    bytes.extend_from_slice(&last);
    Ok(Finished { level: job.level, part: job.part, bytes })
}

fn planes(strip: &Strip, band: Option<usize>, size: usize) -> impl Iterator<Item = Plane<'_>> {
    let chosen = band.map_or(0..strip.bands.len(), |band| band..band + 1);
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
