use super::plan::CogPlan;
use crate::{Interleave, Shape};

/// One resolution of the file: where each of its blocks lies in the spool.
#[derive(Debug)]
pub(super) struct Level {
    pub shape: Shape,
    pub block: Shape,
    pub across: usize,
    pub down: usize,
    /// Plane by plane, each row by row.
    pub blocks: Vec<Place>,
    /// Row by row; empty without a mask.
    pub masks: Vec<Place>,
}

/// A block with its leader and trailer in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub at: u64,
    /// Of the block alone; 0 is a sparse block, of which nothing is stored.
    pub len: u32,
}

/// Bytes before and after each block: its length, and its last four bytes once more.
pub(super) const LEADER: u64 = 4;
pub(super) const TRAILER: u64 = 4;

impl Place {
    /// Bytes that the block takes in the file.
    pub(super) fn stored(self) -> u64 {
        if self.len == 0 { 0 } else { LEADER + u64::from(self.len) + TRAILER }
    }
}

impl Level {
    /// Full resolution first.
    pub(super) fn all(plan: &CogPlan) -> Vec<Self> {
        let overviews = plan.overviews.iter().map(|&shape| Self::new(plan, shape, plan.overview_block));
        std::iter::once(Self::new(plan, plan.shape, plan.block)).chain(overviews).collect()
    }

    fn new(plan: &CogPlan, shape: Shape, block: Shape) -> Self {
        let across = shape.width.div_ceil(block.width) as usize;
        let down = shape.height.div_ceil(block.height) as usize;
        let planes = match plan.interleave {
            Interleave::Pixel => 1,
            Interleave::Band => plan.bands.len(),
        };
        Self {
            shape,
            block,
            across,
            down,
            blocks: vec![Place::default(); planes * across * down],
            masks: vec![Place::default(); if plan.has_mask() { across * down } else { 0 }],
        }
    }

    pub(super) fn blocks_in_plane(&self) -> usize {
        self.across * self.down
    }

    /// The blocks in the order of the file: row by row, a block's mask right behind it where bands are interleaved by pixel,
    /// behind all bands where not.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (Part, Place)> + '_ {
        let interleaved = self.blocks.len() == self.masks.len();
        let images = self.blocks.iter().enumerate().flat_map(move |(i, &place)| {
            let mask = self.masks.get(i).filter(|_| interleaved).map(|&place| (Part::Mask(i), place));
            std::iter::once((Part::Image(i), place)).chain(mask)
        });
        let masks = self.masks.iter().enumerate().filter(move |_| !interleaved).map(|(i, &place)| (Part::Mask(i), place));
        images.chain(masks)
    }
}

/// What a stored block belongs to: index into [`Level::blocks`] or [`Level::masks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Image(usize),
    Mask(usize),
}
