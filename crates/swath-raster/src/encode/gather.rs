//! From strips of whole rows to the rows of one block.

use super::{Prediction, predict};

/// The part of a strip that a block covers; it may end short of the block at the right and lower edge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    /// First row within the strip, and first column.
    pub row: usize,
    pub col: usize,
    /// Pixels that exist.
    pub rows: usize,
    pub cols: usize,
    /// Width and height of the block.
    pub block: usize,
    pub below: Below,
}

/// What rows below the image hold; columns to its right always repeat the last pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    /// The last row: no edge that a picture codec would have to draw.
    Repeat,
    /// Nothing, which takes the fewest bytes.
    Zero,
}

/// One band of a strip as bytes in the machine's order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane<'a> {
    pub bytes: &'a [u8],
    /// Bytes of one row of the strip.
    pub stride: usize,
}

/// Fills `out` with the block's rows, interleaved and predicted.
pub(crate) fn gather(planes: &[Plane<'_>], size: usize, area: Area, how: Prediction, out: &mut Vec<u8>) {
    let bands = planes.len();
    let row_len = area.block * bands * size;
    out.resize(row_len * area.block, 0);
    let mut row = vec![0; row_len];
    for (i, to) in out.chunks_exact_mut(row_len).enumerate() {
        if i >= area.rows && area.below == Below::Zero {
            to.fill(0);
            continue;
        }
        let y = area.row + i.min(area.rows - 1);
        let part = |plane: &Plane<'_>| -> std::ops::Range<usize> {
            let from = y * plane.stride + area.col * size;
            from..from + area.cols * size
        };
        if let ([plane], true) = (planes, area.cols == area.block) {
            predict(how, &plane.bytes[part(plane)], size, 1, to);
            continue;
        }
        for (band, plane) in planes.iter().enumerate() {
            interleave(&plane.bytes[part(plane)], size, band, bands, &mut row);
        }
        repeat_last(&mut row, area.cols, bands * size);
        predict(how, &row, size, bands, to);
    }
}

/// Whether every sample of the block is `value`.
pub(crate) fn all_equal(plane: Plane<'_>, size: usize, area: Area, value: &[u8]) -> bool {
    (area.row..area.row + area.rows).all(|y| {
        let from = y * plane.stride + area.col * size;
        plane.bytes[from..from + area.cols * size].chunks_exact(size).all(|sample| sample == value)
    })
}

fn interleave(from: &[u8], size: usize, band: usize, bands: usize, to: &mut [u8]) {
    match size {
        1 => spread::<1>(from, band, bands, to),
        2 => spread::<2>(from, band, bands, to),
        4 => spread::<4>(from, band, bands, to),
        8 => spread::<8>(from, band, bands, to),
        _ => spread::<16>(from, band, bands, to),
    }
}

fn spread<const N: usize>(from: &[u8], band: usize, bands: usize, to: &mut [u8]) {
    let (from, _) = from.as_chunks::<N>();
    let (to, _) = to.as_chunks_mut::<N>();
    if bands == 1 {
        return to[..from.len()].copy_from_slice(from);
    }
    for (to, from) in to[band..].iter_mut().step_by(bands).zip(from) {
        *to = *from;
    }
}

fn repeat_last(row: &mut [u8], cols: usize, pixel: usize) {
    let (have, rest) = row.split_at_mut(cols * pixel);
    let last = &have[have.len() - pixel..];
    for to in rest.chunks_exact_mut(pixel) {
        to.copy_from_slice(last);
    }
}
