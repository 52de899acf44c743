use std::collections::HashSet;
use std::sync::Arc;

use swath_raster::tiff::{Level, Tiff};
use swath_raster::warp::{Method, PixelMap};
use swath_raster::{ColorInterp, Grid, MaskKind, Nodata, SampleType, Shape, Window};

use super::header::Opened;
use super::piece::Piece;
use super::place::Positions;
use super::plan::{Source, StackPlan};
use super::stock::{Share, Stock};
use crate::{Error, Result};

/// Decoded bytes of one piece.
const PIECE: usize = 3 << 20;
/// A piece is never cut into smaller squares than this.
const SMALLEST: u32 = 32;

/// One file, its header read: which of its levels to take, and where its pixels go.
pub(super) struct Reader {
    pub source: Source,
    pub tiff: Tiff,
    /// Of the file: all its bytes are of this one.
    pub version: Option<String>,
    pub level: usize,
    pub map: PixelMap,
    pub method: Method,
    pub alpha: Option<usize>,
    /// Pixels of the whole grid that it can fill.
    target: Window,
    /// To be added to a pixel of the whole grid to get that of the level; `None` where the lattices differ.
    pub offset: Option<(i64, i64)>,
}

impl Reader {
    pub fn new(plan: &StackPlan, source: &Source, opened: Opened, whole: &Grid, positions: &Positions) -> Result<Self> {
        let Opened { tiff, version } = opened;
        let level = coarsest(&tiff, source.grid.shape, source.coarser(), plan.resampling);
        let shape = tiff.levels().get(level).map_or(source.grid.shape, Level::shape);
        let map = positions.map(whole, source, shape)?;
        let offset = map.whole_offset(whole.shape);
        // On one lattice at one size every method gives the pixel itself.
        let method = if offset.is_some() { Method::Nearest } else { plan.resampling };
        let alpha =
            (tiff.info().mask == MaskKind::Alpha).then(|| tiff.info().bands.iter().position(|b| b.color == ColorInterp::Alpha)).flatten();
        let target = plan.in_whole(source.target);
        Ok(Self { source: source.clone(), tiff, version, level, map, method, alpha, target, offset })
    }

    /// Nodata of one of the file's bands: the file's own word, else the metadata's.
    pub fn nodata(&self, band: usize) -> Option<Nodata> {
        self.tiff.info().bands.get(band).and_then(|b| b.nodata).or(self.source.nodata)
    }

    /// Whether the values themselves tell, by this nodata of the array or NaN, where there is no data.
    pub fn tells(&self, sample: SampleType, nodata: Option<Nodata>) -> bool {
        let own = self.tiff.info().sample;
        let as_sample = |n: Nodata| n.to_sample(sample);
        let same = |band: usize| match (self.nodata(band), nodata) {
            (Some(a), Some(b)) => as_sample(a) == as_sample(b) && a.fits(sample),
            (None, None) => sample.is_float(),
            _ => false,
        };
        own == sample
            && !sample.is_complex()
            && matches!(self.tiff.info().mask, MaskKind::AllValid | MaskKind::Nodata)
            && self.source.bands.iter().all(|b| same(b.file))
    }

    pub fn level(&self) -> Result<&Level> {
        self.tiff.levels().get(self.level).ok_or_else(|| Error::misuse(&self.source.href, "there is no such level", ""))
    }

    pub fn mask(&self) -> Option<&Level> {
        let shape = self.tiff.levels().get(self.level)?.shape();
        (self.tiff.info().mask == MaskKind::PerDataset).then(|| self.tiff.mask_levels().iter().find(|m| m.shape() == shape)).flatten()
    }

    /// Bands to read: those of the array, and the alpha band.
    pub fn bands(&self) -> Vec<usize> {
        self.source.bands.iter().map(|b| b.file).chain(self.alpha).collect()
    }

