use libdeflater::{DecompressionError, Decompressor};

use crate::{Error, Result, decode::block::too_short};

/// Room that is made for what a stream holds beyond its block.
const MOST_SPARE: usize = 16 << 20;

/// A zlib stream of at least `size` bytes; what lies beyond is dropped (last strips are sometimes stored whole).
///
/// # Errors
/// Damaged where the stream is none, or too short.
pub(super) fn decode(stored: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut decompressor = Decompressor::new();
    let mut out = vec![0; size];
    let mut room = size;
    loop {
        match decompressor.zlib_decompress(stored, &mut out) {
            Ok(got) if got >= size => {
                out.truncate(size);
                return Ok(out);
            }
            Ok(got) => return Err(too_short(got, size)),
            // A stream is never larger than 1032 times its bytes, so this ends.
            Err(DecompressionError::InsufficientSpace)
                if room / 1040 <= stored.len() && room < size.saturating_mul(16).max(1 << 20) && room - size < MOST_SPARE =>
            {
                room = room.saturating_mul(2).max(1 << 12).min(size + MOST_SPARE);
                // The old room is given back first: the stream is read anew.
                drop(std::mem::take(&mut out));
                out = vec![0; room];
            }
            Err(DecompressionError::InsufficientSpace) => {
                return Err(Error::damaged("", "the deflate stream holds far more than the block", format!("{size} bytes")));
            }
            Err(DecompressionError::BadData) => return Err(Error::damaged("", "no valid deflate stream", "a zlib stream (RFC 1950)")),
        }
    }
}
