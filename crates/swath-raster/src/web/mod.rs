//! Rasters laid on the tiles of web maps (WebMercatorQuad, EPSG:3857), so that a map server copies blocks instead of warping them.
//!
//! [`plan`] chooses the zoom level and the frame as GDAL's COG driver does with `TILING_SCHEME=GoogleMapsCompatible`;
//! [`Aligned`] is the warped raster, made strip by strip as it is read.

mod aligned;
mod pieces;
mod place;
mod scheme;
mod suggest;

pub use aligned::Aligned;
pub use scheme::{Alignment, Outside, WebGrid, ZoomStrategy, plan};
