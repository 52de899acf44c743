use super::Compression;
use super::plan::CogPlan;
use super::strip::Strip;
use crate::encode::{Codec, least_effort};
use crate::{Interleave, Result, Shape};

/// Full-resolution bytes between two looks at what the pixels are like.
const PERIOD_BYTES: u64 = 48 << 20;
/// An image of fewer blocks is not worth a trial.
const FEW_BLOCKS: u64 = 8;

/// What each part of the image is compressed with. It depends on the pixels alone: not on threads, nor on how rows are read.
pub(super) struct Efforts {
    /// `None`: a codec that knows pixels.
    asked: Option<Codec>,
    full: Shape,
    side: usize,
    /// Block rows of full resolution that share one finding; 0 where nothing is tried.
    period: usize,
    found: Vec<Codec>,
    row_bytes: usize,
}

impl Efforts {
    pub(super) fn new(plan: &CogPlan) -> Self {
        let level = plan.level.unwrap_or(0);
        let asked = match plan.compress {
            Compression::Lzw => Some(Codec::Lzw),
            Compression::Deflate => Some(Codec::Deflate(level)),
            Compression::Zstd => Some(Codec::Zstd(level)),
            Compression::Packbits => Some(Codec::Packbits),
            _ => None,
        };
        let side = plan.block.height as usize;
        let bands = if plan.interleave == Interleave::Pixel { plan.bands.len() } else { 1 };
        let row_bytes = side * bands * plan.sample.size();
        let block_row = u64::from(plan.shape.width) * (side * plan.sample.size() * plan.bands.len()) as u64;
        let blocks = u64::from(plan.shape.width.div_ceil(plan.block.width)) * u64::from(plan.shape.height.div_ceil(plan.block.height));
        let tried = matches!(asked, Some(Codec::Deflate(_) | Codec::Zstd(_))) && blocks >= FEW_BLOCKS;
        let period = if tried { (PERIOD_BYTES / block_row.max(1)).max(1) as usize } else { 0 };
        Self { asked, full: plan.shape, side, period, found: Vec::new(), row_bytes }
    }

    /// `block` gives the bytes that the codec would be given for the block at a row and column of blocks of the strip; the third
    /// number counts the blocks asked for.
    ///
    /// # Errors
    /// As the codec.
    pub(super) fn look(&mut self, strip: &Strip, block: impl Fn(usize, usize, usize) -> Vec<u8>) -> Result<()> {
        let Some(asked) = self.asked.filter(|_| self.period > 0) else { return Ok(()) };
        let first = strip.row as usize / self.side;
        for down in 0..(strip.rows as usize).div_ceil(self.side) {
            if !(first + down).is_multiple_of(self.period) {
                continue;
            }
            let across = (strip.width as usize).div_ceil(self.side);
            let samples: Vec<Vec<u8>> = (1..=3).map(|quarter| block(down, across * quarter / 4, quarter)).collect();
            let samples: Vec<Vec<u8>> = samples.into_iter().map(|raw| self.sample(asked, raw)).collect();
            self.found.push(least_effort(asked, &samples, self.row_bytes)?);
        }
        Ok(())
    }

    /// Rows of a block's middle: DEFLATE looks back 32 KiB, and ZSTD has other ways with what is under 256 KiB.
    fn sample(&self, asked: Codec, mut raw: Vec<u8>) -> Vec<u8> {
        let most = if matches!(asked, Codec::Zstd(_)) { 320 << 10 } else { 160 << 10 };
        let rows = (most / self.row_bytes.max(1)).max(1);
        let first = self.side.saturating_sub(rows) / 2;
        raw.truncate((first + rows).saturating_mul(self.row_bytes));
        raw.split_off((first * self.row_bytes).min(raw.len()))
    }

    /// For a block of a level whose first pixel lies in this row of it.
    pub(super) fn codec(&self, level: Shape, row: usize) -> Option<Codec> {
        let asked = self.asked?;
        if self.period == 0 {
            return Some(asked);
        }
        let row = row as u64 * u64::from(self.full.height) / u64::from(level.height.max(1));
        let part = row as usize / self.side / self.period;
        Some(self.found.get(part).copied().unwrap_or(asked))
    }
}
