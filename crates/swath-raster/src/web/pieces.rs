use crate::Window;
use crate::warp::{PixelMap, Reach};

/// Pixels of the source that may be held for one piece, unless a few pixels of the target need more.
const MOST: usize = 6 << 20;
/// A piece is not cut below this.
const LEAST: u32 = 16;

/// A part of a target and the source pixels that it is made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub target: Window,
    pub source: Window,
}

/// Cuts `target` until each part needs no more than a bounded number of source pixels, `weight` bands counted; parts without any
/// are left out.
pub(super) fn pieces(map: &PixelMap, target: Window, reach: Reach, weight: usize) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut left = vec![target];
    while let Some(target) = left.pop() {
        let Some(source) = map.source_window(target, reach) else { continue };
        let whole = source.pixels().saturating_mul(weight.max(1)) <= MOST;
        if whole || (target.width <= LEAST && target.height <= LEAST) {
            out.push(Piece { target, source });
        } else if target.width >= target.height {
            let width = target.width / 2;
            left.push(Window { col: target.col + width, width: target.width - width, ..target });
            left.push(Window { width, ..target });
        } else {
            let height = target.height / 2;
            left.push(Window { row: target.row + height, height: target.height - height, ..target });
            left.push(Window { height, ..target });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, Grid, Shape};

    #[test]
    fn pieces_cover_the_target_once_and_hold_little() {
        let grid =
            |step, side| Grid { crs: None, transform: Affine::north_up(0.0, 0.0, step, step), shape: Shape { width: side, height: side } };
        let (target, source) = (grid(40.0, 1000), grid(1.0, 40_000));
        let map = PixelMap::new(&target, &source, source.shape, None).unwrap();
        let all = pieces(&map, Window { col: 0, row: 0, width: 1000, height: 256 }, Reach { x: 20.0, y: 20.0 }, 1);
        assert!(all.iter().all(|p| p.source.pixels() <= MOST));
        assert_eq!(all.iter().map(|p| p.target.pixels()).sum::<usize>(), 256_000);
    }
}
