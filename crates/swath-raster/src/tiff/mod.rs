//! TIFF, GeoTIFF and COG, read.

use std::sync::Arc;

use crate::{ByteSource, Error, Limits, RasterSource, Result, Sidecars};

/// Whether a file that begins like this is a TIFF or BigTIFF.
pub fn sniff(head: &[u8]) -> bool {
    matches!(head.get(..4), Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+"))
}

pub fn open(at: &str, _bytes: Arc<dyn ByteSource>, _sidecars: &Sidecars, _limits: &Limits) -> Result<Vec<Arc<dyn RasterSource>>> {
    Err(Error::unsupported(at, "TIFF", ""))
}
