use std::ops::Range;

use super::Kernel;

/// Rounding errors of a position are smaller than this.
const EPSILON: f64 = 1e-8;

/// One axis of a reduction: which source pixels make a destination pixel, and how much of each.
#[derive(Debug, Clone, Copy)]
pub(in crate::cog) struct Axis {
    src: usize,
    pub dst: usize,
    ratio: f64,
    /// Half the width of the kernel in destination pixels; 0 for kernels that take just the pixel's own box.
    reach: f64,
}

/// A box of source pixels; the first and the last may count for a part only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cog) struct Cover {
    pub from: usize,
    pub to: usize,
    pub first: f64,
    pub last: f64,
}

impl Cover {
    #[inline(always)]
    pub(super) fn weight(&self, at: usize) -> f64 {
        if at == self.from {
            self.first
        } else if at + 1 == self.to {
            self.last
        } else {
            1.0
        }
    }
    pub(super) fn total(&self) -> f64 {
        if self.to - self.from == 1 { self.first } else { self.first + (self.to - self.from - 2) as f64 + self.last }
    }
}

impl Axis {
    pub(in crate::cog) fn new(src: u32, dst: u32, kernel: Kernel) -> Self {
        let reach = match kernel {
            Kernel::Bilinear => 1.0,
            Kernel::Cubic => 2.0,
            _ => 0.0,
        };
        Self { src: src as usize, dst: dst as usize, ratio: f64::from(src) / f64::from(dst), reach }
    }

    /// Exactly two source pixels each.
    pub(super) fn is_half(&self) -> bool {
        self.src == 2 * self.dst
    }

    /// The source pixels under a destination pixel.
    pub(super) fn cover(&self, i: usize) -> Cover {
        let (start, end) = (i as f64 * self.ratio, (i + 1) as f64 * self.ratio);
        let from = ((start + EPSILON) as usize).min(self.src - 1);
        let to = ((end - EPSILON).ceil() as usize).max(from + 1).min(self.src);
        let first = if to == from + 1 { 1.0 } else { 1.0 - (start - from as f64) };
        Cover { from, to, first, last: 1.0 - (to as f64 - end) }
    }

    /// The one pixel that stands for a destination pixel.
    pub(super) fn nearest(&self, i: usize) -> usize {
        ((0.5 + i as f64 * self.ratio) as usize).min(self.src - 1)
    }

    /// Every source pixel that a destination pixel depends on.
    pub(in crate::cog) fn range(&self, i: usize) -> Range<usize> {
        let cover = self.cover(i);
        let centre = (i as f64 + 0.5) * self.ratio;
        let radius = self.reach * self.ratio;
        let from = (centre - radius + 0.5).floor().max(0.0) as usize;
        let to = ((centre + radius + 0.5).floor() as usize).min(self.src);
        let nearest = self.nearest(i);
        from.min(cover.from).min(nearest)..to.max(cover.to).max(nearest + 1)
    }

    /// The source pixels under a kernel with a reach: the first of them and the middle, and how far apart they are in kernel widths.
    fn under(&self, i: usize) -> (usize, usize, f64, f64) {
        let scale = if self.src < self.dst { 1.0 } else { 1.0 / self.ratio };
        let middle = (i as f64 + 0.5) * self.ratio;
        let radius = self.reach / scale;
        let from = (middle - radius + 0.5).floor().max(0.0) as usize;
        let to = ((middle + radius + 0.5) as usize).min(self.src);
        (from, to.max(from), middle, scale)
    }
}

/// The source pixels that weigh in on one destination pixel of one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taps {
    pub from: usize,
    pub weights: Vec<f64>,
    /// The weights made to sum to one.
    shares: Vec<f64>,
}

