use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use swath_raster::tiff::{Block, BlockAt, Known, Level, Tiff};
use swath_raster::warp::{Field, Method, Patch, PixelMap, resample, validity};
use swath_raster::{ColorInterp, Grid, MaskKind, Nodata, SampleType, Samples, Shape, Span, Window};

use super::fetch::{Fetch, merged};
use super::plan::{Positions, Source, map_to};
use crate::{Error, Result};

/// Decoded bytes of one piece where blocks fall whole into pieces, and where their edges are read twice.
const PIECE: usize = 8 << 20;
const WARPED_PIECE: usize = 32 << 20;

/// One file, its header read: which of its levels to take, and where its pixels go.
pub(super) struct Reader {
    pub source: Source,
    tiff: Tiff,
    level: usize,
    map: PixelMap,
    method: Method,
    /// Of the target; `None` where the lattices differ.
    offset: Option<(i64, i64)>,
    alpha: Option<usize>,
}

/// A part of a source's share of the target, small enough to be read at once.
#[derive(Clone)]
pub(super) struct Piece {
    pub reader: Arc<Reader>,
    pub index: usize,
    pub target: Window,
    source: Window,
}

impl Reader {
    pub fn new(source: Source, tiff: Tiff, target: &Grid, positions: &Positions, method: Method) -> Result<Self> {
        let own = source.grid.grid()?;
        let level = coarsest(&tiff, own.shape, source.coarser);
        let shape = tiff.levels().get(level).map_or(own.shape, Level::shape);
        let map = map_to(target, &own, shape, positions)?;
        let offset = map.whole_offset(target.shape);
        // On one lattice at one size every method gives the pixel itself.
        let method = if offset.is_some() { Method::Nearest } else { method };
        let alpha =
            (tiff.info().mask == MaskKind::Alpha).then(|| tiff.info().bands.iter().position(|b| b.color == ColorInterp::Alpha)).flatten();
        Ok(Self { source, tiff, level, map, method, offset, alpha })
    }

    /// Nodata of one of the file's bands: the file's own word, else the metadata's.
    pub fn nodata(&self, band: usize) -> Option<Nodata> {
        self.tiff.info().bands.get(band).and_then(|b| b.nodata).or(self.source.nodata)
    }

    pub fn level(&self) -> Result<&Level> {
        self.tiff.levels().get(self.level).ok_or_else(|| Error::misuse(&self.source.href, "there is no such level", ""))
    }

    fn mask(&self) -> Option<&Level> {
        let shape = self.tiff.levels().get(self.level)?.shape();
        (self.tiff.info().mask == MaskKind::PerDataset).then(|| self.tiff.mask_levels().iter().find(|m| m.shape() == shape)).flatten()
    }

    /// Bands to read: those of the array, and the alpha band.
    fn bands(&self) -> Vec<usize> {
        self.source.bands.iter().map(|b| b.file).chain(self.alpha).collect()
    }

    /// The share of the target, cut so that no piece decodes more than a few megabytes.
    pub fn pieces(self: &Arc<Self>, index: usize) -> Result<Vec<Piece>> {
        let whole = self.source.target;
        let Some(all) = self.source_window(whole) else { return Ok(Vec::new()) };
        let level = self.level()?;
        let bytes = all.pixels().saturating_mul(level.sample().size()).saturating_mul(self.bands().len().max(1));
        let limit = if self.offset.is_some() { PIECE } else { WARPED_PIECE };
        let count = (bytes / limit.max(1)) as u32 + 1;
        let mut rows = whole.height.div_ceil(count).max(1);
        let mut first = rows;
        if let Some((_, down)) = self.offset {
            let block = level.block().height.max(1);
            rows = rows.div_ceil(block).max(1).saturating_mul(block);
            // The first piece ends where a row of blocks ends.
            let at = (i64::from(whole.row) + down).rem_euclid(i64::from(block)) as u32;
            first = rows - at;
        }
        let mut pieces = Vec::new();
        let (mut row, end) = (whole.row, whole.row.saturating_add(whole.height));
        let mut height = first;
        while row < end {
            let target = Window { row, height: height.min(end - row), ..whole };
            if let Some(source) = self.source_window(target) {
                pieces.push(Piece { reader: Arc::clone(self), index, target, source });
            }
            row += target.height;
            height = rows;
        }
        Ok(pieces)
    }

    fn source_window(&self, target: Window) -> Option<Window> {
        self.map.source_window(target, self.method.reach(self.map.density(target)))
    }
}

/// The coarsest level that is no coarser than the target.
fn coarsest(tiff: &Tiff, full: Shape, coarser: f64) -> usize {
    let factor = |s: Shape| (f64::from(full.width) / f64::from(s.width.max(1))).max(f64::from(full.height) / f64::from(s.height.max(1)));
    let fits = |level: &Level| {
        let shape = level.shape();
        // An odd size rounds up: 1001 pixels at 1:2 are 501, a factor of 1.998.
        let rounded = Shape { width: shape.width.saturating_sub(1).max(1), height: shape.height.saturating_sub(1).max(1) };
        shape.width > 1 && shape.height > 1 && factor(shape) <= coarser * (1.0 + 1e-6) && factor(rounded) <= coarser * 2.0
    };
    tiff.levels().iter().enumerate().skip(1).filter(|(_, l)| fits(l)).map(|(i, _)| i).next_back().unwrap_or(0)
}

