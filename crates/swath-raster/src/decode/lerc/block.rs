use lerc_core::{DataType, PixelData};
use lerc_reader::Decoded;

use super::lerc2::{self, Blob, Wanted};
use crate::{
    Error, Result, SampleType,
    decode::{Encoding, LercInner, block::MOST_SPARE, unpack::swap},
    tiff::ByteOrder,
};

/// A LERC blob, itself packed or not. Pixels that the blob masks are NaN for floats, 0 else; an 8-bit alpha that the
/// blob has not is set from its mask.
///
/// # Errors
/// Damaged where the blob is none or has another size or type than the block.
pub(in crate::decode) fn decode(encoding: &Encoding, inner: LercInner, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let unpacked;
    let blob = match inner {
        LercInner::None => stored,
        LercInner::Deflate | LercInner::Zstd => {
            unpacked = unpack(encoding, inner, stored, width, height)?;
            &unpacked
        }
        LercInner::Other => return Err(Error::unsupported("", "LERC packed in an unknown codec", "supported: none, deflate, zstd")),
    };
    // An alpha of 0 and 255 only is left out of the blob: its mask says the same.
    let least_depth = encoding.per_pixel - usize::from(encoding.sample == SampleType::U8 && encoding.per_pixel > 1);
    let wanted =
        Wanted { sample: encoding.sample, width, rows: (height, height.max(encoding.rows)), depths: (least_depth, encoding.per_pixel) };
    let Blob { depth, mut samples, mask } = match lerc2::decode(&wanted, blob) {
        Some(found) => found,
        None => any(&wanted, blob)?,
    };
    if depth < encoding.per_pixel {
        samples = with_alpha(&samples, depth, mask.as_deref());
    } else if let Some(mask) = mask {
        hide(encoding, &mut samples, &mask);
    }
    samples.truncate(width * height * encoding.per_pixel * encoding.sample.size());
    if encoding.order != ByteOrder::NATIVE {
        // libtiff turns the bytes before it compresses.
        swap(&mut samples, encoding.sample.size());
    }
    Ok(samples)
}

/// Any blob, by `lerc-reader`.
fn any(wanted: &Wanted, blob: &[u8]) -> Result<Blob> {
    let Wanted { sample, width, rows, depths } = *wanted;
    let bad = |e: lerc_core::Error| Error::damaged("", format!("no valid lerc blob ({e})"), "");
    // The reader makes room for what a header claims before it is asked how much that is.
    if let Some((claimed, high)) = claimed(blob)
        && (claimed != width || !(rows.0..=rows.1).contains(&high))
    {
        let right = format!("{width} x {} x {} {}", rows.0, depths.1, sample.name());
        return Err(Error::damaged("", format!("a lerc blob of {claimed} x {high}"), right));
    }
    let info =
        lerc_reader::inspect_first_with_options(blob, lerc_reader::InspectOptions::new().with_compute_value_range(false)).map_err(bad)?;
    let depth = info.depth as usize;
    let fits = info.width as usize == width && (rows.0..=rows.1).contains(&(info.height as usize));
    if !fits || !(depths.0..=depths.1).contains(&depth) || sample_type(info.data_type) != sample {
        let found = format!("a lerc blob of {} x {} x {depth} {:?}", info.width, info.height, info.data_type);
        return Err(Error::damaged("", found, format!("{width} x {} x {} {}", rows.0, depths.1, sample.name())));
    }
    let Decoded { pixels, mask, .. } = lerc_reader::decode_first(blob).map_err(bad)?;
    Ok(Blob { depth, samples: native(pixels), mask })
}

/// Width and height by the header of a Lerc1 or Lerc2 blob, whose checksum stands before them from version 3 on.
fn claimed(blob: &[u8]) -> Option<(usize, usize)> {
    let number = |at: usize| Some(u32::from_le_bytes(blob.get(at..at + 4)?.try_into().ok()?));
    let at = if blob.starts_with(b"CntZImage") {
        18
    } else if blob.starts_with(b"Lerc2 ") {
        if number(6)? >= 3 { 14 } else { 10 }
    } else {
        return None;
    };
    Some((number(at + 4)? as usize, number(at)? as usize))
}

