use std::ops::Range;

use swath_raster::{Affine, Shape, Window};

use super::plan::{BandFrom, PlainGrid, Source, StackPlan, Whole};
use super::{Over, Reduce};
use crate::{Error, Result};

/// Blocks of files that do not say how they are cut: what most COGs have, and a multiple of what the others have.
const BLOCK: u32 = 512;

/// A part of an array: steps of time, bands, and pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub times: Range<usize>,
    pub bands: Range<usize>,
    pub window: Window,
}

/// Lengths of the chunks along y and x, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    pub rows: Vec<u32>,
    pub cols: Vec<u32>,
}

impl StackPlan {
    /// The plan of a part of this array; its run gives exactly that part of the whole, unreduced. Without a source in reach its run
    /// gives no data and reads nothing.
    ///
    /// # Errors
    /// Misuse where the part is empty or reaches outside the array.
    pub fn cut(&self, part: &Part) -> Result<Self> {
        let (window, shape) = (part.window, self.grid.shape);
        let end = |first: u32, len: u32| u64::from(first) + u64::from(len);
        let inside = |range: &Range<usize>, len: usize| range.start < range.end && range.end <= len;
        let fits = inside(&part.times, self.times.len())
            && inside(&part.bands, self.bands.len())
            && window.pixels() > 0
            && end(window.col, window.width) <= shape.width.into()
            && end(window.row, window.height) <= shape.height.into();
        if !fits {
            let (times, bands) = (self.times.len(), self.bands.len());
            let right = format!("a part of {times} times, {bands} bands, {} rows and {} columns", shape.height, shape.width);
            return Err(Error::misuse("", format!("{part:?}"), right));
        }
        let from = self.in_whole(window);
        let whole = self.whole.unwrap_or(Whole { transform: self.grid.transform, shape, col: 0, row: 0 });
        let t = Affine::from_array(whole.transform);
        let (x, y) = t.apply(f64::from(from.col), f64::from(from.row));
        let grid = PlainGrid {
            crs: self.grid.crs.clone(),
            transform: Affine { c: x, f: y, ..t }.to_array(),
            shape: Shape { width: window.width, height: window.height },
        };
        let sources = self.sources.iter().filter_map(|source| cut_source(source, part)).collect();
        let mut cut = Self {
            grid,
            native: self.native,
            reasons: self.reasons.clone(),
            times: self.times[part.times.clone()].to_vec(),
            bands: self.bands[part.bands.clone()].to_vec(),
            data_type: self.data_type,
            nodata: self.nodata,
            resampling: self.resampling,
            reduce: Reduce::None,
            over: Over::All,
            order: self.order,
            errors: self.errors,
            values: self.values,
            bytes: 0,
            blocks: self.blocks,
            sources,
            whole: Some(Whole { col: from.col, row: from.row, ..whole }),
        };
        cut.bytes = cut.array_bytes();
        Ok(cut)
    }

    /// Rows and columns of the array that one block of the files makes: chunks of whole multiples read no block twice. Where no header
    /// was read ([`with_blocks`](super::with_blocks) reads one) it is what most files have.
    pub fn block_shape(&self) -> (u32, u32) {
        self.blocks.map_or((BLOCK, BLOCK), |block| (block.height.max(1), block.width.max(1)))
    }

    /// Cuts the array into chunks of about `rows` by `cols` pixels whose edges lie on the edges of blocks of the first file; the first
    /// and the last chunk of an axis may be shorter. Sizes that are no multiples of a block are taken as they are, from the same edge.
    pub fn chunks(&self, rows: u32, cols: u32) -> Chunks {
        let (block_rows, block_cols) = self.block_shape();
        let first = self.sources.first().filter(|_| self.native);
        let t = Affine::from_array(self.grid.transform);
        // Pixels of the array before a corner of the file.
        let phase = |corner: f64, origin: f64, step: f64| ((corner - origin) / step).round();
        let (down, across) = first.map_or((0.0, 0.0), |s| {
            let own = s.grid.transform;
            (phase(own[5], t.f, t.e), phase(own[2], t.c, t.a))
        });
        Chunks {
            rows: lengths(self.grid.shape.height, rows, block_rows, down),
            cols: lengths(self.grid.shape.width, cols, block_cols, across),
        }
    }
}

/// Lengths of about `wanted` that sum to `len`; the first ends where a block does, blocks beginning at `phase`.
fn lengths(len: u32, wanted: u32, block: u32, phase: f64) -> Vec<u32> {
    if wanted >= len {
        // What is wanted whole is not cut.
        return Vec::from_iter((len > 0).then_some(len));
    }
    let wanted = wanted.max(1);
    // Of numbers below 2^32 and 512 the remainder is a small whole number.
    let before = if phase.is_finite() { phase.rem_euclid(f64::from(block)) as u32 } else { 0 };
    let first = if wanted >= block { (wanted / block * block).saturating_sub((block - before) % block).max(1) } else { wanted };
    let wanted = if wanted >= block { wanted / block * block } else { wanted };
    let mut out = Vec::new();
    let (mut left, mut next) = (len, first);
    while left > 0 {
        let this = next.min(left);
        out.push(this);
        left -= this;
        next = wanted;
    }
    out
}

fn cut_source(source: &Source, part: &Part) -> Option<Source> {
    if !part.times.contains(&source.time) {
        return None;
    }
    let target = shared(source.target, part.window)?;
    let bands: Vec<BandFrom> = source
        .bands
        .iter()
        .filter(|b| part.bands.contains(&b.array))
        .map(|b| BandFrom { array: b.array - part.bands.start, file: b.file })
        .collect();
    (!bands.is_empty()).then(|| Source { time: source.time - part.times.start, bands, target, ..source.clone() })
}

/// What two windows share, counted from the corner of the second.
fn shared(a: Window, b: Window) -> Option<Window> {
    let axis = |a: u32, a_len: u32, b: u32, b_len: u32| {
        let (from, to) = (a.max(b), a.saturating_add(a_len).min(b.saturating_add(b_len)));
        (from < to).then(|| (from - b, to - from))
    };
    let (col, width) = axis(a.col, a.width, b.col, b.width)?;
    let (row, height) = axis(a.row, a.height, b.row, b.height)?;
    Some(Window { col, row, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_where_blocks_end() {
        for (len, wanted, phase, expected) in [
            (2000, 1024, 0.0, vec![1024, 976]),
            (2000, 1024, -100.0, vec![924, 1024, 52]),
            (2000, 1024, 412.0, vec![924, 1024, 52]),
            (2000, 1000, 0.0, vec![512, 512, 512, 464]),
            (300, 1024, 0.0, vec![300]),
            (300, 100, 7.0, vec![100, 100, 100]),
            (1200, 512, 512.0, vec![512, 512, 176]),
        ] {
            assert_eq!(lengths(len, wanted, 512, phase), expected, "{len} {wanted} {phase}");
        }
    }
}
