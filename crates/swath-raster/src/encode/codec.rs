use std::cell::RefCell;

use libdeflater::{CompressionLvl, Compressor};

use super::lzw::Lzw;
use super::packbits::pack_row;
use crate::{Error, Result};

/// Codecs that take any bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Lzw,
    Deflate(u8),
    Zstd(u8),
    Packbits,
}

/// What a thread keeps between blocks.
#[derive(Default)]
struct Tools {
    lzw: Lzw,
    deflate: Option<(u8, Compressor)>,
    zstd: Option<(u8, zstd::bulk::Compressor<'static>)>,
    /// Room for the longest outputs, of which only what is used is copied.
    output: Vec<u8>,
    second_output: Vec<u8>,
}

thread_local! {
    static TOOLS: RefCell<Tools> = RefCell::default();
    static SCRATCH: RefCell<[Vec<u8>; 2]> = RefCell::default();
}

/// Runs `work` with buffers that the thread keeps; what they hold at first is left over from other work.
pub(crate) fn with_scratch<T>(work: impl FnOnce(&mut [Vec<u8>; 2]) -> T) -> T {
    let mut buffer = SCRATCH.take();
    let result = work(&mut buffer);
    SCRATCH.set(buffer);
    result
}

/// Appends `bytes` compressed to `out`; `row` is the length of a row, which PackBits needs.
///
/// # Errors
/// Unsupported with what the codec's library says.
pub(crate) fn encode_bytes(codec: Codec, bytes: &[u8], row: usize, out: &mut Vec<u8>) -> Result<()> {
    TOOLS.with_borrow_mut(|tools| match codec {
        Codec::Lzw => {
            let len = tools.lzw.encode(bytes, &mut tools.output);
            keep(&tools.output[..len], out);
            Ok(())
        }
        Codec::Packbits => {
            for row in bytes.chunks(row.max(1)) {
                pack_row(row, out);
            }
            Ok(())
        }
        Codec::Deflate(level) => {
            let len = deflate(&mut tools.deflate, level, bytes, &mut tools.output)?;
            keep(&tools.output[..len], out);
            Ok(())
        }
        Codec::Zstd(level) => {
            let len = zstd_frame(&mut tools.zstd, level, bytes, &mut tools.output)?;
            keep(&tools.output[..len], out);
            Ok(())
        }
    })
}

/// As [`encode_bytes`] with LZW, for two blocks at once, which takes less time than one after the other.
pub(crate) fn lzw_two(bytes: [&[u8]; 2], out: [&mut Vec<u8>; 2]) {
    TOOLS.with_borrow_mut(|tools| {
        let [len, second_len] = tools.lzw.encode_two(bytes, [&mut tools.output, &mut tools.second_output]);
        let [first, second] = out;
        keep(&tools.output[..len], first);
        keep(&tools.second_output[..second_len], second);
    });
}

/// Not a byte more than needed: finished blocks wait in memory. The few are for what frames a block.
fn keep(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve_exact(bytes.len() + 4);
    out.extend_from_slice(bytes);
}

fn deflate(kept: &mut Option<(u8, Compressor)>, level: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize> {
    if kept.as_ref().is_none_or(|(l, _)| *l != level) {
        let level_of = CompressionLvl::new(i32::from(level)).map_err(|e| fault("deflate", format!("{e:?}")))?;
        *kept = Some((level, Compressor::new(level_of)));
    }
    let Some((_, compressor)) = kept else { return Ok(0) };
    let bound = compressor.zlib_compress_bound(bytes.len());
    out.resize(bound.max(out.len()), 0);
    compressor.zlib_compress(bytes, out).map_err(|e| fault("deflate", format!("{e:?}")))
}

fn zstd_frame(kept: &mut Option<(u8, zstd::bulk::Compressor<'static>)>, level: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize> {
    if kept.as_ref().is_none_or(|(l, _)| *l != level) {
        let compressor = zstd::bulk::Compressor::new(i32::from(level)).map_err(|e| fault("zstd", e.to_string()))?;
        *kept = Some((level, compressor));
    }
    let Some((_, compressor)) = kept else { return Ok(0) };
    let bound = zstd::zstd_safe::compress_bound(bytes.len());
    out.resize(bound.max(out.len()), 0);
    compressor.compress_to_buffer(bytes, out.as_mut_slice()).map_err(|e| fault("zstd", e.to_string()))
}

pub(super) fn fault(codec: &str, found: String) -> Error {
    Error::unsupported(format!("{codec} encoder"), found, "")
}
