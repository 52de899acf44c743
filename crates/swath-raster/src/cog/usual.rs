use crate::Shape;

/// The size of blocks for a raster of which nobody asked for one: 512, or less where a level would be exactly as wide as its blocks and
/// taller than 512. Readers (rasterio, and with it rio-cogeo) take such blocks for strips, and the file for one that is not tiled.
///
/// ```
/// # use swath_raster::{Shape, cog::usual_block_size};
/// assert_eq!(usual_block_size(Shape { width: 5000, height: 7000 }), 512);
/// assert_eq!(usual_block_size(Shape { width: 1024, height: 2048 }), 256);
/// ```
pub fn usual_block_size(shape: Shape) -> u32 {
    [512, 256, 128, 64].into_iter().find(|&side| !looks_like_strips(shape, side)).unwrap_or(512)
}

fn looks_like_strips(shape: Shape, side: u32) -> bool {
    let halves = |s: &Shape| {
        Some(Shape { width: (s.width / 2).max(1), height: (s.height / 2).max(1) }).filter(|_| s.width > side || s.height > side)
    };
    std::iter::successors(Some(shape), halves).any(|s| s.width == side && s.height > 512)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_is_as_wide_as_its_blocks_and_tall() {
        for ((width, height), right) in [
            ((512, 512), 512),
            ((512, 513), 256),
            ((513, 9000), 512),
            ((512, 2048), 128),
            ((700, 512), 512),
            ((1024, 1024), 512),
            ((1024, 1026), 256),
            ((1, 100_000), 512),
        ] {
            assert_eq!(usual_block_size(Shape { width, height }), right, "{width} x {height}");
        }
    }
}
