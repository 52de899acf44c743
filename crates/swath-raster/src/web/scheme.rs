use serde::{Deserialize, Serialize};

use super::suggest::{Suggested, suggest};
use crate::cog::{NodataChoice, Tiling};
use crate::crs::Crs;
use crate::warp::Method;
use crate::{Affine, Bounds, Error, Grid, Result, Shape};

/// Half the circumference of the earth at the equator, where the map's edges are (OGC 17-083r4, annex D.1).
pub(super) const EDGE: f64 = 6_378_137.0 * std::f64::consts::PI;
const TILE: f64 = 256.0;
const FINEST: u8 = 30;
/// A frame may reach this far, in pixels, into a tile without taking it.
const TOLERANCE: f64 = 0.499;
/// Resolutions that differ by less than this part are one.
const SAME: f64 = 1e-8;

/// How a raster is to be laid on the tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// None chooses by `strategy`.
    pub zoom_level: Option<u8>,
    pub strategy: ZoomStrategy,
    /// How many levels, full resolution included, have blocks that are tiles; 0 and 1 are full resolution alone. At most 10.
    pub aligned_levels: u8,
    /// Of the file that will be written: with 512 a block is a tile of twice the usual resolution.
    pub block_size: u32,
    pub resampling: Method,
    /// What marks nothing in the raster, which decides whether what lies outside of it needs a mask.
    pub nodata: NodataChoice,
    pub outside: Outside,
}

impl Default for Alignment {
    fn default() -> Self {
        Self {
            zoom_level: None,
            strategy: ZoomStrategy::Auto,
            aligned_levels: 0,
            block_size: 256,
            resampling: Method::Nearest,
            nodata: NodataChoice::Keep,
            outside: Outside::Mask,
        }
    }
}

/// Which of the two zoom levels around a raster's own resolution is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ZoomStrategy {
    /// The nearer one.
    #[default]
    Auto,
    /// The coarser one.
    Lower,
    /// The finer one.
    Upper,
}

/// How pixels beside a raster are told from its own, where it has neither nodata nor alpha nor a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    #[default]
    Mask,
    /// They are 0 and not told.
    Zero,
}

/// A grid on the tiles of the web map.
#[derive(Debug, Clone, PartialEq)]
pub struct WebGrid {
    pub grid: Grid,
    pub tiling: Tiling,
}

/// Chooses zoom level and frame for a raster.
///
/// # Errors
/// Misuse for a raster without a CRS or one that lies outside of the map, and for a zoom level over 30; Unsupported where there is
/// no way from its CRS to EPSG:3857.
pub fn plan(grid: &Grid, alignment: &Alignment) -> Result<WebGrid> {
    let target = Crs::parse("EPSG:3857")?;
    let own = suggest(grid, &target)?;
    if own.bounds.right < -EDGE || own.bounds.left > EDGE || own.bounds.top < -EDGE || own.bounds.bottom > EDGE {
        return Err(Error::misuse("web_optimized", "the raster lies outside of the web map", "latitudes between -85.06 and 85.06"));
    }
    let zoom = match alignment.zoom_level {
        Some(zoom) if zoom > FINEST => {
            return Err(Error::misuse("zoom_level", zoom.to_string(), format!("0 to {FINEST}")));
        }
        Some(zoom) => zoom,
        None => zoom_level(own.resolution, alignment)?,
    };
    let levels = alignment.aligned_levels.min(10).min(zoom);
    let block = f64::from(alignment.block_size);
    let step = resolution(zoom, alignment.block_size);
    let (transform, shape) = frame(own.bounds, step, block, zoom, 1u32 << levels.saturating_sub(1))?;
    Ok(WebGrid { grid: Grid { crs: Some(target), transform, shape }, tiling: Tiling { zoom_level: zoom, aligned_levels: levels } })
}

/// Metres at the equator of a pixel, where a tile of this zoom level is a block of `block` pixels.
fn resolution(zoom: u8, block: u32) -> f64 {
    let usual = 2.0 * EDGE / TILE / f64::from(1u32 << zoom.min(FINEST));
    usual * TILE / f64::from(block)
}

fn zoom_level(own: f64, alignment: &Alignment) -> Result<u8> {
    let at = |zoom| resolution(zoom, alignment.block_size);
    let same = |zoom| ((own - at(zoom)) / at(zoom)).abs() <= SAME;
    let Some(zoom) = (0..=FINEST).find(|&zoom| own > at(zoom) || same(zoom)) else {
        return Err(Error::misuse("web_optimized", format!("pixels of {own} m"), format!("pixels of at least {} m", at(FINEST))));
    };
    if zoom == 0 || same(zoom) {
        return Ok(zoom);
    }
    let coarser_is_nearer = at(zoom - 1) / own < own / at(zoom);
    Ok(match alignment.strategy {
        ZoomStrategy::Lower => zoom - 1,
        ZoomStrategy::Auto if coarser_is_nearer => zoom - 1,
        ZoomStrategy::Auto | ZoomStrategy::Upper => zoom,
    })
}

