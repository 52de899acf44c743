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
}

thread_local! {
    static TOOLS: RefCell<Tools> = RefCell::default();
}

/// Appends `bytes` compressed to `out`; `row` is the length of a row, which PackBits needs.
///
/// # Errors
/// Unsupported with what the codec's library says.
pub(crate) fn encode_bytes(codec: Codec, bytes: &[u8], row: usize, out: &mut Vec<u8>) -> Result<()> {
    TOOLS.with_borrow_mut(|tools| match codec {
        Codec::Lzw => {
            tools.lzw.encode(bytes, out);
            Ok(())
        }
        Codec::Packbits => {
            for row in bytes.chunks(row.max(1)) {
                pack_row(row, out);
            }
            Ok(())
        }
        Codec::Deflate(level) => deflate(&mut tools.deflate, level, bytes, out),
        Codec::Zstd(level) => zstd_frame(&mut tools.zstd, level, bytes, out),
    })
}

fn deflate(kept: &mut Option<(u8, Compressor)>, level: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if kept.as_ref().is_none_or(|(l, _)| *l != level) {
        let level_of = CompressionLvl::new(i32::from(level)).map_err(|e| fault("deflate", format!("{e:?}")))?;
        *kept = Some((level, Compressor::new(level_of)));
    }
    let Some((_, compressor)) = kept else { return Ok(()) };
    let start = out.len();
    out.resize(start + compressor.zlib_compress_bound(bytes.len()), 0);
    let len = compressor.zlib_compress(bytes, &mut out[start..]).map_err(|e| fault("deflate", format!("{e:?}")))?;
    out.truncate(start + len);
    Ok(())
}

fn zstd_frame(kept: &mut Option<(u8, zstd::bulk::Compressor<'static>)>, level: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if kept.as_ref().is_none_or(|(l, _)| *l != level) {
        let compressor = zstd::bulk::Compressor::new(i32::from(level)).map_err(|e| fault("zstd", e.to_string()))?;
        *kept = Some((level, compressor));
    }
    let Some((_, compressor)) = kept else { return Ok(()) };
    let start = out.len();
    out.resize(start + zstd::zstd_safe::compress_bound(bytes.len()), 0);
    let len = compressor.compress_to_buffer(bytes, &mut out[start..]).map_err(|e| fault("zstd", e.to_string()))?;
    out.truncate(start + len);
    Ok(())
}

pub(super) fn fault(codec: &str, found: String) -> Error {
    Error::unsupported(format!("{codec} encoder"), found, "")
}