fn with_alpha(samples: &[u8], depth: usize, mask: Option<&[u8]>) -> Vec<u8> {
    let valid = |at: usize| mask.is_none_or(|mask| mask.get(at).is_some_and(|v| *v != 0));
    samples
        .chunks_exact(depth.max(1))
        .enumerate()
        .flat_map(|(at, pixel)| pixel.iter().copied().chain([if valid(at) { 255 } else { 0 }]))
        .collect()
}

/// Blobs can be somewhat larger than the pixels they hold; how large is not written anywhere.
fn unpack(encoding: &Encoding, inner: LercInner, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let (_, asked) = encoding.sizes(width, height).ok_or_else(|| Error::over_limit("", "a block larger than memory", ""))?;
    // Blocks at the lower edge are packed whole.
    let whole = encoding.sizes(width, encoding.rows.max(height)).map(|(_, pixels)| pixels);
    let pixels = whole.map_or(asked, |pixels| pixels.min(asked.saturating_add(MOST_SPARE)));
    let room = pixels.saturating_add(pixels / 2).saturating_add(1 << 16);
    let bad =
        || Error::damaged("", "no valid packed lerc blob", "a zlib or Zstandard stream no larger than one and a half times the pixels");
    match inner {
        LercInner::Deflate => {
            // Deflate never makes more than 1032 bytes of one.
            let mut out = vec![0; room.min(stored.len().saturating_mul(1032))];
            let got = libdeflater::Decompressor::new().zlib_decompress(stored, &mut out).map_err(|_| bad())?;
            out.truncate(got);
            Ok(out)
        }
        _ => ::zstd::bulk::decompress(stored, room).map_err(|_| bad()),
    }
}

pub(super) fn sample_type(lerc: DataType) -> SampleType {
    match lerc {
        DataType::I8 => SampleType::I8,
        DataType::U8 => SampleType::U8,
        DataType::I16 => SampleType::I16,
        DataType::U16 => SampleType::U16,
        DataType::I32 => SampleType::I32,
        DataType::U32 => SampleType::U32,
        DataType::F32 => SampleType::F32,
        DataType::F64 => SampleType::F64,
    }
}

pub(super) fn native(pixels: PixelData) -> Vec<u8> {
    match pixels {
        PixelData::U8(v) => v,
        PixelData::I8(v) => bytemuck::cast_slice(&v).to_vec(),
        PixelData::I16(v) => bytemuck::cast_slice(&v).to_vec(),
        PixelData::U16(v) => bytemuck::cast_slice(&v).to_vec(),
        PixelData::I32(v) => bytemuck::cast_slice(&v).to_vec(),
        PixelData::U32(v) => bytemuck::cast_slice(&v).to_vec(),
        PixelData::F32(v) => bytemuck::cast_slice(&v).to_vec(),
        PixelData::F64(v) => bytemuck::cast_slice(&v).to_vec(),
    }
}

fn hide(encoding: &Encoding, samples: &mut [u8], mask: &[u8]) {
    let masked: Vec<u8> = match encoding.sample {
        SampleType::F32 => f32::NAN.to_ne_bytes().to_vec(),
        SampleType::F64 => f64::NAN.to_ne_bytes().to_vec(),
        other => vec![0; other.size()],
    };
    let pixel = encoding.per_pixel * encoding.sample.size();
    for (pixel, _) in samples.chunks_exact_mut(pixel).zip(mask).filter(|(_, valid)| **valid == 0) {
        pixel.chunks_exact_mut(masked.len()).for_each(|sample| sample.copy_from_slice(&masked));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_that_claims_more_than_its_block_is_refused_before_room_is_made() {
        let wanted = Wanted { sample: SampleType::F32, width: 16, rows: (16, 16), depths: (1, 1) };
        for (start, version) in [(&b"CntZImage "[..], &[11, 8][..]), (b"Lerc2 ", &[2]), (b"Lerc2 ", &[6, 0])] {
            let numbers = version.iter().chain(&[50_000, 60_000]).flat_map(|number: &u32| number.to_le_bytes());
            let blob: Vec<u8> = start.iter().copied().chain(numbers).chain([0; 64]).collect();
            let found = any(&wanted, &blob).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(found.contains("a lerc blob of 60000 x 50000"), "{found}");
        }
    }
}