impl Taps {
    /// Distances are added up from pixel to pixel, as GDAL does along rows.
    pub(super) fn across(axis: &Axis, i: usize, kernel: Kernel) -> Self {
        let (from, to, middle, scale) = axis.under(i);
        let mut at = scale * (from as f64 - middle + 0.5);
        let distances = (from..to).map(|_| {
            let here = at;
            at += scale;
            here
        });
        Self::new(from, distances.map(|d| weight(kernel, d)).collect())
    }
    /// Distances are added up four by four, as GDAL does down columns.
    pub(super) fn down(axis: &Axis, i: usize, kernel: Kernel) -> Self {
        let (from, to, middle, scale) = axis.under(i);
        let mut at = scale * (from as f64 - middle + 0.5);
        let mut distances = Vec::with_capacity(to - from);
        while to - from - distances.len() >= 4 {
            distances.extend([at, at + scale, at + 2.0 * scale, at + 3.0 * scale]);
            at += 4.0 * scale;
        }
        while distances.len() < to - from {
            distances.push(at);
            at += scale;
        }
        Self::new(from, distances.into_iter().map(|d| weight(kernel, d)).collect())
    }
    fn new(from: usize, weights: Vec<f64>) -> Self {
        let (fours, rest) = weights.as_chunks::<4>();
        let sum = fours.iter().map(|[a, b, c, d]| a + b + c + d).chain(rest.iter().copied()).fold(0.0, |sum, w| sum + w);
        let share = if sum == 0.0 { 1.0 } else { 1.0 / sum };
        Self { from, shares: weights.iter().map(|w| w * share).collect(), weights }
    }

    /// Two sums side by side, as GDAL rounds them.
    #[inline(always)]
    pub(super) fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        let (fours, rest) = self.shares.as_chunks::<4>();
        let (mut first, mut second) = (0.0, 0.0);
        for (k, four) in fours.iter().enumerate() {
            let at = 4 * k;
            first += value(at) * four[0];
            first += value(at + 1) * four[1];
            second += value(at + 2) * four[2];
            second += value(at + 3) * four[3];
        }
        for (k, share) in rest.iter().enumerate() {
            first += value(4 * fours.len() + k) * share;
        }
        first + second
    }

    /// `None` where too little counts.
    #[inline(always)]
    pub(super) fn mean_of_valid(&self, kernel: Kernel, value: impl Fn(usize) -> f64, valid: impl Fn(usize) -> bool) -> Option<f64> {
        if kernel == Kernel::Cubic {
            let (mut run, mut longest) = (0, 0);
            for i in 0..self.weights.len() {
                run = if valid(i) { run + 1 } else { 0 };
                longest = longest.max(run);
            }
            if longest < self.weights.len() / 2 {
                return None;
            }
        }
        let (mut total, mut sum) = (0.0, 0.0);
        for (i, &weight) in self.weights.iter().enumerate() {
            if valid(i) {
                total += value(i) * weight;
                sum += weight;
            }
        }
        (sum > 0.0).then(|| total / sum)
    }
}

/// The kernel at a distance in its own widths.
fn weight(kernel: Kernel, distance: f64) -> f64 {
    let x = distance.abs();
    match kernel {
        Kernel::Cubic => cubic(x),
        _ => (1.0 - x).max(0.0),
    }
}

/// Keys' kernel with a = -0.5.
fn cubic(x: f64) -> f64 {
    match x {
        x if x <= 1.0 => x * x * (1.5 * x - 2.5) + 1.0,
        x if x <= 2.0 => x * x * (-0.5 * x + 2.5) - 4.0 * x + 2.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_meet_and_reach_the_end() {
        for src in 1..=70u32 {
            for dst in [src / 2, src.div_ceil(2)] {
                let axis = Axis::new(src, dst.max(1), Kernel::Average);
                let covers: Vec<Cover> = (0..axis.dst).map(|i| axis.cover(i)).collect();
                assert_eq!(covers[0].from, 0);
                assert_eq!(covers[axis.dst - 1].to, src as usize);
                assert!(covers.windows(2).all(|w| w[1].from <= w[0].to && w[1].from > w[0].from), "{src} {dst}");
                let sum: f64 = covers.iter().map(Cover::total).sum();
                assert!((sum - f64::from(src)).abs() < 1e-6, "{src} to {dst}: {sum}");
            }
        }
    }
}
