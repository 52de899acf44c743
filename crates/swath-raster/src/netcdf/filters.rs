//! What HDF5 packs chunks with (HDF5 1.14 format specification, section IV.A.2.l, and the registry of filters).

use std::sync::atomic::{AtomicUsize, Ordering};

use hdf5_reader::FilterRegistry;
use hdf5_reader::error::{Error, Result};
use hdf5_reader::filters::{FILTER_DEFLATE, FILTER_SHUFFLE};

use super::blosc;

const BLOSC: u16 = 32001;
const ZSTD: u16 = 32015;

/// The filters of the third-party reader, with ours over the slow ones and beside the missing ones. No chunk unpacks to more than `largest`.
pub(super) fn registry(largest: usize) -> FilterRegistry {
    let mut registry = FilterRegistry::new();
    let hint = AtomicUsize::new(0);
    registry.register(FILTER_DEFLATE, Box::new(move |_, bytes, _| inflated(bytes, &hint, largest)));
    registry.register(FILTER_SHUFFLE, Box::new(|filter, bytes, size| Ok(unshuffled(bytes, width(&filter.client_data, size)))));
    registry.register(ZSTD, Box::new(move |_, bytes, _| unzstd(bytes, largest)));
    registry.register(BLOSC, Box::new(move |_, bytes, _| blosc::unpack(bytes, largest).map_err(Error::DecompressionError)));
    registry
}

/// An element's bytes, which the filter itself may say: for compounds it differs from the type's size.
fn width(client_data: &[u32], size: usize) -> usize {
    client_data.first().and_then(|&said| usize::try_from(said).ok()).filter(|&said| said > 0).unwrap_or(size)
}

/// A zlib stream whose length nobody wrote down: all chunks of a variable are alike, so the last one's length is tried first.
fn inflated(bytes: &[u8], hint: &AtomicUsize, largest: usize) -> Result<Vec<u8>> {
    // DEFLATE gives at most 1032 bytes for one.
    let most = bytes.len().saturating_mul(1032).saturating_add(64).min(largest.saturating_add(1));
    let mut room = match hint.load(Ordering::Relaxed) {
        0 => bytes.len().saturating_mul(4).max(1 << 16),
        last => last,
    };
    let mut decompressor = libdeflater::Decompressor::new();
    loop {
        room = room.min(most);
        let mut out = Vec::new();
        out.try_reserve_exact(room).map_err(|_| too_large(room))?;
        out.resize(room, 0);
        match decompressor.zlib_decompress(bytes, &mut out) {
            Ok(len) => {
                out.truncate(len);
                hint.store(len, Ordering::Relaxed);
                return Ok(out);
            }
            Err(libdeflater::DecompressionError::InsufficientSpace) if room < most => room = room.saturating_mul(4),
            Err(error) => return Err(Error::DecompressionError(format!("DEFLATE: {error}"))),
        }
    }
}

fn too_large(bytes: usize) -> Error {
    Error::DecompressionError(format!("no memory for {bytes} bytes"))
}

fn unzstd(bytes: &[u8], largest: usize) -> Result<Vec<u8>> {
    let said = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().and_then(|len| usize::try_from(len).ok());
    let room = said.unwrap_or_else(|| bytes.len().saturating_mul(64));
    if room > largest {
        return Err(too_large(room));
    }
    zstd::bulk::decompress(bytes, room).map_err(|error| Error::DecompressionError(format!("zstd: {error}")))
}

/// First bytes of all elements, then all second bytes, ...: back to whole elements. A rest shorter than an element stays as it is.
pub(super) fn unshuffled(bytes: &[u8], size: usize) -> Vec<u8> {
    match size {
        0 | 1 => bytes.to_vec(),
        2 => woven::<2>(bytes),
        4 => woven::<4>(bytes),
        8 => woven::<8>(bytes),
        size => woven_by(bytes, size),
    }
}

