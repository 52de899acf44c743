//! A raster seen otherwise, pixel by pixel on demand: unpacked, with its longitudes from -180, with control points.

mod rolled;
mod tied;
mod unscaled;

pub use rolled::{Wrap, wrapped};
pub use tied::tied;
pub use unscaled::unscaled;
