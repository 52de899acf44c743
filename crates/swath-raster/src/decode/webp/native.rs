//! The only door to libwebp's decoder, which writes into room that it is given.
//!
//! The safe crate `webp` has it make room of its own, from which pixels must be copied: that and the fresh pages take a tenth of
//! the time that the decoding takes.
#![allow(unsafe_code)]

use libwebp_sys as c;

/// How many samples a pixel is to have, whatever the picture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Alpha is dropped.
    Rgb,
    /// Opaque where the picture has no alpha.
    Rgba,
}

/// Fills `out`, rows of `width` pixels; `None` where the bytes are no still picture, or one that needs more room.
pub(super) fn decode(picture: &[u8], layout: Layout, width: usize, out: &mut [u8]) -> Option<()> {
    let (into, samples): (unsafe extern "C" fn(*const u8, usize, *mut u8, usize, i32) -> *mut u8, usize) = match layout {
        Layout::Rgb => (c::WebPDecodeRGBInto, 3),
        Layout::Rgba => (c::WebPDecodeRGBAInto, 4),
    };
    let stride = i32::try_from(width.checked_mul(samples)?).ok()?;
    // SAFETY: both pointers come with the length of what they point to; libwebp reads and writes within those, and writes nothing
    // where rows of this stride do not fit.
    let written = unsafe { into(picture.as_ptr(), picture.len(), out.as_mut_ptr(), out.len(), stride) };
    (!written.is_null()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(samples: usize) -> Vec<u8> {
        let pixels: Vec<u8> = (0..5 * 3 * samples).map(|at| at as u8).collect();
        let layout = if samples == 4 { webp::PixelLayout::Rgba } else { webp::PixelLayout::Rgb };
        webp::Encoder::new(&pixels, layout, 5, 3).encode_lossless().to_vec()
    }

    #[test]
    fn alpha_is_dropped_or_opaque_where_it_is_not_there() {
        let (mut rgb, mut rgba) = (vec![0; 45], vec![0; 60]);
        decode(&picture(3), Layout::Rgba, 5, &mut rgba).unwrap();
        assert!(rgba.chunks(4).enumerate().all(|(at, p)| p == [at as u8 * 3, at as u8 * 3 + 1, at as u8 * 3 + 2, 255]));
        decode(&picture(4), Layout::Rgb, 5, &mut rgb).unwrap();
        // Pixel 0 has an alpha of 3, which a lossless picture keeps beside its colours.
        assert!(rgb.chunks(3).enumerate().all(|(at, p)| p == [at as u8 * 4, at as u8 * 4 + 1, at as u8 * 4 + 2]));
    }

    #[test]
    fn a_picture_that_does_not_fit_is_refused() {
        let mut out = vec![7; 44];
        assert!(decode(&picture(3), Layout::Rgb, 5, &mut out).is_none());
        assert!(decode(&picture(3)[..20], Layout::Rgb, 5, &mut [0; 45]).is_none());
        assert!(decode(&picture(3), Layout::Rgb, 4, &mut [0; 45]).is_none());
        assert!(decode(&picture(3), Layout::Rgb, usize::MAX, &mut [0; 45]).is_none());
    }
}
