use bytes::Bytes;

use crate::{
    Error, Result, SampleType,
    decode::{Compression, YCbCr, ccitt, deflate, jpeg, lerc, lzma, lzw, packbits, predictor, unpack, webp, zstd},
    tiff::ByteOrder,
};

/// All that is needed to turn one block's bytes into samples.
#[derive(Debug, Clone)]
pub(crate) struct Encoding {
    pub compression: Compression,
    pub predictor: Predictor,
    pub photometric: Photometric,
    pub format: SampleFormat,
    /// Of one stored sample; of both parts of a complex one.
    pub bits: u16,
    pub sample: SampleType,
    /// Samples of one pixel that lie together in a block.
    pub per_pixel: usize,
    /// Rows of a whole block: a last strip that is cut may be stored whole.
    pub rows: usize,
    pub order: ByteOrder,
    /// FillOrder 2: the lowest bit of a byte comes first.
    pub reversed_bits: bool,
    /// Tag 347; empty where absent.
    pub jpeg_tables: Bytes,
    /// How colour differences lie in a block that is no JPEG.
    pub ycbcr: YCbCr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    None,
    Horizontal,
    Float,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleFormat {
    Uint,
    Int,
    Float,
    ComplexInt,
    ComplexFloat,
}

/// Tag 262.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Photometric {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    Mask,
    Cmyk,
    YCbCr,
    Other(u64),
}

impl Photometric {
    pub fn from_code(code: u64) -> Self {
        match code {
            0 => Self::WhiteIsZero,
            1 => Self::BlackIsZero,
            2 => Self::Rgb,
            3 => Self::Palette,
            4 => Self::Mask,
            5 => Self::Cmyk,
            6 => Self::YCbCr,
            other => Self::Other(other),
        }
    }
}

impl Encoding {
    /// CMYK of 8 bits is shown as RGBA, as GDAL does.
    pub fn is_shown_as_rgba(&self) -> bool {
        self.photometric == Photometric::Cmyk && self.bits == 8 && self.per_pixel == 4
    }

    /// Bytes of a block that is stored just as it is in memory; `None` where anything is to be undone.
    pub fn plain(&self, width: usize, height: usize) -> Option<usize> {
        let plain = self.compression == Compression::None
            && self.predictor == Predictor::None
            && !self.reversed_bits
            && !self.is_shown_as_rgba()
            && self.photometric != Photometric::YCbCr
            && usize::from(self.bits) == 8 * self.sample.size()
            && (self.bits == 8 || self.order == ByteOrder::NATIVE);
        self.sizes(width, height).filter(|_| plain).map(|(stored, _)| stored)
    }

    /// Blocks of units with shared colour, not of pixels.
    pub fn has_units(&self) -> bool {
        self.photometric == Photometric::YCbCr
            && self.per_pixel == 3
            && self.bits == 8
            && self.sample == SampleType::U8
            && !matches!(self.compression, Compression::Jpeg | Compression::Webp | Compression::Lerc(_) | Compression::Other(_))
    }

    fn row_bytes(&self, width: usize) -> Option<usize> {
        width.checked_mul(self.per_pixel)?.checked_mul(usize::from(self.bits)).map(|bits| bits.div_ceil(8))
    }

    /// Bytes of a block of `width * height` as stored, before compression, and as samples.
    pub fn sizes(&self, width: usize, height: usize) -> Option<(usize, usize)> {
        let stored = if self.has_units() { self.ycbcr.stored_size(width, height)? } else { self.row_bytes(width)?.checked_mul(height)? };
        let samples = width.checked_mul(height)?.checked_mul(self.per_pixel)?.checked_mul(self.sample.size())?;
        Some((stored, samples))
    }
}

/// Room that is made for rows of a block that nobody asked for; more of them are dropped as they come.
pub(super) const MOST_SPARE: usize = 16 << 20;

