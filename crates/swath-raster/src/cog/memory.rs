//! How much writing holds at once: what a budget is measured against.

use super::ingest::rows_at_once;
use super::plan::{CogPlan, MaskPlan};
use super::write::READ_AHEAD_BYTES;
use crate::{Error, Interleave, RasterInfo, Result};

/// The bytes that [`super::write`] holds at once, at most: strips of rows, blocks on their way, what the source decodes.
/// What the process has besides (code, tables, the file's own header) comes on top.
pub fn working_bytes(info: &RasterInfo, plan: &CogPlan) -> u64 {
    holds(info, plan, u64::from(rows_at_once(plan, info)))
}

/// # Errors
/// Misuse where one row of blocks does not fit in the memory given, saying what would be needed.
pub(super) fn fits(info: &RasterInfo, plan: &CogPlan) -> Result<()> {
    let need = holds(info, plan, u64::from(plan.block.height));
    match plan.memory {
        Some(memory) if memory < need => {
            let found = format!("{} given, one row of blocks needs {}", words(memory), words(need));
            let hint = format!("--memory {}, or smaller blocks", words(need).replace(' ', ""));
            Err(Error::misuse("memory", found, format!("at least {}", words(need))).hint(hint))
        }
        _ => Ok(()),
    }
}

/// The largest number of block rows up to `times` that stays within `memory`; at least one.
pub(super) fn within(memory: u64, info: &RasterInfo, plan: &CogPlan, times: u64) -> u64 {
    let block = u64::from(plan.block.height);
    let (mut fits, mut over) = (1, times.saturating_add(1));
    while fits + 1 < over {
        let middle = fits + (over - fits) / 2;
        *(if holds(info, plan, middle.saturating_mul(block)) <= memory { &mut fits } else { &mut over }) = middle;
    }
    fits
}

/// Compressed blocks that wait in memory instead of the spool: fewer the larger strips are, and few within a budget.
pub(super) fn held_bytes(plan: &CogPlan, strip: u64) -> u64 {
    const MOST: u64 = 64 << 20;
    const LEAST: u64 = 4 << 20;
    if plan.memory.is_some() { LEAST } else { MOST.saturating_sub(4 * strip).max(LEAST) }
}

fn holds(info: &RasterInfo, plan: &CogPlan, rows: u64) -> u64 {
    let threads = rayon::current_num_threads() as u64;
    let (width, bands, size) = (u64::from(plan.shape.width), plan.bands.len() as u64, plan.sample.size() as u64);
    let rows = rows.min(u64::from(plan.shape.height).max(1));
    let mask = u64::from(plan.mask != MaskPlan::None);
    let line = width * (bands * size + mask);
    let strip = line.saturating_mul(rows);
    // The strip being written, the one read ahead, and a third for the overviews that one strip makes.
    let strips = strip.saturating_mul(if strip <= READ_AHEAD_BYTES { 7 } else { 4 }) / 3;
    // What an overview has of its next row of blocks: a half, a quarter, ... of a row of blocks.
    let filling = if plan.overviews.is_empty() { 0 } else { line.saturating_mul(u64::from(plan.overview_block.height)) };
    // Before samples are converted they are there twice.
    let converted = if plan.sample == info.sample { 0 } else { width * bands * info.sample.size() as u64 * rows };
    let per_block = if plan.interleave == Interleave::Pixel { bands } else { 1 };
    let side = u64::from(plan.block.height.max(plan.overview_block.height));
    let block = side * side * per_block * size;
    let blocks = block * threads * 6;
    let held = held_bytes(plan, strip);
    let all =
        [strips, filling, converted, blocks, held, decoded(info, bands, rows, threads)].into_iter().fold(4 << 20, u64::saturating_add);
    // What is freed and taken again does not fit without gaps: by measurement up to half as much again.
    all.saturating_add(all / 2)
}

/// Blocks of the source that are decoded side by side, and the stored bytes that they come from.
fn decoded(info: &RasterInfo, bands: u64, rows: u64, threads: u64) -> u64 {
    let (w, h) = (u64::from(info.block.width.max(1)), u64::from(info.block.height.max(1)));
    let planes = if info.interleave == Interleave::Pixel { info.bands.len() as u64 } else { 1 };
    let block = (w * h * planes).saturating_mul(info.sample.size() as u64);
    let across = u64::from(info.grid.shape.width).div_ceil(w) * if planes == 1 { bands } else { 1 };
    let touched = across.saturating_mul(rows.div_ceil(h) + 1).min(4 * threads);
    block.saturating_mul(touched).saturating_add(threads * (2 << 20))
}

/// `142 MiB`, rounded up.
fn words(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
