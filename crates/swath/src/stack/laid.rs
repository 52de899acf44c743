use swath_raster::{Shape, Window};

use super::canvas::Ground;

/// Pixels across and down in one tile.
const TILE: (u32, u32) = (256, 64);

/// In which tiles of an array something lies already. Where nothing does, pixels need not be compared with what was there, whose memory
/// the system would have to show before it is written.
pub(super) struct Laid {
    across: usize,
    down: usize,
    tiles: Vec<bool>,
}

impl Laid {
    /// Of an empty array.
    pub fn new(shape: Shape, planes: usize) -> Self {
        let (across, down) = (shape.width.div_ceil(TILE.0) as usize, shape.height.div_ceil(TILE.1) as usize);
        Self { across, down, tiles: vec![false; across * down * planes] }
    }

    /// Marks a window of a plane, which lies inside of it, as laid; gives its parts, and for each whether anything could lie there before.
    pub fn parts(&mut self, plane: usize, window: Window) -> Vec<(Window, Ground)> {
        let mut parts: Vec<(Window, Ground)> = Vec::new();
        for (j, row, height) in tiles(window.row, window.height, TILE.1) {
            let (first, of_row) = ((plane * self.down + j) * self.across, parts.len());
            for (i, col, width) in tiles(window.col, window.width, TILE.0) {
                let before = std::mem::replace(&mut self.tiles[first + i], true);
                let ground = if before { Ground::Shared } else { Ground::Fresh };
                match parts[of_row..].last_mut() {
                    Some((part, same)) if *same == ground => part.width += width,
                    _ => parts.push((Window { col, row, width, height }, ground)),
                }
            }
        }
        parts
    }
}

/// The tiles that a run of pixels meets: which, and what of the run lies in each.
fn tiles(first: u32, len: u32, side: u32) -> impl Iterator<Item = (usize, u32, u32)> {
    let end = first.saturating_add(len);
    (first / side..end.div_ceil(side)).map(move |k| {
        let from = first.max(k * side);
        (k as usize, from, end.min(k.saturating_add(1).saturating_mul(side)) - from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_fresh_until_something_was_laid_in_its_tile() {
        let mut laid = Laid::new(Shape { width: 1000, height: 200 }, 2);
        let window = |col, row, width, height| Window { col, row, width, height };
        for (plane, asked, expected) in [
            (1, window(10, 60, 300, 10), vec![(window(10, 60, 300, 4), Ground::Fresh), (window(10, 64, 300, 6), Ground::Fresh)]),
            (
                1,
                window(300, 100, 700, 100),
                vec![
                    (window(300, 100, 212, 28), Ground::Shared),
                    (window(512, 100, 488, 28), Ground::Fresh),
                    (window(300, 128, 700, 64), Ground::Fresh),
                    (window(300, 192, 700, 8), Ground::Fresh),
                ],
            ),
            (0, window(10, 60, 5, 4), vec![(window(10, 60, 5, 4), Ground::Fresh)]),
            (0, window(900, 199, 100, 1), vec![(window(900, 199, 100, 1), Ground::Fresh)]),
        ] {
            assert_eq!(laid.parts(plane, asked), expected);
        }
    }
}
