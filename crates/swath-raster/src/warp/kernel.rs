//! Weighted sums and order statistics over the source pixels under one target pixel.

use crate::Window;

/// What the source pixels are made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// A separable weight function of this half width, widened where the target is coarser.
    Weights {
        half: u32,
        cubic: bool,
    },
    /// Over the box that the target pixel covers.
    Average,
    Mode,
    Minimum,
    Maximum,
    Median,
}

/// Source values of a window with their validity.
pub(super) struct Plane<'a> {
    pub values: &'a [f64],
    pub valid: &'a [u8],
    pub window: Window,
}

/// Pixels of one axis that are at hand: the first, and the one after the last.
#[derive(Clone, Copy)]
struct Held {
    first: f64,
    end: f64,
}

impl Plane<'_> {
    fn cols(&self) -> Held {
        Held { first: self.window.col.into(), end: f64::from(self.window.col) + f64::from(self.window.width) }
    }
    fn rows(&self) -> Held {
        Held { first: self.window.row.into(), end: f64::from(self.window.row) + f64::from(self.window.height) }
    }
}

/// Buffers that are used again for the next pixel.
#[derive(Default)]
pub(super) struct Scratch {
    across: Vec<f64>,
    down: Vec<f64>,
    seen: Vec<(f64, f64)>,
    sums: Vec<(f64, f64)>,
}

/// Below this a scale counts as 1: the kernel keeps its own width.
const NEARLY_ONE: f64 = 1.0 / 0.95;

impl Kernel {
    /// Whether an invalid pixel at the position itself makes the result invalid, whatever lies around it.
    pub fn needs_centre(self) -> bool {
        matches!(self, Self::Weights { .. })
    }

    /// How far from a position source pixels matter, when a target pixel is `density` source pixels wide.
    pub fn reach(self, density: f64) -> f64 {
        match self {
            Self::Weights { half, .. } => f64::from(half) * widening(density) + 1.0,
            _ => density / 2.0 + 1.0,
        }
    }

    /// The value at (x, y), in pixel coordinates of the whole source; `None` where no valid pixel is in reach. It does not depend on the
    /// window, as long as that holds all pixels in reach.
    pub fn value(self, plane: &Plane, (x, y): (f64, f64), density: (f64, f64), scratch: &mut Scratch) -> Option<f64> {
        match self {
            Self::Weights { half, cubic } => {
                let first = (
                    weights(&mut scratch.across, x, widening(density.0), half, cubic, plane.cols()),
                    weights(&mut scratch.down, y, widening(density.1), half, cubic, plane.rows()),
                );
                if cubic && density.0 <= NEARLY_ONE && density.1 <= NEARLY_ONE && !complete(plane, first, scratch) {
                    // Cubic weights are negative in part and mean nothing with gaps in them.
                    return Self::Weights { half: 1, cubic: false }.value(plane, (x, y), density, scratch);
                }
                weighted(plane, first, scratch)
            }
            _ => {
                let first =
                    (coverage(&mut scratch.across, x, density.0, plane.cols()), coverage(&mut scratch.down, y, density.1, plane.rows()));
                if self == Self::Average { weighted(plane, first, scratch) } else { self.ordered(plane, first, scratch) }
            }
        }
    }

    fn ordered(self, plane: &Plane, first: (usize, usize), scratch: &mut Scratch) -> Option<f64> {
        scratch.seen.clear();
        for (j, &down) in scratch.down.iter().enumerate() {
            let row = (first.1 + j) * plane.window.width as usize;
            for (i, &across) in scratch.across.iter().enumerate() {
                let at = row + first.0 + i;
                if plane.valid[at] != 0 {
                    scratch.seen.push((plane.values[at], down * across));
                }
            }
        }
        if self == Self::Mode {
            return most_common(&scratch.seen, &mut scratch.sums);
        }
        let seen = &mut scratch.seen;
        seen.sort_by(|a, b| a.0.total_cmp(&b.0));
        match self {
            Self::Minimum => seen.first().map(|s| s.0),
            Self::Maximum => seen.last().map(|s| s.0),
            // Of an even number the lower of the two in the middle: a value that occurs.
            _ => seen.get(seen.len().checked_sub(1)? / 2).map(|s| s.0),
        }
    }
}

