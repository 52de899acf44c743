//! What makes a GeoTIFF cloud-optimized, and whether every block of it decodes.

use rayon::prelude::*;
use swath_raster::tiff::{DirectoryRole, Level, Tiff};
use swath_raster::{ByteSource, Error, Window};

use super::compare::Notes;
use crate::build::Watch;

const FIX: &str = "convert it with `swath cog IN OUT`, or run `swath build` again";

pub(super) fn check(tiff: &Tiff, notes: &mut Notes<'_>) {
    let Some(full) = tiff.levels().first() else { return };
    let shape = full.shape();
    let large = shape.width > 512 || shape.height > 512;
    if !full.is_tiled() && large {
        notes.error("COG-TILED", "stored in strips", "square blocks, so that a piece of it can be read alone", FIX);
    }
    if large && tiff.levels().len() == 1 {
        notes.warning(
            "COG-OVERVIEWS",
            format!("{} x {} pixels and no overviews", shape.width, shape.height),
            "overviews down to one block",
            FIX,
        );
    }
    for pair in tiff.levels().windows(2) {
        if pair[1].shape().width > pair[0].shape().width || pair[1].shape().height > pair[0].shape().height {
            notes.error("COG-OVERVIEWS", "an overview is larger than the level below it", "each overview is smaller than the last", FIX);
        }
    }
    let first_block = tiff.levels().iter().filter_map(first_offset).min();
    let last_directory = tiff.directories().iter().filter(|d| d.role != DirectoryRole::Page).map(|d| d.offset).max();
    if let (Some(block), Some(directory)) = (first_block, last_directory)
        && directory > block
    {
        notes.error(
            "COG-LAYOUT",
            format!("a directory at byte {directory}, behind the first block at byte {block}"),
            "all directories in front of the pixels",
            FIX,
        );
    }
    let offsets: Vec<u64> = tiff.levels().iter().filter_map(first_offset).collect();
    if offsets.windows(2).any(|o| o[0] < o[1]) {
        notes.warning(
            "COG-ORDER",
            "a coarser overview lies behind a finer level",
            "the coarsest overview first, full resolution last",
            FIX,
        );
    }
}

fn first_offset(level: &Level) -> Option<u64> {
    let bands: Vec<usize> = (0..level.bands()).collect();
    let blocks = level.blocks(&bands, Window::whole(level.shape()));
    blocks.iter().find_map(|b| level.span(*b)).map(|s| s.offset)
}

/// Decodes every block of every level and mask; the errors, at most three of a file.
pub(super) fn decode(tiff: &Tiff, bytes: &dyn ByteSource, watch: &dyn Watch) -> Vec<Error> {
    let mut errors = Vec::new();
    for level in tiff.levels().iter().chain(tiff.mask_levels()) {
        let bands: Vec<usize> = (0..level.bands()).collect();
        let blocks = level.blocks(&bands, Window::whole(level.shape()));
        let broken = blocks.par_iter().filter_map(|at| {
            if watch.is_stopped() {
                return None;
            }
            let stored = match level.checked_span(*at) {
                Ok(Some(span)) => match bytes.read(span) {
                    Ok(stored) => Some(stored),
                    Err(e) => return Some(Error::unreadable(format!("bytes {} to {}", span.offset, span.end()), &e)),
                },
                Ok(None) => None,
                Err(e) => return Some(e),
            };
            level.decode(*at, stored).err()
        });
        errors.extend(broken.collect::<Vec<_>>());
        if errors.len() >= 3 {
            errors.truncate(3);
            break;
        }
    }
    errors
}