    /// The share of the target, cut so that no piece decodes more than a few megabytes, with the blocks that each needs.
    pub fn pieces(self: &Arc<Self>, index: usize) -> Result<Vec<Piece>> {
        let mut windows = Vec::new();
        match self.offset {
            Some(offset) => self.rows_of_blocks(offset, &mut windows)?,
            None => self.squares(self.target, &mut windows)?,
        }
        let bands = self.bands();
        let sources = || windows.iter().map(|(_, source)| *source);
        let data = Stock::new(self.level()?, &bands, sources())?;
        let mask = self.mask().map(|mask| Stock::new(mask, &[0], sources())).transpose()?;
        let mut asked = HashSet::new();
        let pieces = windows.iter().map(|&(target, source)| {
            let share = data.share(source);
            let masking = mask.as_ref().map_or_else(Share::default, |m| m.share(source));
            let stretches: Vec<_> = share.stretches().into_iter().chain(masking.stretches()).collect();
            // In the order of the pieces each range is asked for by the first that needs it.
            let new: Vec<u64> = stretches.iter().filter(|s| asked.insert((s.range.start, s.range.end))).map(|s| s.len()).collect();
            let (requests, fetched) = (new.len(), new.iter().sum());
            Piece { reader: Arc::clone(self), index, target, source, data: share, mask: masking, stretches, requests, fetched }
        });
        Ok(pieces.collect())
    }

    /// Pieces that begin and end where rows of blocks do, so that each block is in one of them.
    fn rows_of_blocks(&self, (right, down): (i64, i64), out: &mut Vec<(Window, Window)>) -> Result<()> {
        let Some(all) = self.source_window(self.target) else { return Ok(()) };
        let level = self.level()?;
        let block = level.block().height.max(1);
        let per_row = (all.width as usize).saturating_mul(level.sample().size()).saturating_mul(self.bands().len().max(1));
        // At most a few million rows of at least a byte.
        let rows = ((PIECE / per_row.max(1)) as u32 / block).max(1).saturating_mul(block);
        let (mut row, end) = (all.row, all.row + all.height);
        while row < end {
            let height = (rows - row % block).min(end - row);
            let source = Window { row, height, ..all };
            let back = |at: u32, by: i64| u32::try_from(i64::from(at) - by).unwrap_or_default();
            out.push((Window { col: back(all.col, right), row: back(row, down), ..source }, source));
            row += height;
        }
        Ok(())
    }

    /// Cuts a window of the target in halves until each part needs few source pixels.
    fn squares(&self, target: Window, out: &mut Vec<(Window, Window)>) -> Result<()> {
        let Some(source) = self.source_window(target) else { return Ok(()) };
        let sample = self.level()?.sample().size();
        let bytes = (source.pixels() + target.pixels()).saturating_mul(sample).saturating_mul(self.bands().len().max(1));
        if bytes <= PIECE || (target.width <= SMALLEST && target.height <= SMALLEST) {
            out.push((target, source));
            return Ok(());
        }
        // Cuts lie on multiples of the side of a cell of positions, where there is one.
        let middle = |first: u32, len: u32| {
            let half = first + len / 2;
            let even = half.next_multiple_of(SMALLEST).min(half.saturating_add(SMALLEST));
            if even > first && even < first + len { even } else { half }
        };
        let (one, two) = if target.width > target.height {
            let at = middle(target.col, target.width);
            (Window { width: at - target.col, ..target }, Window { col: at, width: target.col + target.width - at, ..target })
        } else {
            let at = middle(target.row, target.height);
            (Window { height: at - target.row, ..target }, Window { row: at, height: target.row + target.height - at, ..target })
        };
        self.squares(one, out)?;
        self.squares(two, out)
    }

    fn source_window(&self, target: Window) -> Option<Window> {
        self.map.source_window(target, self.method.reach(self.map.density(target)))
    }
}

/// The coarsest level that GDAL would read for an array with this many full resolution pixels in one of its own: no coarser than the
/// array, or by a fifth where pixels are only picked (`GDALBandGetBestOverviewLevel2`).
fn coarsest(tiff: &Tiff, full: Shape, coarser: f64, method: Method) -> usize {
    let threshold = if method == Method::Nearest { 1.2 } else { 1.0 };
    let factor = |s: Shape| (f64::from(full.width) / f64::from(s.width.max(1))).min(f64::from(full.height) / f64::from(s.height.max(1)));
    let fits = |level: &Level| coarser > 1.0 && factor(level.shape()) < coarser * threshold + 0.1;
    tiff.levels().iter().enumerate().skip(1).filter(|(_, l)| fits(l)).map(|(i, _)| i).next_back().unwrap_or(0)
}
