use std::io::Read;

use flate2::read::ZlibDecoder;
use libdeflater::{DecompressionError, Decompressor};

use crate::{Error, Result, decode::block::too_short, spare};

/// A zlib stream of at least `size` bytes, usually of `whole`; what lies beyond `size` is dropped.
///
/// # Errors
/// Damaged where the stream is none, or too short.
pub(super) fn decode(stored: &[u8], size: usize, whole: usize) -> Result<Vec<u8>> {
    let mut out = spare::bytes(whole.max(size));
    match Decompressor::new().zlib_decompress(stored, &mut out) {
        Ok(got) if got >= size => {
            out.truncate(size);
            Ok(out)
        }
        Ok(got) => Err(too_short(got, size)),
        Err(DecompressionError::InsufficientSpace) => {
            out.truncate(size);
            beginning(stored, out)
        }
        Err(DecompressionError::BadData) => Err(bad()),
    }
}

/// The first bytes of a stream that is longer than it should be.
fn beginning(stored: &[u8], mut out: Vec<u8>) -> Result<Vec<u8>> {
    let (mut stream, mut got) = (ZlibDecoder::new(stored), 0);
    while got < out.len() {
        match stream.read(&mut out[got..]) {
            Ok(0) => return Err(too_short(got, out.len())),
            Ok(n) => got += n,
            Err(_) => return Err(bad()),
        }
    }
    Ok(out)
}

fn bad() -> Error {
    Error::damaged("", "no valid deflate stream", "a zlib stream (RFC 1950)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_longer_stream_is_enough() {
        let bytes: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
        let mut stored = vec![0; 100_000];
        let len = libdeflater::Compressor::default().zlib_compress(&bytes, &mut stored).unwrap();
        for (size, whole) in [(100_000, 100_000), (10, 100_000), (10, 10), (99_999, 99_999), (0, 0)] {
            assert!(decode(&stored[..len], size, whole).unwrap() == bytes[..size], "{size} of {whole}");
        }
        assert!(decode(&stored[..len], 100_001, 100_001).is_err());
        assert!(decode(&stored[..len / 2], 90_000, 100_000).is_err());
    }
}
