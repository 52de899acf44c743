use std::sync::Arc;

use bytes::Bytes;

use crate::{ByteSource, Error, RasterSource, Result, foreign, netcdf, tiff};

/// Files beside a raster that belong to it, already fetched by the caller.
#[derive(Default, Clone)]
pub struct Sidecars {
    /// World file: `.tfw`, `.tifw`, `.wld`.
    pub world: Option<Bytes>,
    /// `NAME.tif.aux.xml`.
    pub aux_xml: Option<Bytes>,
    /// `NAME.tif.ovr`.
    pub overviews: Option<Arc<dyn ByteSource>>,
    /// `NAME.tif.msk`.
    pub mask: Option<Arc<dyn ByteSource>>,
    /// `NAME_RPC.TXT` or `NAME.RPB`.
    pub rpc: Option<Bytes>,
}

/// How much a file may make us hold, whatever its header claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one decoded block.
    pub block_bytes: u64,
    /// Bytes of all tags of one directory.
    pub directory_bytes: u64,
    /// Decoded over stored bytes of one block.
    pub expansion: u64,
    /// Bytes of the samples of one read.
    pub window_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block_bytes: 512 << 20, directory_bytes: 256 << 20, expansion: 10_000, window_bytes: 64 << 30 }
    }
}

/// Opens the rasters of a file: one for a TIFF (its first page), one per gridded variable for NetCDF.
/// The format is told by the bytes, never by the name; `at` names the file in errors.
///
/// # Errors
/// Unsupported, naming what was found and how to convert it, where the bytes are no format we read; Damaged or OverLimit from the reader.
pub fn open(at: &str, bytes: Arc<dyn ByteSource>, sidecars: &Sidecars, limits: &Limits) -> Result<Vec<Arc<dyn RasterSource>>> {
    let len = bytes.len().min(foreign::ENOUGH);
    let head = bytes.read(crate::Span { offset: 0, len }).map_err(|e| Error::unreadable(at, &e))?;
    if tiff::sniff(&head) {
        return tiff::open(at, bytes, sidecars, limits);
    }
    if netcdf::sniff(&head) {
        return netcdf::open(at, bytes, limits);
    }
    Err(foreign::refused(at, &head))
}