/// The whole tiles around `bounds`, their columns and rows multiples of `multiple`.
fn frame(bounds: Bounds, step: f64, block: f64, zoom: u8, multiple: u32) -> Result<(Affine, Shape)> {
    let tile = step * block;
    let tiles = f64::from(1u32 << zoom);
    let multiple = f64::from(multiple);
    let slack = TOLERANCE * step;
    let first = |from: f64| (((from + slack) / tile).floor() / multiple).trunc() * multiple;
    let last = |to: f64| (((to - slack) / tile).ceil() / multiple).ceil() * multiple;
    let (left, top) = (first(bounds.left + EDGE).max(0.0), first(EDGE - bounds.top).max(0.0));
    let (right, bottom) = (last(bounds.right + EDGE).min(tiles), last(EDGE - bounds.bottom).min(tiles));
    let (x, y) = (-EDGE + left * tile, EDGE - top * tile);
    let (width, height) = (((right - left) * block).round(), ((bottom - top) * block).round());
    let most = f64::from(i32::MAX);
    if width <= 0.0 || height <= 0.0 {
        return Err(Error::misuse(
            "web_optimized",
            "the raster lies on an edge of the web map and on none of its tiles",
            "a raster inside of it",
        ));
    }
    if !(width >= 1.0 && height >= 1.0 && width <= most && height <= most) {
        let hint = "name a coarser zoom level";
        return Err(Error::over_limit("web_optimized", format!("{width} x {height} pixels"), format!("1 to {most} each way")).hint(hint));
    }
    let (dx, dy) = pixel(step, (-EDGE + right * tile - x, width), (y - (EDGE - bottom * tile), height));
    Ok((Affine::north_up(x, y, dx, dy), Shape { width: width as u32, height: height as u32 }))
}

/// The step, unless rounding keeps it from filling the frame exactly, as GDAL decides it.
fn pixel(step: f64, (wide, width): (f64, f64), (high, height): (f64, f64)) -> (f64, f64) {
    let fills = |length: f64, pixels: f64| (length / step - pixels).abs() <= SAME;
    if fills(wide, width) && fills(high, height) { (step, step) } else { (wide / width, high / height) }
}

impl Suggested {
    /// As a grid of its own.
    pub(super) fn snapped(mut self) -> Self {
        let (wide, high) = (self.bounds.right - self.bounds.left, self.bounds.top - self.bounds.bottom);
        self.bounds.right = self.bounds.left + (wide / self.resolution + 0.5).floor() * self.resolution;
        self.bounds.bottom = self.bounds.top - (high / self.resolution + 0.5).floor() * self.resolution;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: f64, block_size: u32, strategy: ZoomStrategy, expected: u8) {
        let alignment = Alignment { block_size, strategy, ..Alignment::default() };
        assert_eq!(zoom_level(own, &alignment).unwrap(), expected, "{own} {block_size} {strategy:?}");
    }

    #[test]
    fn the_zoom_level_is_the_nearest_or_the_one_asked_for() {
        for (own, block, strategy, expected) in [
            (resolution(10, 256), 256, ZoomStrategy::Auto, 10),
            (resolution(10, 256), 256, ZoomStrategy::Lower, 10),
            (resolution(10, 256) * 1.3, 256, ZoomStrategy::Auto, 10),
            (resolution(10, 256) * 1.5, 256, ZoomStrategy::Auto, 9),
            (resolution(10, 256) * 1.3, 256, ZoomStrategy::Lower, 9),
            (resolution(10, 256) * 1.5, 256, ZoomStrategy::Upper, 10),
            (resolution(10, 256), 512, ZoomStrategy::Auto, 9),
            (1e9, 256, ZoomStrategy::Lower, 0),
        ] {
            check(own, block, strategy, expected);
        }
    }

    #[test]
    fn a_frame_is_whole_tiles_aligned_at_the_coarsest_level() {
        let step = resolution(4, 256);
        let inside = |col: f64| -EDGE + (col + 0.5) * 256.0 * step;
        let bounds = Bounds { left: inside(5.0), right: inside(6.0), bottom: -inside(9.0), top: -inside(5.0) };
        let (transform, shape) = frame(bounds, step, 256.0, 4, 1).unwrap();
        assert_eq!((shape.width, shape.height), (512, 5 * 256));
        assert_eq!(transform.c, -EDGE + 5.0 * 256.0 * step);
        let (transform, shape) = frame(bounds, step, 256.0, 4, 4).unwrap();
        assert_eq!((shape.width, shape.height), (1024, 8 * 256));
        assert_eq!(transform.c, -EDGE + 4.0 * 256.0 * step);
    }
}
