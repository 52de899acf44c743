//! What the fuzz targets share: bytes become a file, the file is opened and read through the public door.

mod block;
mod file;

pub use block::{Codec, block_file, read_block};
pub use file::{read_netcdf, read_sidecar, read_tiff};
