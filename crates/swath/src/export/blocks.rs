use rayon::prelude::*;
use swath_raster::Window;

use crate::stack::{Planes, Stack};
use crate::{Error, Result};

/// Rows and columns of a block at most, and the samples that it should have at most.
const SIDE: usize = 1024;
const SAMPLES: usize = 1 << 20;

/// How an array is cut for writing: blocks of so many times, rows and columns of one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocks {
    pub shape: [usize; 3],
    counts: [usize; 3],
}

/// The place of a block in the grid of blocks: time, band, y, x.
pub(super) type At = [usize; 4];

impl Blocks {
    /// Small planes share a block with those of other times, so that a long series is not as many files.
    pub fn of(head: &Stack) -> Self {
        let [times, _, rows, cols] = head.shape();
        let (down, across) = (rows.clamp(1, SIDE), cols.clamp(1, SIDE));
        let deep = (SAMPLES / (down * across)).clamp(1, times.max(1));
        Self { shape: [deep, down, across], counts: [times.div_ceil(deep), rows.div_ceil(down), cols.div_ceil(across)] }
    }

    /// Every block of a band, in row-major order.
    pub fn of_band(&self, band: usize) -> Vec<At> {
        let [times, rows, cols] = self.counts;
        (0..times).flat_map(|t| (0..rows).flat_map(move |j| (0..cols).map(move |i| [t, band, j, i]))).collect()
    }

    /// The bytes of one block, filled up where it reaches over an edge.
    pub fn bytes(&self, array: &dyn Planes, [t, band, j, i]: At, fill: &[u8]) -> Result<Vec<u8>> {
        let [times, bands, rows, cols] = array.head().shape();
        let [deep, down, across] = self.shape;
        let size = fill.len();
        let (row, col) = (j * down, i * across);
        // Shapes come from 32-bit numbers.
        let window = Window { col: col as u32, row: row as u32, width: across.min(cols - col) as u32, height: down.min(rows - row) as u32 };
        let mut out = fill.repeat(deep * down * across);
        for (step, plane) in out.chunks_mut((down * across * size).max(1)).enumerate().take(times - t * deep) {
            let samples = array.read((t * deep + step) * bands + band, window)?;
            let lines = samples.as_bytes().chunks((window.width as usize * size).max(1));
            for (to, from) in plane.chunks_mut((across * size).max(1)).zip(lines) {
                to.get_mut(..from.len()).ok_or_else(|| Error::misuse("", "a row longer than its block", ""))?.copy_from_slice(from);
            }
        }
        Ok(out)
    }

    /// Makes something of every block on all cores and hands it over in order, a few at a time.
    pub fn each<T: Send>(&self, band: usize, make: &(dyn Fn(At) -> Result<T> + Sync), take: &mut dyn FnMut(T) -> Result<()>) -> Result<()> {
        for some in self.of_band(band).chunks(4 * rayon::current_num_threads()) {
            let made: Vec<Result<T>> = some.par_iter().map(|at| make(*at)).collect();
            made.into_iter().try_for_each(|one| take(one?))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample::stack;

    #[test]
    fn a_block_over_the_edge_is_filled_up() {
        let stack = stack();
        let blocks = Blocks { shape: [1, 2, 2], counts: [2, 1, 2] };
        let bytes = blocks.bytes(&stack, [1, 0, 0, 1], &[0xff, 0xff]).unwrap();
        let values: Vec<i16> = bytes.chunks(2).map(|b| i16::from_ne_bytes([b[0], b[1]])).collect();
        assert_eq!(values, [8, -1, 11, -1]);
        assert_eq!(blocks.of_band(0), [[0, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 1]]);
    }

    #[test]
    fn small_planes_share_a_block() {
        assert_eq!(Blocks::of(&stack()), Blocks { shape: [2, 2, 3], counts: [1, 1, 1] });
    }
}
