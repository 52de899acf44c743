//! Which source pixels hold the centres of a run of target pixels, many at a time.

use super::approximation::Point;
use super::cell::SIDE;
use super::gather::NONE;
use crate::Window;
use crate::wide::{Loop, wide};

/// A position this close under a pixel's edge belongs to the pixel beyond it: the noise of one affine after another.
pub(super) const EDGE: f64 = 1e-8;

/// From here on a double has no bits for less than 1.
const WHOLE: f64 = (1u64 << 52) as f64;

const LANES: usize = SIDE as usize;

/// What the quadratics through three points weigh those at each pixel of a cell.
const WEIGHTS: [[f64; LANES]; 3] = weights();

const fn weights() -> [[f64; LANES]; 3] {
    let mut out = [[0.0; LANES]; 3];
    let mut k = 0;
    while k < LANES {
        let t = k as f64 / LANES as f64;
        out[0][k] = (2.0 * t - 1.0) * (t - 1.0);
        out[1][k] = 4.0 * t * (1.0 - t);
        out[2][k] = t * (2.0 * t - 1.0);
        k += 1;
    }
    out
}

/// Pixels of a row of a cell: for each the place of its source pixel in a window, row-major, or [`NONE`].
pub(super) struct Picked {
    pub index: [u32; LANES],
    /// Whether it is in doubt which pixel holds one of the positions.
    pub doubtful: bool,
}

/// Along a row of a cell: positions at its two ends and in its middle, in pixels of `window`, and how far off they may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Curve {
    pub three: [Point; 3],
    pub doubt: f64,
    pub window: Window,
}

impl Curve {
    /// All pixels of the row of the cell.
    pub fn picked(&self) -> Picked {
        wide(Pick(self))
    }

    /// Pixels of it that are in doubt.
    pub fn doubtful(&self) -> impl Iterator<Item = usize> {
        (0..LANES).filter(|&k| {
            let at = |axis: fn(&Point) -> f64| (0..3).map(|i| WEIGHTS[i][k] * axis(&self.three[i])).sum::<f64>();
            let near = |v: f64| (v - v.round()).abs() <= self.doubt;
            near(at(|p| p.0)) || near(at(|p| p.1))
        })
    }
}

/// The place in `window` of the pixel that holds a position, counted from the window's corner.
pub(super) fn place(window: Window, (x, y): Point) -> u32 {
    let (x, y) = (x + EDGE, y + EDGE);
    let inside = x >= 0.0 && y >= 0.0 && x < f64::from(window.width) && y < f64::from(window.height);
    // Of what is not negative a cast is the floor, without a call.
    if inside { y as u32 * window.width + x as u32 } else { NONE }
}

struct Pick<'a>(&'a Curve);

impl Loop for Pick<'_> {
    type Output = Picked;

    #[inline(always)]
    fn run(self) -> Picked {
        let Curve { three: [a, b, c], doubt, window } = *self.0;
        let (width, height) = (f64::from(window.width), f64::from(window.height));
        // Middles of pixels are this far from the first position in doubt.
        let clear = 0.5 - doubt;
        let mut index = [NONE; LANES];
        let mut doubtful = 0;
        for (k, index) in index.iter_mut().enumerate() {
            let (p, q, r) = (WEIGHTS[0][k], WEIGHTS[1][k], WEIGHTS[2][k]);
            let (x, y) = (p * a.0 + q * b.0 + r * c.0 + EDGE, p * a.1 + q * b.1 + r * c.1 + EDGE);
            let (col, row) = (x.floor(), y.floor());
            let off_middle = |v: f64, floor: f64| (v - floor - (0.5 + EDGE)).abs();
            doubtful |= u64::from((off_middle(x, col) >= clear) | (off_middle(y, row) >= clear));
            let inside = (x >= 0.0) & (y >= 0.0) & (x < width) & (y < height);
            // Of a whole number below 2^32 these are the last bits of the fraction; of others nobody looks at them.
            let at = (row * width + col + WHOLE).to_bits() as u32;
            *index = if inside { at } else { NONE };
        }
        Picked { index, doubtful: doubtful != 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(three: [Point; 3], doubt: f64, doubtful: &[usize]) {
        let window = Window { col: 3, row: 4, width: 50, height: 40 };
        let curve = Curve { three, doubt, window };
        let (picked, mut narrow) = (curve.picked(), Vec::new());
        for (k, &index) in picked.index.iter().enumerate() {
            let at = |axis: fn(&Point) -> f64| (0..3).map(|i| WEIGHTS[i][k] * axis(&three[i])).sum::<f64>();
            narrow.push(place(window, (at(|p| p.0), at(|p| p.1))));
            assert_eq!(index, narrow[k], "{k} of {three:?}");
        }
        assert_eq!(Pick(&curve).run().index.as_slice(), narrow);
        assert_eq!(curve.doubtful().collect::<Vec<_>>(), doubtful, "{three:?}");
        assert!(doubtful.is_empty() || picked.doubtful);
    }

    #[test]
    fn each_pixel_is_the_one_that_holds_the_position_and_none_outside() {
        check([(0.3, 0.3), (20.1, 10.4), (43.7, 25.2)], -1.0, &[]);
        check([(-9.7, 55.3), (20.1, 20.4), (77.7, -3.2)], -1.0, &[]);
        check([(f64::NAN, 1.5), (f64::NAN, 1.5), (f64::INFINITY, 1.5)], 1e-4, &[]);
        check([(1e300, 1.0), (2e300, 1.0), (-1e300, 1.0)], -1.0, &[]);
        // Edges to within the noise of an affine.
        check([(1.0 - 1e-9, 2.0 - 1e-9), (33.0 - 1e-9, 2.0 - 1e-9), (65.0 - 1e-9, 2.0 - 1e-9)], -1.0, &[]);
    }

    #[test]
    fn positions_near_an_edge_are_in_doubt() {
        check([(0.25, 0.5), (16.25, 0.5), (32.25, 0.5)], 1e-6, &[]);
        check([(0.250_001, 0.5), (8.250_001, 0.5), (16.250_001, 0.5)], 1e-5, &(3..64).step_by(4).collect::<Vec<_>>());
        check([(-0.000_001, 0.5), (-0.000_001, 0.5), (-0.000_001, 0.5)], 1e-5, &(0..64).collect::<Vec<_>>());
    }
}
