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

    /// Weight of a source pixel under a kernel with a reach.
    pub(super) fn pull(&self, i: usize, at: usize, kernel: Kernel) -> f64 {
        let distance = ((at as f64 + 0.5 - (i as f64 + 0.5) * self.ratio) / self.ratio).abs();
        match kernel {
            Kernel::Cubic => cubic(distance),
            _ => (1.0 - distance).max(0.0),
        }
    }
}

/// Keys' kernel with a = -0.5.
fn cubic(x: f64) -> f64 {
    match x {
        x if x <= 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
        x if x <= 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
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