/// The value that covers most of the box; of equals the one that is first to cover as much, row by row.
fn most_common(seen: &[(f64, f64)], sums: &mut Vec<(f64, f64)>) -> Option<f64> {
    sums.clear();
    // Of two zeros one: adding makes them equal in order as well.
    sums.extend(seen.iter().map(|s| (s.0 + 0.0, 0.0)));
    sums.sort_by(|a, b| a.0.total_cmp(&b.0));
    sums.dedup_by(|a, b| a.0 == b.0);
    let mut best: Option<(f64, f64)> = None;
    for &(value, weight) in seen {
        let Ok(at) = sums.binary_search_by(|s| s.0.total_cmp(&(value + 0.0))) else { continue };
        sums[at].1 += weight;
        // Sums that differ by the noise of adding up are equal.
        if best.is_none_or(|b| sums[at].1 > b.1 * (1.0 + 1e-9)) {
            best = Some(sums[at]);
        }
    }
    best.map(|b| b.0)
}

fn widening(density: f64) -> f64 {
    if density > NEARLY_ONE { density } else { 1.0 }
}

/// Weights of the pixels around `at` on one axis, of which `held` are at hand; returns the first, counted from those.
fn weights(out: &mut Vec<f64>, at: f64, wide: f64, half: u32, cubic: bool, held: Held) -> usize {
    out.clear();
    let reach = f64::from(half) * wide;
    let first = (at - 0.5 - reach).ceil().max(held.first);
    let last = (at - 0.5 + reach).floor().min(held.end - 1.0);
    let mut pixel = first;
    while pixel <= last {
        let distance = ((pixel + 0.5 - at) / wide).abs();
        out.push(if cubic { cubic_weight(distance) } else { (1.0 - distance).max(0.0) });
        pixel += 1.0;
    }
    (first - held.first) as usize
}

/// Cubic convolution with a = -1/2 (Keys 1981, equation 15).
fn cubic_weight(d: f64) -> f64 {
    if d <= 1.0 {
        (1.5 * d - 2.5) * d * d + 1.0
    } else if d < 2.0 {
        ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    } else {
        0.0
    }
}

/// How much of each pixel lies under a box of width `density` around `at`; returns the first, counted from those at hand.
fn coverage(out: &mut Vec<f64>, at: f64, density: f64, held: Held) -> usize {
    out.clear();
    let (low, high) = (at - density / 2.0, at + density / 2.0);
    let first = (low + 1e-6).floor().max(held.first);
    let last = (high - 1e-6).ceil().min(held.end);
    let mut pixel = first;
    while pixel < last {
        out.push((pixel + 1.0).min(high) - pixel.max(low));
        pixel += 1.0;
    }
    (first - held.first) as usize
}

/// Whether all four by four pixels that a cubic needs are there and valid.
fn complete(plane: &Plane, first: (usize, usize), scratch: &Scratch) -> bool {
    let (wide, high) = (scratch.across.len(), scratch.down.len());
    wide >= 4
        && high >= 4
        && (first.1..first.1 + high).all(|row| plane.valid[row * plane.window.width as usize + first.0..][..wide].iter().all(|v| *v != 0))
}

