use std::cell::Cell;
use std::sync::Arc;

use futures::future::try_join_all;
use rayon::prelude::*;
use swath_raster::tiff::{Block, BlockAt, Level};
use swath_raster::warp::{Field, Method, nearest, resample, validity};
use swath_raster::{Nodata, Samples, Window};

use super::canvas::{Canvas, Ground, Sheet, Valid, mark_empty};
use super::fetch::Fetch;
use super::read::Reader;
use super::stock::{Share, Stretch};
use crate::Result;

/// Bytes of samples that a thread keeps between pieces.
const KEPT: usize = 4 << 20;

/// A part of a source's share of the target, small enough to be decoded at once.
pub(super) struct Piece {
    pub reader: Arc<Reader>,
    /// Of the source in its plan.
    pub index: usize,
    /// Pixels of the whole grid.
    pub target: Window,
    /// Pixels of the level.
    pub source: Window,
    pub data: Share,
    pub mask: Share,
    pub stretches: Vec<Arc<Stretch>>,
    /// Ranges and bytes that this piece is the first to ask for.
    pub requests: usize,
    pub fetched: u64,
}

/// How the array says where there is no data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Empty {
    pub nodata: Option<Nodata>,
    /// Whether the values of every source tell by themselves.
    pub told: bool,
}

/// What a piece gives the array.
pub(super) enum Made {
    /// Of each band, in the order of `source.bands`.
    Sheets(Vec<Sheet>),
    /// Blocks whose samples are those of the array as they are.
    Blocks(Vec<(BlockAt, Block)>),
}

impl Piece {
    /// Fetches its bytes.
    ///
    /// # Errors
    /// As [`Fetch::ranges`].
    pub async fn fetch(&self, fetch: &dyn Fetch) -> Result<()> {
        let (href, version) = (&self.reader.source.href, self.reader.version.as_deref());
        try_join_all(self.stretches.iter().map(|stretch| stretch.load(fetch, href, version))).await.map(drop)
    }

    /// Decodes, and resamples where grids differ.
    ///
    /// # Errors
    /// Damaged where a block is none, naming its range.
    pub fn made(&self, empty: Empty, ground: Ground) -> Result<Made> {
        let level = self.reader.level()?;
        let blocks = blocks(level, &self.data)?;
        if empty.told && ground == Ground::Fresh && self.reader.offset.is_some() {
            return Ok(Made::Blocks(blocks));
        }
        if empty.told && self.reader.offset.is_none() && self.reader.method == Method::Nearest {
            return self.picked(&blocks, empty).map(Made::Sheets);
        }
        let decoded = level.assemble(&self.reader.bands(), self.source, &blocks)?;
        drop(blocks);
        self.sheets(decoded, empty).map(Made::Sheets)
    }

    /// Lays what it made over a window of the array; the planes of a time step begin at `first`.
    ///
    /// # Errors
    /// Misuse where it does not fit there.
    pub fn lay(&self, made: &Made, canvas: &mut Canvas, first: usize, window: Window, ground: Ground) -> Result<()> {
        let mut bands = self.reader.source.bands.iter();
        match made {
            Made::Sheets(sheets) => bands.zip(sheets).try_for_each(|(band, sheet)| canvas.lay(first + band.array, window, sheet, ground)),
            Made::Blocks(blocks) => {
                let level = self.reader.level()?;
                bands.try_for_each(|band| Ok(level.lay(band.file, self.source, blocks, canvas.rows(first + band.array, window)?)?))
            }
        }
    }

    fn sheets(&self, mut decoded: Vec<Samples>, empty: Empty) -> Result<Vec<Sheet>> {
        let reader = &self.reader;
        if empty.told {
            let samples = match reader.offset {
                Some(_) => decoded,
                None => self.computed(&decoded, empty)?,
            };
            return Ok(samples.into_iter().map(|samples| Sheet { samples, valid: Valid::Told }).collect());
        }
        let mut shared: Option<Vec<u8>> = None;
        if let Some(mask) = reader.mask() {
            let samples = mask.assemble(&[0], self.source, &blocks(mask, &self.mask)?)?;
            shared = samples.first().map(nonzero);
        }
        if reader.alpha.is_some() {
            shared = decoded.pop().as_ref().map(nonzero);
        }
        let valid = self.valid(&decoded, shared.as_deref());
        if reader.offset.is_some() {
            return Ok(decoded.into_iter().zip(valid).map(|(samples, valid)| Sheet { samples, valid: Valid::Mask(valid) }).collect());
        }
        let patches = resample(&self.fields(&decoded, &valid), &reader.map, self.target, reader.method)?;
        Ok(patches.into_iter().map(|patch| Sheet { samples: patch.samples, valid: Valid::Mask(patch.valid) }).collect())
    }

    /// The nearest pixels, from the blocks as they lie side by side; for that a thread keeps its memory.
    fn picked(&self, blocks: &[(BlockAt, Block)], empty: Empty) -> Result<Vec<Sheet>> {
        thread_local!(static BESIDE: Cell<Vec<Samples>> = const { Cell::new(Vec::new()) });
        let (reader, mut beside) = (&self.reader, BESIDE.take());
        reader.level()?.assemble_into(&reader.bands(), self.source, blocks, &mut beside)?;
        let picked = nearest(&beside, self.source, &reader.map, self.target, empty.nodata)?;
        if beside.iter().map(|samples| samples.as_bytes().len()).sum::<usize>() <= KEPT {
            BESIDE.set(beside);
        }
        Ok(picked.into_iter().map(|samples| Sheet { samples, valid: Valid::Told }).collect())
    }

    fn computed(&self, decoded: &[Samples], empty: Empty) -> Result<Vec<Samples>> {
        let valid = self.valid(decoded, None);
        let patches = resample(&self.fields(decoded, &valid), &self.reader.map, self.target, self.reader.method)?;
        let marked = patches.into_iter().map(|mut patch| {
            mark_empty(&mut patch.samples, &patch.valid, empty.nodata);
            patch.samples
        });
        Ok(marked.collect())
    }

    fn valid(&self, decoded: &[Samples], shared: Option<&[u8]>) -> Vec<Vec<u8>> {
        let bands = self.reader.source.bands.iter().zip(decoded);
        let each = bands.map(|(band, samples)| {
            let mut valid = validity(samples, self.reader.nodata(band.file));
            if let Some(shared) = shared {
                valid.iter_mut().zip(shared).for_each(|(v, s)| *v &= s);
            }
            valid
        });
        each.collect()
    }

    fn fields<'a>(&self, decoded: &'a [Samples], valid: &'a [Vec<u8>]) -> Vec<Field<'a>> {
        let bands = self.reader.source.bands.iter().zip(decoded).zip(valid);
        bands.map(|((band, samples), valid)| Field { samples, valid, window: self.source, nodata: self.reader.nodata(band.file) }).collect()
    }
}

/// 1 where a mask or alpha sample is not 0.
fn nonzero(samples: &Samples) -> Vec<u8> {
    samples.as_bytes().chunks(samples.sample_type().size()).map(|c| u8::from(c.iter().any(|b| *b != 0))).collect()
}

fn blocks(level: &Level, share: &Share) -> Result<Vec<(BlockAt, Block)>> {
    share.0.par_iter().map(|slot| Ok((slot.at, slot.block(level)?))).collect()
}
