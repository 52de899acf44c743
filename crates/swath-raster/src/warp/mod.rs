//! From one grid to another: which grid to aim at, where its pixels come from, and what they become.
//!
//! Pixel (col, row) has its centre at `(col + 0.5, row + 0.5)`. Everything here is arithmetic on values at hand.

mod approximation;
mod cell;
mod choose;
mod footprint;
mod gather;
mod kernel;
mod lattice;
mod longitudes;
mod pick;
mod pixel_map;
mod resample;

pub use approximation::Approximation;
pub use choose::{Choice, Wanted, choose, exactly, extent, full_turn, same_crs};
pub use footprint::{bounds_between, covered_by, project_bounds};
pub use gather::validity;
pub use lattice::Lattice;
pub use longitudes::Longitudes;
pub use pixel_map::{PixelMap, Reach};
pub use resample::{Field, Method, Patch, nearest, resample};