/// Weighted mean over the valid pixels, their weights made to sum to one.
fn weighted(plane: &Plane, first: (usize, usize), scratch: &Scratch) -> Option<f64> {
    let (mut sum, mut total) = (0.0, 0.0);
    for (j, &down) in scratch.down.iter().enumerate() {
        let row = (first.1 + j) * plane.window.width as usize;
        for (i, &across) in scratch.across.iter().enumerate() {
            let at = row + first.0 + i;
            let weight = down * across;
            if plane.valid[at] != 0 && weight != 0.0 {
                sum += weight * plane.values[at];
                total += weight;
            }
        }
    }
    (total > 1e-5).then(|| sum / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BILINEAR: Kernel = Kernel::Weights { half: 1, cubic: false };
    const CUBIC: Kernel = Kernel::Weights { half: 2, cubic: true };

    fn check(kernel: Kernel, at: (f64, f64), density: f64, expected: Option<f64>) {
        // 0 1 2 3 / 10 11 12 13 / 20 21 (invalid) 23 / 30 31 32 33
        let values: Vec<f64> = (0..16).map(|i| f64::from(i / 4 * 10 + i % 4)).collect();
        let mut valid = [1u8; 16];
        valid[10] = 0;
        let window = Window { col: 0, row: 0, width: 4, height: 4 };
        let plane = Plane { values: &values, valid: &valid, window };
        let got = kernel.value(&plane, at, (density, density), &mut Scratch::default());
        let near = match (got, expected) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-9,
            (a, b) => a == b,
        };
        assert!(near, "{kernel:?} at {at:?}: {got:?}, expected {expected:?}");
    }

    #[test]
    fn a_mode_is_what_covers_most_and_of_equals_the_first_to_do_so() {
        // 7 7 4 / 4 4 7 / 9 9 9
        let values = [7.0, 7.0, 4.0, 4.0, 4.0, 7.0, 9.0, 9.0, 9.0];
        let plane = Plane { values: &values, valid: &[1; 9], window: Window { col: 0, row: 0, width: 3, height: 3 } };
        for (at, density, expected) in [
            ((1.5, 1.5), (3.0, 3.0), 4.0),
            ((1.0, 1.0), (2.0, 2.0), 7.0),
            ((2.0, 1.0), (2.0, 2.0), 4.0),
            // With half of the left column and of the lower row, 7 and 4 both cover 2.5; 4 gets there first.
            ((1.75, 1.25), (2.5, 2.5), 4.0),
            // A quarter of the first row of two, all of the second.
            ((1.0, 1.375), (2.0, 1.25), 4.0),
        ] {
            assert_eq!(Kernel::Mode.value(&plane, at, density, &mut Scratch::default()), Some(expected), "{at:?} {density:?}");
        }
    }

    #[test]
    fn values_are_what_a_hand_calculation_gives() {
        for (kernel, at, density, expected) in [
            (BILINEAR, (1.5, 1.5), 1.0, Some(11.0)),
            (BILINEAR, (1.0, 1.0), 1.0, Some(5.5)),
            (BILINEAR, (1.25, 0.5), 1.0, Some(0.75)),
            // beyond the first centre only the pixels inside count
            (BILINEAR, (0.25, 0.5), 1.0, Some(0.0)),
            // one of four is invalid: the other three share the weight
            (BILINEAR, (2.0, 2.0), 1.0, Some((11.0 + 12.0 + 21.0) / 3.0)),
            (CUBIC, (1.5, 1.5), 1.0, Some(11.0)),
            (Kernel::Average, (1.0, 1.0), 2.0, Some(5.5)),
            (Kernel::Average, (3.0, 3.0), 2.0, Some((23.0 + 32.0 + 33.0) / 3.0)),
            (Kernel::Minimum, (3.0, 3.0), 2.0, Some(23.0)),
            (Kernel::Maximum, (1.0, 1.0), 2.0, Some(11.0)),
            (Kernel::Median, (1.0, 1.0), 2.0, Some(1.0)),
            (Kernel::Mode, (1.0, 1.0), 2.0, Some(0.0)),
            (Kernel::Average, (2.5, 2.5), 1.0, None),
        ] {
            check(kernel, at, density, expected);
        }
    }
}
