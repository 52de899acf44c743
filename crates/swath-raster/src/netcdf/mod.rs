//! NetCDF 3 and 4 with CF conventions, read.

use std::sync::Arc;

use crate::{ByteSource, Error, Limits, RasterSource, Result};

/// Whether a file that begins like this is NetCDF (classic or HDF5).
pub fn sniff(head: &[u8]) -> bool {
    matches!(head.get(..4), Some(b"CDF\x01" | b"CDF\x02" | b"CDF\x05" | b"\x89HDF"))
}

pub fn open(at: &str, _bytes: Arc<dyn ByteSource>, _limits: &Limits) -> Result<Vec<Arc<dyn RasterSource>>> {
    Err(Error::unsupported(at, "NetCDF", ""))
}
