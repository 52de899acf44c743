use ::webp::{BitstreamFeatures, Decoder};

use crate::{Error, Result, decode::Encoding};

/// One WebP picture: RGB, or RGBA where the image has four samples (opaque where the picture has no alpha).
///
/// # Errors
/// Damaged where the picture is none, or has another size than the block.
pub(super) fn decode(encoding: &Encoding, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let wanted = encoding.per_pixel;
    if !matches!(wanted, 3 | 4) || encoding.bits != 8 {
        return Err(Error::unsupported(
            "",
            format!("WebP with {wanted} samples of {} bits", encoding.bits),
            "supported: 3 or 4 samples of 8 bits",
        ));
    }
    let bad = || Error::damaged("", "no valid webp picture", "");
    let features = BitstreamFeatures::new(stored).ok_or_else(bad)?;
    if features.width() as usize != width || !(height..=height.max(encoding.rows)).contains(&(features.height() as usize)) {
        let found = format!("a webp picture of {} x {}", features.width(), features.height());
        return Err(Error::damaged("", found, format!("{width} x {height}")));
    }
    let picture = Decoder::new(stored).decode().ok_or_else(bad)?;
    let has = if picture.is_alpha() { 4 } else { 3 };
    let size = width * height * wanted;
    // What is beyond the block is not copied.
    let pixels = picture.get(..width * height * has).ok_or_else(bad)?;
    if has == wanted {
        return Ok(pixels.to_vec());
    }
    let mut samples = Vec::with_capacity(size);
    if wanted == 3 {
        pixels.chunks_exact(4).for_each(|p| samples.extend_from_slice(&p[..3]));
    } else {
        pixels.chunks_exact(3).for_each(|p| samples.extend_from_slice(&[p[0], p[1], p[2], 255]));
    }
    Ok(samples)
}