fn woven<const N: usize>(bytes: &[u8]) -> Vec<u8> {
    let count = bytes.len() / N;
    let mut out = bytes.to_vec();
    let lanes: [&[u8]; N] = std::array::from_fn(|lane| &bytes[lane * count..(lane + 1) * count]);
    for (at, element) in out.as_chunks_mut::<N>().0.iter_mut().enumerate() {
        for (byte, lane) in element.iter_mut().zip(lanes) {
            *byte = lane[at];
        }
    }
    out
}

fn woven_by(bytes: &[u8], size: usize) -> Vec<u8> {
    let count = bytes.len() / size;
    let mut out = bytes.to_vec();
    for (at, element) in out.chunks_exact_mut(size).enumerate() {
        for (lane, byte) in element.iter_mut().enumerate() {
            *byte = bytes[lane * count + at];
        }
    }
    out
}

/// Data: filters by the numbers under which they are registered, for those that are not read here.
const KNOWN: &[(u16, &str)] = &[
    (4, "szip"),
    (5, "nbit"),
    (6, "scaleoffset"),
    (305, "lzo"),
    (307, "bzip2"),
    (32000, "lzf"),
    (32001, "blosc"),
    (32004, "lz4"),
    (32008, "bitshuffle"),
    (32013, "zfp"),
    (32015, "zstd"),
    (32017, "sz"),
    (32019, "jpeg"),
    (32022, "granular bitround"),
    (32023, "sz3"),
    (32026, "blosc2"),
    (32028, "jpeg-xl"),
];

/// An error about a filter, by its name and with the way out.
pub(super) fn refused(at: &str, text: &str) -> Option<crate::Error> {
    let number = text.split("filter id ").nth(1)?;
    let number: u16 = number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    let name = KNOWN.iter().find(|(known, _)| *known == number).map_or("unknown", |(_, name)| name);
    let found = format!("chunks packed by HDF5 filter {number} ({name})");
    let error = crate::Error::unsupported(at, found, "supported: deflate, zstd, blosc, szip, lz4, shuffle, nbit, scaleoffset, fletcher32");
    Some(error.hint("pack it anew with `nccopy -F none in.nc out.nc`, where the netCDF library has that filter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffled_bytes_come_back_whatever_the_element() {
        for size in [1, 2, 3, 4, 8, 12] {
            for len in [0, 1, size, 7 * size, 7 * size + size / 2] {
                let plain: Vec<u8> = (0..len).map(|n| (n * 37 % 251) as u8).collect();
                let count = len / size;
                let mut shuffled = plain.clone();
                for lane in 0..size {
                    for at in 0..count {
                        shuffled[lane * count + at] = plain[at * size + lane];
                    }
                }
                assert_eq!(unshuffled(&shuffled, size), plain, "{size} {len}");
            }
        }
    }

    #[test]
    fn a_stream_longer_than_the_last_one_is_inflated_too() {
        let hint = AtomicUsize::new(10);
        for len in [5usize, 100_000, 3_000_000] {
            let plain: Vec<u8> = (0..len).map(|n| (n / 1000) as u8).collect();
            let mut packer = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
            let mut packed = vec![0; packer.zlib_compress_bound(len)];
            let size = packer.zlib_compress(&plain, &mut packed).unwrap();
            assert_eq!(inflated(&packed[..size], &hint, 4_000_000).unwrap(), plain);
            assert_eq!(hint.load(Ordering::Relaxed), len);
        }
        assert!(inflated(&[1, 2, 3], &hint, 1 << 20).is_err());
    }

    #[test]
    fn a_filter_nobody_here_reads_is_named() {
        let error = refused("a.nc", "HDF5 error: unsupported filter: filter id 307").unwrap();
        assert!(error.to_string().contains("bzip2") && error.hint.is_some(), "{error}");
        assert!(refused("a.nc", "checksum mismatch").is_none());
    }
}
