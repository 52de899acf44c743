use std::ops::Range;

use super::overview::{Axis, Kernel, Shrink};
use super::plan::CogPlan;
use super::strip::Strip;
use crate::{ColorInterp, Nodata, RasterInfo, SampleType, Samples, Shape};

/// All levels at once: a strip of full resolution goes in, and whatever strips of any level it completes come out.
/// Each level is made from the one above it, and holds one strip and a few rows.
pub(super) struct Cascade {
    tiers: Vec<Tier>,
    block_rows: u32,
}

struct Tier {
    shape: Shape,
    /// To the next coarser level; `None` for the coarsest.
    shrink: Option<Shrink>,
    /// The last rows handed down that the next one still needs.
    above: Strip,
    /// The next row of the coarser level to make.
    next: u32,
    /// The rows of this level's current strip.
    rows: Range<u32>,
    /// What has been made of them so far; `None` before the first.
    filling: Option<Strip>,
    /// Strips that are done with.
    used: Vec<Strip>,
}

impl Cascade {
    /// `marker` is the value in the strips that marks nothing.
    pub(super) fn new(plan: &CogPlan, info: &RasterInfo, marker: Option<Nodata>) -> Self {
        let kernel = Kernel::from(plan.overview_resampling);
        let alpha = plan.bands.iter().position(|&b| info.bands.get(b).is_some_and(|b| b.color == ColorInterp::Alpha));
        let shapes: Vec<Shape> = std::iter::once(plan.shape).chain(plan.overviews.iter().copied()).collect();
        let empty = |row, rows, width| Strip::zeros(row, rows, width, plan.bands.len(), plan.sample, plan.has_mask());
        let tiers = shapes
            .iter()
            .enumerate()
            .map(|(i, &shape)| Tier {
                shape,
                shrink: shapes.get(i + 1).map(|to| Shrink {
                    x: Axis::new(shape.width, to.width, kernel),
                    y: Axis::new(shape.height, to.height, kernel),
                    kernel,
                    nodata: marker,
                    alpha,
                }),
                above: empty(0, 0, shape.width),
                next: 0,
                rows: 0..if i == 0 { 0 } else { plan.overview_block.height.min(shape.height) },
                filling: None,
                used: Vec::new(),
            })
            .collect();
        Self { tiers, block_rows: plan.overview_block.height }
    }

    /// Takes the next strip of full resolution; gives it back with its level 0, and every strip it completed with its level.
    pub(super) fn push(&mut self, strip: Strip) -> Vec<(usize, Strip)> {
        let mut done = Vec::new();
        let mut next = Some((0, strip));
        while let Some((level, strip)) = next.take() {
            next = self.feed(level, &strip, &mut done);
            done.push((level, strip));
        }
        done
    }

    /// Makes rows of the level below from `strip`. That level's strip, once full, is handed on; where a strip above completes more
    /// than one below, all but the last go through here before it.
    fn feed(&mut self, level: usize, strip: &Strip, done: &mut Vec<(usize, Strip)>) -> Option<(usize, Strip)> {
        let mut full = None;
        loop {
            let (upper, lower) = self.tiers.split_at_mut(level + 1);
            let (Some(tier), Some(below)) = (upper.last_mut(), lower.first_mut()) else { return None };
            let shrink = tier.shrink?;
            let whole = strip.end() >= tier.shape.height;
            let ready = |row: &u32| whole || shrink.y.range(*row as usize).end <= strip.end() as usize;
            let end = (tier.next..below.rows.end).take_while(ready).last().map_or(tier.next, |row| row + 1);
            if tier.next < end {
                let mut filling = below.filling.take().unwrap_or_else(|| below.room(strip));
                shrink.run(&tier.above, strip, &mut filling, tier.next..end);
                below.filling = Some(filling);
            }
            tier.next = end;
            if end < below.rows.end || below.rows.is_empty() {
                break;
            }
            below.rows = end..end + self.block_rows.min(below.shape.height - end);
            let Some(made) = below.filling.take() else { break };
            if let Some(earlier) = full.replace(made) {
                self.finish(level + 1, earlier, done);
            }
        }
        let tier = &mut self.tiers[level];
        if let Some(shrink) = tier.shrink {
            let from = if (tier.next as usize) < shrink.y.dst { shrink.y.range(tier.next as usize).start as u32 } else { strip.end() };
            tier.above = strip.tail(&tier.above, from);
        }
        full.map(|strip| (level + 1, strip))
    }

    /// Takes back strips that are done with, for those still to come; gives that of full resolution.
    pub(super) fn take_back(&mut self, strips: Vec<(usize, Strip)>) -> Option<Strip> {
        let mut full = None;
        for (level, strip) in strips {
            match (level, self.tiers.get_mut(level)) {
                (0, _) => full = Some(strip),
                (_, Some(tier)) => tier.used.push(strip),
                (_, None) => {}
            }
        }
        full
    }

    fn finish(&mut self, level: usize, strip: Strip, done: &mut Vec<(usize, Strip)>) {
        if let Some((level, below)) = self.feed(level, &strip, done) {
            self.finish(level, below, done);
        }
        done.push((level, strip));
    }
}

impl Tier {
    /// For the rows of the current strip, with bands as those of `like`.
    fn room(&mut self, like: &Strip) -> Strip {
        let rows = self.rows.end - self.rows.start;
        match self.used.pop() {
            Some(strip) => strip.again(self.rows.start, rows),
            None => {
                let sample = like.bands.first().map_or(SampleType::U8, Samples::sample_type);
                Strip::zeros(self.rows.start, rows, self.shape.width, like.bands.len(), sample, like.mask.is_some())
            }
        }
    }
}
