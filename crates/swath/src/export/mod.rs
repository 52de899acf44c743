//! Stacks written down: as a COG with its item, as Zarr, as NetCDF. Every output gets its name when it is whole.

mod blocks;
mod cf;
mod hdf5;
mod item;
mod mapping;
mod netcdf;
mod provenance;
#[cfg(test)]
mod sample;
mod target;
mod tif;
mod zarr;

pub use netcdf::write_netcdf;
pub use provenance::{Provenance, SourceItem};
pub use target::{Output, Overwrite, Target, write_file};
pub use tif::write_tif;
pub use zarr::write_zarr;
