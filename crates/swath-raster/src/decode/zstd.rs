use std::cell::RefCell;
use std::io::Read;

use ::zstd::bulk::Decompressor;

use crate::{Error, Result, decode::block::too_short, spare};

/// 16 MiB: of a stream that holds more than its block, as the highest levels write it.
const LARGEST_WINDOW: u32 = 24;

thread_local! {
    /// Its tables take longer to set up than a small block to decode.
    static AT_ONCE: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The whole frame at once, into the spare room of `out`: how many bytes it held, if it is one and there is room for it.
fn at_once(stored: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    AT_ONCE.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Decompressor::new().ok();
        }
        kept.as_mut()?.decompress_to_buffer(stored, out).ok()
    })
}

/// A Zstandard stream of at least `size` bytes, usually of `whole`; what lies beyond `size` is dropped.
///
/// # Errors
/// Damaged where the stream is none, or too short.
pub(super) fn decode(stored: &[u8], size: usize, whole: usize) -> Result<Vec<u8>> {
    let bad = |e: std::io::Error| Error::damaged("", format!("no valid zstd stream ({e})"), "a Zstandard frame (RFC 8878)");
    let mut out = spare::room(whole.max(size));
    if at_once(stored, &mut out).is_some_and(|got| got >= size) {
        out.truncate(size);
        return Ok(out);
    }
    out.clear();
    out.resize(size, 0);
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
