use std::io::Read;

use lzma_rust2::XzReader;

use crate::{Error, Result, decode::block::too_short};

/// What a stream may hold in memory, in KiB: the largest dictionary of the usual levels (64 MiB), and the state around it.
const MEMORY: u32 = 66 << 10;

/// An xz stream, as libtiff writes it, of at least `size` bytes.
///
/// # Errors
/// Damaged where the stream is none, or too short.
pub(super) fn decode(stored: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut out = vec![0; size];
    let mut reader = XzReader::new_mem_limit(stored, false, MEMORY);
    let mut got = 0;
    while got < size {
        match reader.read(&mut out[got..]) {
            Ok(0) => return Err(too_short(got, size)),
            Ok(more) => got += more,
            Err(e) => return Err(Error::damaged("", format!("no valid xz stream ({e})"), "an xz stream that needs at most 66 MiB")),
        }
    }
    Ok(out)
}
