use std::io::Read;

use crate::{Error, Result, decode::block::too_short};

/// 16 MiB: of a stream that holds more than its block, as the highest levels write it.
const LARGEST_WINDOW: u32 = 24;

/// A Zstandard stream of at least `size` bytes, usually of `whole`; what lies beyond `size` is dropped.
///
/// # Errors
/// Damaged where the stream is none, or too short.
pub(super) fn decode(stored: &[u8], size: usize, whole: usize) -> Result<Vec<u8>> {
    let bad = |e: std::io::Error| Error::damaged("", format!("no valid zstd stream ({e})"), "a Zstandard frame (RFC 8878)");
    let mut out = vec![0; whole.max(size)];
    let mut at_once = ::zstd::bulk::Decompressor::new().map_err(bad)?;
    if let Ok(got) = at_once.decompress_to_buffer(stored, &mut out)
        && got >= size
    {
        out.truncate(size);
        return Ok(out);
    }
    out.truncate(size);
    let mut stream = ::zstd::stream::read::Decoder::new(stored).map_err(bad)?;
    stream.window_log_max(LARGEST_WINDOW).map_err(bad)?;
    let mut got = 0;
    while got < size {
        match stream.read(&mut out[got..]).map_err(bad)? {
            0 => return Err(too_short(got, size)),
            n => got += n,
        }
    }
    Ok(out)
}
