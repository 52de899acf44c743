use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::{
    Error, Result,
    decode::{Encoding, Photometric},
};

/// A progressive stream whose frame has been checked. YCbCr becomes RGB; every other colour stays as stored.
///
/// # Errors
/// Damaged where the stream is none.
pub(super) fn decode(encoding: &Encoding, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let stream = with_tables(&encoding.jpeg_tables, stored);
    let bad = |e: zune_jpeg::errors::DecodeErrors| Error::damaged("", format!("no valid jpeg stream ({e:?})"), "");
    let options = || DecoderOptions::default().set_strict_mode(true).set_max_width(width).set_max_height(height.max(1 << 16));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&stream), options());
    decoder.decode_headers().map_err(bad)?;
    let info = decoder.info().ok_or_else(|| Error::damaged("", "a jpeg stream without a frame", ""))?;
    let found = (usize::from(info.width), usize::from(info.height), usize::from(info.components));
    if found.0 != width || found.1 < height || found.2 != encoding.per_pixel {
        let found = format!("a jpeg of {} x {} with {} components", found.0, found.1, found.2);
        return Err(Error::damaged("", found, format!("{width} x {height} with {}", encoding.per_pixel)));
    }
    let input = decoder.input_colorspace().unwrap_or(ColorSpace::Unknown);
    let wanted = match (encoding.per_pixel, encoding.photometric, input) {
        (1, ..) => ColorSpace::Luma,
        (3, Photometric::YCbCr, ColorSpace::YCbCr) => ColorSpace::RGB,
        (_, _, input) => input,
    };
    decoder.set_options(options().jpeg_set_out_colorspace(wanted));
    let mut samples = decoder.decode().map_err(bad)?;
    let size = width * height * encoding.per_pixel;
    if samples.len() < size {
        return Err(Error::damaged("", format!("a jpeg of {} bytes", samples.len()), format!("{size} bytes")));
    }
    samples.truncate(size);
    Ok(samples)
}

/// The abbreviated stream after the tables, as one.
fn with_tables(tables: &[u8], stored: &[u8]) -> Vec<u8> {
    let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
    match stored.strip_prefix(&[0xff, 0xd8]) {
        Some(rest) if !tables.is_empty() => [tables, rest].concat(),
        _ => stored.to_vec(),
    }
}