/// Samples of one block in the machine's byte order, row by row, the samples of a pixel together.
///
/// The caller has checked the sizes against its limits; a block that holds more rows than asked for is cut.
///
/// # Errors
/// Damaged where the bytes are too few or no valid stream, Unsupported for what no codec here reads.
pub(crate) fn block(encoding: &Encoding, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let (size, _) = encoding.sizes(width, height).ok_or_else(|| Error::over_limit("", "a block larger than memory", ""))?;
    // Blocks at the lower edge are stored whole, in most files.
    let whole = encoding.sizes(width, encoding.rows.max(height)).map_or(size, |(whole, _)| whole.min(size.saturating_add(MOST_SPARE)));
    let reversed;
    let stored = if encoding.reversed_bits && !matches!(encoding.compression, Compression::Jpeg | Compression::Webp | Compression::Lerc(_))
    {
        reversed = stored.iter().map(|b| b.reverse_bits()).collect::<Vec<u8>>();
        &reversed
    } else {
        stored
    };
    let pixels = |bytes: Vec<u8>| {
        if encoding.has_units() { encoding.ycbcr.rgb(&bytes, width, height) } else { unpack::samples(encoding, bytes, width) }
    };
    let mut samples = match encoding.compression {
        Compression::None => pixels(uncompressed(stored, size)?)?,
        Compression::Lzw => pixels(lzw::decode(stored, size)?)?,
        Compression::Deflate => pixels(deflate::decode(stored, size, whole)?)?,
        Compression::Zstd => pixels(zstd::decode(stored, size, whole)?)?,
        Compression::Lzma => pixels(lzma::decode(stored, size)?)?,
        Compression::PackBits => pixels(packbits::decode(stored, size)?)?,
        Compression::Ccitt(kind) => {
            if (encoding.bits, encoding.per_pixel) != (1, 1) {
                let found = format!("ccitt with {} samples of {} bits", encoding.per_pixel, encoding.bits);
                return Err(Error::unsupported("", found, "supported: one sample of one bit"));
            }
            unpack::samples(encoding, ccitt::decode(kind, stored, width, height)?, width)?
        }
        Compression::Lerc(inner) => lerc::decode(encoding, inner, stored, width, height)?,
        Compression::Jpeg => jpeg::decode(encoding, stored, width, height)?,
        Compression::Webp => webp::decode(encoding, stored, width, height)?,
        Compression::Other(_) => return Err(no_codec(encoding.compression).unwrap_or_else(|| Error::unsupported("", "no codec", ""))),
    };
    if encoding.is_shown_as_rgba() {
        cmyk_to_rgba(&mut samples);
    }
    Ok(samples)
}

/// Why blocks of this compression cannot be read; `None` where they can.
pub(crate) fn no_codec(compression: Compression) -> Option<Error> {
    let Compression::Other(code) = compression else { return None };
    let name = compression.word();
    let found = if name.starts_with("compression-") { format!("compression {code}") } else { format!("compression {code} ({name})") };
    let error = Error::unsupported(
        "",
        format!("{found} is not supported"),
        "supported: none, lzw, deflate, zstd, lzma, packbits, lerc, jpeg, webp, ccitt",
    );
    Some(error.hint("convert the file first, for instance: gdal_translate -co COMPRESS=ZSTD IN OUT"))
}

fn uncompressed(stored: &[u8], size: usize) -> Result<Vec<u8>> {
    match stored.get(..size) {
        Some(bytes) => Ok(bytes.to_vec()),
        None => Err(too_short(stored.len(), size)),
    }
}

pub(super) fn too_short(got: usize, size: usize) -> Error {
    Error::damaged("", format!("the block holds {got} bytes"), format!("{size} bytes"))
}

/// Bytes that `stored` bytes can hold at most, whatever they are, so that no room is made for what cannot be there.
/// LZW: a code of 12 bits stands for up to 3,839 bytes; deflate: 258 for 2 bits; PackBits: 128 for 2 bytes; JPEG: 128 pixels for one bit, where components are halved each its own way.
/// The others have no such bound.
pub(crate) fn most_from(encoding: &Encoding, stored: u64) -> u64 {
    let times = match encoding.compression {
        Compression::None => 1,
        Compression::PackBits => 64,
        Compression::Deflate => 1032,
        Compression::Lzw => 2560,
        Compression::Jpeg => 1024 * encoding.per_pixel as u64,
        _ => return u64::MAX,
    };
    // Colour differences may be stored for 16 pixels at once.
    let thinned = if encoding.photometric == Photometric::YCbCr { 3 } else { 1 };
    stored.saturating_mul(times).saturating_mul(thinned)
}

/// As [`most_from`] found it.
pub(crate) fn cannot_hold(stored: u64, size: u64) -> Error {
    Error::damaged("", format!("{stored} bytes, which cannot hold a block of {size}"), "")
}

/// As libtiff does it: each ink takes its share of what black leaves.
fn cmyk_to_rgba(samples: &mut [u8]) {
    for pixel in samples.chunks_exact_mut(4) {
        let light = 255 - u32::from(pixel[3]);
        for ink in &mut pixel[..3] {
            *ink = (light * (255 - u32::from(*ink)) / 255) as u8;
        }
        pixel[3] = 255;
    }
}

pub(super) fn undo_predictor(encoding: &Encoding, bytes: &mut [u8], row_bytes: usize) -> Result<()> {
    match encoding.predictor {
        Predictor::None => Ok(()),
        Predictor::Horizontal => predictor::horizontal(bytes, row_bytes, encoding.per_pixel, encoding.bits),
        Predictor::Float => predictor::float(bytes, row_bytes, encoding.per_pixel, encoding.bits),
    }
}
