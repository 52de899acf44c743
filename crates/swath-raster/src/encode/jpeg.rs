use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::codec::fault;
use crate::Result;

/// Side of the square of pixels that share one chroma sample, at this quality (tag 530).
pub(crate) fn chroma_subsampling(quality: u8) -> u16 {
    if quality < 90 { 2 } else { 1 }
}

/// Appends a whole JPEG stream for a square block of one or of three interleaved 8-bit bands; three are stored as YCbCr.
///
/// # Errors
/// Unsupported with what the encoder says.
pub(crate) fn jpeg(pixels: &[u8], side: u16, bands: usize, quality: u8, out: &mut Vec<u8>) -> Result<()> {
    let color = if bands == 3 { ColorType::Rgb } else { ColorType::Luma };
    let mut encoder = Encoder::new(out, quality);
    if color == ColorType::Rgb {
        let factor = if chroma_subsampling(quality) == 2 { SamplingFactor::F_2_2 } else { SamplingFactor::F_1_1 };
        encoder.set_sampling_factor(factor);
    }
    encoder.encode(pixels, side, side, color).map_err(|e| fault("jpeg", e.to_string()))
}
