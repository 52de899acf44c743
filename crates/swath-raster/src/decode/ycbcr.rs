//! YCbCr without JPEG (TIFF 6.0, section 21): units of `across * down` lumas and one pair of colour differences become RGB,
//! by the integers that libtiff reckons with.

use crate::{Error, Result};

/// Tags 529, 530 and 532.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct YCbCr {
    pub across: usize,
    pub down: usize,
    /// Shares of red, green and blue in the luma.
    pub luma: [f32; 3],
    /// Black and white of luma, of Cb and of Cr.
    pub reference: [f32; 6],
}

impl Default for YCbCr {
    fn default() -> Self {
        Self { across: 2, down: 2, luma: [0.299, 0.587, 0.114], reference: [0.0, 255.0, 128.0, 255.0, 128.0, 255.0] }
    }
}

impl YCbCr {
    /// Bytes of a block of `width * height` pixels.
    pub fn stored_size(&self, width: usize, height: usize) -> Option<usize> {
        let units = width.div_ceil(self.across).checked_mul(height.div_ceil(self.down))?;
        units.checked_mul(self.across * self.down + 2)
    }

    /// Red, green and blue of each pixel.
    ///
    /// # Errors
    /// Damaged where the bytes are too few.
    pub fn rgb(&self, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
        let (across, down) = (self.across, self.down);
        let (unit, per_row) = (across * down + 2, width.div_ceil(across));
        if self.stored_size(width, height).is_none_or(|needed| stored.len() < needed) {
            return Err(Error::damaged("", format!("{} bytes of YCbCr", stored.len()), format!("{width} x {height} pixels of them")));
        }
        let tables = Tables::new(self);
        let mut out = vec![0; width * height * 3];
        for (at, pixel) in out.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let (row, col) = (at / width, at % width);
            let unit = &stored[(row / down * per_row + col / across) * unit..][..unit];
            *pixel = tables.pixel(unit[row % down * across + col % across], unit[across * down], unit[across * down + 1]);
        }
        Ok(out)
    }
}

struct Tables {
    luma: [i32; 256],
    red: [i32; 256],
    blue: [i32; 256],
    green_of_red: [i32; 256],
    green_of_blue: [i32; 256],
}

impl Tables {
    fn new(from: &YCbCr) -> Self {
        const HALF: i32 = 1 << 15;
        let fixed = |value: f32| (f64::from(value.clamp(0.0, 2.0)) * 65536.0 + 0.5) as i32;
        let [red, green, blue] = from.luma;
        let green = if green == 0.0 { 1.0 } else { green };
        let (of_red, of_blue) = (2.0 - 2.0 * red, 2.0 - 2.0 * blue);
        let (d1, d2, d3, d4) = (fixed(of_red), -fixed(red * of_red / green), fixed(of_blue), -fixed(blue * of_blue / green));
        let level = |code: i32, black: f32, white: f32, range: f32| {
            let span = if white == black { 1.0 } else { white - black };
            ((code as f32 - black.trunc()) * range / span).clamp(-4096.0, 4096.0) as i32
        };
        let r = from.reference;
        let table = |value: &dyn Fn(i32) -> i32| std::array::from_fn(|i| value(i as i32 - 128));
        let cb = |x: i32| level(x, r[2] - 128.0, r[3] - 128.0, 127.0);
        let cr = |x: i32| level(x, r[4] - 128.0, r[5] - 128.0, 127.0);
        Self {
            luma: table(&|x| level(x + 128, r[0], r[1], 255.0)),
            red: table(&|x| d1.wrapping_mul(cr(x)).wrapping_add(HALF) >> 16),
            blue: table(&|x| d3.wrapping_mul(cb(x)).wrapping_add(HALF) >> 16),
            green_of_red: table(&|x| d2.wrapping_mul(cr(x))),
            green_of_blue: table(&|x| d4.wrapping_mul(cb(x)).wrapping_add(HALF)),
        }
    }

    fn pixel(&self, y: u8, cb: u8, cr: u8) -> [u8; 3] {
        let (y, cb, cr) = (self.luma[usize::from(y)], usize::from(cb), usize::from(cr));
        let green = self.green_of_blue[cb].wrapping_add(self.green_of_red[cr]) >> 16;
        [y + self.red[cr], y + green, y + self.blue[cb]].map(|v| v.clamp(0, 255) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_shares_its_colour_and_is_cut_at_the_edge() {
        let space = YCbCr { across: 2, down: 1, ..YCbCr::default() };
        let stored = [10, 20, 128, 128, 30, 0, 128, 255];
        let rgb = space.rgb(&stored, 3, 1).unwrap();
        assert_eq!(rgb[..6], [10, 10, 10, 20, 20, 20]);
        assert_eq!(rgb[6..], [30 + 178, 0, 30]);
        assert!(space.rgb(&stored[..7], 3, 1).is_err());
    }
}
