use std::ops::Range;

use swath_raster::Window;

use crate::stack::cut::Part;
use crate::stack::reduce::{Group, groups, reduced_type};
use crate::stack::{Reduce, StackPlan, Values};

/// A part of the array that is read and reduced at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub part: Part,
    /// The first step that it makes.
    pub first: usize,
}

/// Steps that are read together, and the first step that they make.
struct Slice {
    steps: Range<usize>,
    first: usize,
}

/// Cuts a plan into parts that together make every pixel of every step once, none of which takes more than `budget` bytes, or is a
/// single pixel.
pub(super) fn shares(plan: &StackPlan, budget: u64) -> Vec<Share> {
    let groups = groups(&plan.times, plan.reduce, plan.over);
    let longest = longest(plan, &groups);
    let each = |bands: usize| pixel_bytes(plan, longest.0, longest.1) * bands as u64;
    let shape = plan.grid.shape;
    let all_pixels = u64::from(shape.width) * u64::from(shape.height);
    let block = plan.block_shape();
    let block_pixels = u64::from(block.0) * u64::from(block.1);
    // All bands of a file come with a block; one after the other only where that is too much.
    let whole = budget / each(plan.bands.len()).max(1);
    let bands = if whole < block_pixels.min(all_pixels) { 1 } else { plan.bands.len() };
    let pixels = (budget / each(bands).max(1)).max(1);
    let (rows, cols) = window(pixels, (shape.height, shape.width), block);
    let times_over = (pixels / all_pixels.max(1)).max(1);
    let most = (longest.0 as u64).saturating_mul(times_over) as usize;
    let mut all = Vec::new();
    for slice in slices(plan, &groups, most) {
        for bands in (0..plan.bands.len()).step_by(bands).map(|b| b..(b + bands).min(plan.bands.len())) {
            for window in windows(plan, rows, cols) {
                all.push(Share { part: Part { times: slice.steps.clone(), bands: bands.clone(), window }, first: slice.first });
            }
        }
    }
    all
}

/// Bytes that the plan takes when it is run as one.
pub(super) fn at_once(plan: &StackPlan) -> u64 {
    let shape = plan.grid.shape;
    let samples = [plan.bands.len() as u64, shape.width.into(), shape.height.into()].into_iter().fold(1, u64::saturating_mul);
    if plan.reduce == Reduce::None && plan.values == Values::Stored && (plan.nodata.is_some() || plan.data_type.is_float()) {
        // The samples, and of each a bit while they are laid.
        let bits = samples.saturating_mul(plan.times.len() as u64).saturating_mul(8 * plan.data_type.size() as u64 + 1);
        return bits / 8;
    }
    let made = if plan.reduce == Reduce::None { 0 } else { groups(&plan.times, plan.reduce, plan.over).len() };
    samples.saturating_mul(pixel_bytes(plan, plan.times.len(), made))
}

/// Steps that must be read together, and steps that they make.
fn longest(plan: &StackPlan, groups: &[Group]) -> (usize, usize) {
    if plan.over.is_climatology() {
        return (plan.times.len(), groups.len());
    }
    (groups.iter().map(|g| g.steps.len()).max().unwrap_or(1), 1)
}

/// Of one pixel of one band while it is worked on: samples, what is filled of them, what they become.
fn pixel_bytes(plan: &StackPlan, steps: usize, made: usize) -> u64 {
    let sample = plan.data_type.size();
    let rescaled = if plan.values == Values::Rescaled { 8 } else { 0 };
    let result = if plan.reduce == Reduce::None { 0 } else { reduced_type(plan.data_type, plan.reduce).size().max(rescaled) + 1 };
    (steps * (sample + 1 + rescaled) + made * result) as u64
}

/// Rows and columns of about so many pixels: whole blocks, as wide as can be.
fn window(pixels: u64, (height, width): (u32, u32), block: (u32, u32)) -> (u32, u32) {
    let within = |value: u64, most: u32| u32::try_from(value).unwrap_or(u32::MAX).clamp(1, most.max(1));
    if pixels >= u64::from(height) * u64::from(width) {
        return (height, width);
    }
    let (down, across) = (u64::from(block.0.min(height)), u64::from(block.1));
    if pixels >= down * u64::from(width) {
        let rows = pixels / u64::from(width.max(1));
        return (within(rows / u64::from(block.0) * u64::from(block.0), height).max(within(down, height)), width);
    }
    let cols = pixels / down.max(1);
    if cols >= across {
        return (within(down, height), within(cols / across * across, width));
    }
    // Less than a block: it will be read more than once.
    let cols = across.min(pixels).min(width.into());
    (within(pixels / cols.max(1), height), within(cols, width))
}

/// Steps in the order of what they make: as many groups at a time as `most` steps are.
fn slices(plan: &StackPlan, groups: &[Group], most: usize) -> Vec<Slice> {
    if plan.reduce == Reduce::None {
        let count = plan.times.len();
        return (0..count).step_by(most.max(1)).map(|t| Slice { steps: t..(t + most.max(1)).min(count), first: t }).collect();
    }
    if plan.over.is_climatology() {
        return vec![Slice { steps: 0..plan.times.len(), first: 0 }];
    }
    let mut slices: Vec<Slice> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        // Steps are in the order of time, so those of a calendar group lie side by side.
        let (Some(first), Some(last)) = (group.steps.first(), group.steps.last()) else { continue };
        match slices.last_mut() {
            Some(slice) if last + 1 - slice.steps.start <= most => slice.steps.end = last + 1,
            _ => slices.push(Slice { steps: *first..last + 1, first: index }),
        }
    }
    slices
}

/// Row by row of windows, their edges on those of blocks.
fn windows(plan: &StackPlan, rows: u32, cols: u32) -> Vec<Window> {
    let chunks = plan.chunks(rows, cols);
    let mut out = Vec::with_capacity(chunks.rows.len() * chunks.cols.len());
    let mut row = 0;
    for height in chunks.rows {
        let mut col = 0;
        for width in &chunks.cols {
            out.push(Window { col, row, width: *width, height });
            col += width;
        }
        row += height;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_whole_blocks_as_long_as_memory_lasts() {
        let block = (512, 512);
        for (pixels, expected) in [
            (25_000_000, (5000, 5000)),
            (12_000_000, (2048, 5000)),
            (541_000, (512, 1024)),
            (300_000, (512, 512)),
            (100_000, (195, 512)),
            (300, (1, 300)),
            (1, (1, 1)),
        ] {
            assert_eq!(window(pixels, (5000, 5000), block), expected, "{pixels}");
        }
        assert_eq!(window(1000, (10, 20), block), (10, 20));
        assert_eq!(window(100, (10, 20), block), (5, 20));
    }
}
