//! Stacks written down: as a COG with its item, as Zarr.

mod target;
mod tif;
mod zarr;

pub use target::{Target, write_file};
pub use tif::write_tif;
pub use zarr::write_zarr;
