use webp::BitstreamFeatures;

use super::native::{self, Layout};
use crate::{Error, Result, decode::Encoding};

/// One WebP picture: RGB, or RGBA where the image has four samples (opaque where the picture has no alpha).
///
/// # Errors
/// Damaged where the picture is none, or has another size than the block.
pub(in crate::decode) fn decode(encoding: &Encoding, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
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
    let layout = if wanted == 3 { Layout::Rgb } else { Layout::Rgba };
    let mut samples = vec![0; width * features.height() as usize * wanted];
    native::decode(stored, layout, width, &mut samples).ok_or_else(bad)?;
    // What is beyond the block is not kept.
    samples.truncate(width * height * wanted);
    Ok(samples)
}
