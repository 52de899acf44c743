use super::checksum::fletcher32;

/// Bytes not read yet.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn count(&mut self) -> Option<usize> {
        self.u32().and_then(|count| usize::try_from(count).ok())
    }

    pub fn finite(&mut self) -> Option<f64> {
        self.array().map(f64::from_le_bytes).filter(|value| value.is_finite())
    }
}

/// What a Lerc2 blob says of itself before its pixels.
#[derive(Debug)]
pub(super) struct Header {
    pub version: u32,
    pub width: usize,
    pub height: usize,
    /// Samples of a pixel.
    pub depth: usize,
    pub valid_pixels: usize,
    /// Of the square tiles that are packed one by one.
    pub tile_side: usize,
    /// Of the sample type: 0 int8, 1 uint8, 2 int16 and so on to 7 float64.
    pub type_code: u32,
    /// Half of a quantization step.
    pub max_error: f64,
    pub min: f64,
    pub max: f64,
    pub mask_bytes: usize,
}

impl Header {
    /// Of versions 3 to 6 (ESRI's `Lerc2::HeaderInfo`), with what follows it up to the end of the blob; `None` where the
    /// checksum is not right, or for what is rare enough to be left to `lerc-reader`.
    pub fn read(bytes: &[u8]) -> Option<(Self, Reader<'_>)> {
        let mut reader = Reader(bytes);
        if reader.take(6)? != b"Lerc2 " {
            return None;
        }
        let version = reader.u32().filter(|version| (3..=6).contains(version))?;
        let checksum = reader.u32()?;
        let (height, width) = (reader.count()?, reader.count()?);
        let depth = if version >= 4 { reader.count()? } else { 1 };
        let (valid_pixels, tile_side, blob_bytes) = (reader.count()?, reader.count()?, reader.count()?);
        let type_code = reader.u32()?;
        if version >= 6 {
            let blobs_more = reader.u32()?;
            let [has_nodata, ..] = reader.array::<4>()?;
            if blobs_more > i32::MAX as u32 || has_nodata != 0 {
                return None;
            }
        }
        let (max_error, min, max) = (reader.finite()?, reader.finite()?, reader.finite()?);
        if version >= 6 {
            let _ = (reader.finite()?, reader.finite()?);
        }
        let mask_bytes = reader.count()?;
        let read = bytes.len() - reader.0.len();
        let blob = bytes.get(..blob_bytes)?;
        let right = width > 0 && height > 0 && depth > 0 && (1..=32).contains(&tile_side) && max_error >= 0.0 && min <= max;
        if !right || blob_bytes > i32::MAX as usize || fletcher32(blob.get(14..)?) != checksum {
            return None;
        }
        let header = Self { version, width, height, depth, valid_pixels, tile_side, type_code, max_error, min, max, mask_bytes };
        Some((header, Reader(blob.get(read..)?)))
    }

    /// Whether a byte says how the samples are packed.
    pub fn says_how(&self) -> bool {
        self.may_be_huffman() || self.version >= 6 && self.type_code >= 6 && self.max_error == 0.0
    }

    pub fn may_be_huffman(&self) -> bool {
        self.type_code <= 1 && (self.max_error - 0.5).abs() < 1e-5
    }
}
