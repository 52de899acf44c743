//! Footprints on the sphere's longitudes and latitudes: GeoJSON, rings across the antimeridian, intersection, WKB.

mod footprint;
mod intersects;
mod shape;
mod wkb;

pub use footprint::{Footprint, footprint};
pub use shape::{Position, Shape};
