use webp::{Encoder, PixelLayout, WebPConfig};

use super::codec::fault;
use crate::Result;

/// Appends a square block of three or four interleaved 8-bit bands; quality 100 is lossless, also under alpha 0.
///
/// # Errors
/// Unsupported with what the encoder says.
pub(crate) fn webp(pixels: &[u8], side: u32, bands: usize, quality: u8, out: &mut Vec<u8>) -> Result<()> {
    let layout = if bands == 4 { PixelLayout::Rgba } else { PixelLayout::Rgb };
    let mut config = WebPConfig::new().map_err(|()| fault("webp", "no configuration".to_owned()))?;
    let lossless = quality >= 100;
    config.lossless = i32::from(lossless);
    config.exact = i32::from(lossless);
    config.quality = if lossless { 75.0 } else { f32::from(quality) };
    let bytes = Encoder::new(pixels, layout, side, side).encode_advanced(&config).map_err(|e| fault("webp", format!("{e:?}")))?;
    out.extend_from_slice(&bytes);
    Ok(())
}