impl Piece {
    /// Bytes that this piece needs in memory while it is worked on.
    pub fn memory(&self) -> usize {
        let bands = self.reader.bands().len();
        let sample = self.reader.level().map_or(8, |l| l.sample().size());
        (self.source.pixels() + self.target.pixels()).saturating_mul(bands * (sample + 1))
    }

    fn wanted(&self) -> Result<Wanted> {
        let level = self.reader.level()?;
        let blocks = spans(level, &self.reader.bands(), self.source)?;
        let mask = self.reader.mask().map(|m| spans(m, &[0], self.source)).transpose()?.unwrap_or_default();
        Ok(Wanted { blocks, mask })
    }

    /// The ranges that [`Piece::load`] will ask for.
    pub fn ranges(&self) -> Result<Vec<Range<u64>>> {
        Ok(self.wanted()?.ranges())
    }

    /// Reads, decodes and resamples the piece: a patch for each band, in the order of `source.bands`.
    pub async fn load(self, fetch: &dyn Fetch) -> Result<Vec<Patch>> {
        let wanted = self.wanted()?;
        let ranges = wanted.ranges();
        let parts = if ranges.is_empty() { Vec::new() } else { fetch.ranges(&self.reader.source.href, &ranges).await? };
        let mut known = Known::new(None);
        for (range, part) in ranges.iter().zip(parts) {
            known.insert(range.start, part);
        }
        let work = tokio::task::spawn_blocking(move || self.decode(&wanted, &known));
        work.await.map_err(|e| Error::misuse("", format!("a worker stopped: {e}"), ""))?
    }

    fn decode(&self, wanted: &Wanted, known: &Known) -> Result<Vec<Patch>> {
        let (reader, bands) = (&self.reader, self.reader.bands());
        let decoded = reader.level()?.assemble(&bands, self.source, &blocks(reader.level()?, &wanted.blocks, known)?)?;
        let mut shared: Option<Vec<u8>> = None;
        if let Some(mask) = reader.mask() {
            let samples = mask.assemble(&[0], self.source, &blocks(mask, &wanted.mask, known)?)?;
            shared = samples.first().map(nonzero);
        }
        if reader.alpha.is_some() {
            shared = decoded.last().map(nonzero);
        }
        let valid: Vec<Vec<u8>> = reader
            .source
            .bands
            .iter()
            .zip(&decoded)
            .map(|(band, samples)| {
                let mut valid = validity(samples, reader.nodata(band.file));
                if let Some(shared) = &shared {
                    valid.iter_mut().zip(shared).for_each(|(v, s)| *v &= s);
                }
                valid
            })
            .collect();
        let fields: Vec<Field> = (reader.source.bands.iter().zip(&decoded).zip(&valid))
            .map(|((band, samples), valid)| Field { samples, valid, window: self.source, nodata: reader.nodata(band.file) })
            .collect();
        Ok(resample(&fields, &reader.map, self.target, reader.method)?)
    }
}

/// 1 where a mask or alpha sample is not 0.
fn nonzero(samples: &Samples) -> Vec<u8> {
    if samples.sample_type() == SampleType::U8 {
        return samples.as_bytes().iter().map(|b| u8::from(*b != 0)).collect();
    }
    samples.as_bytes().chunks(samples.sample_type().size()).map(|c| u8::from(c.iter().any(|b| *b != 0))).collect()
}

/// Blocks with the place of their bytes; none for a sparse block.
struct Wanted {
    blocks: Vec<(BlockAt, Option<Span>)>,
    mask: Vec<(BlockAt, Option<Span>)>,
}

impl Wanted {
    fn ranges(&self) -> Vec<Range<u64>> {
        let spans: Vec<Span> = self.blocks.iter().chain(&self.mask).filter_map(|(_, span)| *span).collect();
        merged(&spans)
    }
}

fn spans(level: &Level, bands: &[usize], window: Window) -> Result<Vec<(BlockAt, Option<Span>)>> {
    level.blocks(bands, window).into_iter().map(|at| Ok((at, level.checked_span(at)?))).collect()
}

fn blocks(level: &Level, wanted: &[(BlockAt, Option<Span>)], known: &Known) -> Result<Vec<(BlockAt, Block)>> {
    wanted
        .par_iter()
        .map(|(at, span)| {
            let bytes: Option<Bytes> = match span {
                Some(span) => Some(known.bytes(*span).ok_or_else(|| Error::misuse("", "a block's bytes did not arrive", ""))?),
                None => None,
            };
            Ok((*at, level.decode(*at, bytes)?))
        })
        .collect()
}
