use crate::{Error, Family, Result};

pub type Colour = [u8; 3];

pub const INK: Colour = [33, 37, 41];
pub const FAINT: Colour = [108, 117, 125];
/// Where there is no data: a light ground with darker stripes.
pub const EMPTY: Colour = [244, 244, 244];
pub const STRIPE: Colour = [205, 205, 205];

/// A rectangle of an image in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

impl Area {
    pub fn right(self) -> i64 {
        self.x + self.width
    }
    pub fn bottom(self) -> i64 {
        self.y + self.height
    }
}

/// An opaque RGB image that is drawn on; what lies outside is not drawn.
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    /// White.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, rgb: vec![255; width * height * 3] }
    }

    pub fn set(&mut self, x: i64, y: i64, colour: Colour) {
        self.blend(x, y, colour, 1.0);
    }

    /// Mixes a colour in by its share.
    pub fn blend(&mut self, x: i64, y: i64, colour: Colour, share: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= self.width || y >= self.height {
            return;
        }
        let share = share.clamp(0.0, 1.0);
        for (to, from) in self.rgb[(y * self.width + x) * 3..][..3].iter_mut().zip(colour) {
            *to = (f32::from(*to) * (1.0 - share) + f32::from(from) * share).round() as u8;
        }
    }

    pub fn fill(&mut self, area: Area, colour: Colour) {
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                self.set(x, y, colour);
            }
        }
    }

    /// A line one pixel wide just outside the area.
    pub fn outline(&mut self, area: Area, colour: Colour) {
        let Area { x, y, width, height } = area;
        self.fill(Area { x: x - 1, y: y - 1, width: width + 2, height: 1 }, colour);
        self.fill(Area { x: x - 1, y: y + height, width: width + 2, height: 1 }, colour);
        self.fill(Area { x: x - 1, y, width: 1, height }, colour);
        self.fill(Area { x: x + width, y, width: 1, height }, colour);
    }

    /// The sign for 'no data' at a place of the picture.
    pub fn empty(&mut self, x: i64, y: i64) {
        self.set(x, y, if (x + y).rem_euclid(8) < 2 { STRIPE } else { EMPTY });
    }

    /// As a PNG.
    ///
    /// # Errors
    /// Disk where the encoder cannot write.
    pub fn png(&self) -> Result<Vec<u8>> {
        let failed = |e: png::EncodingError| Error::new(Family::Disk, "", format!("the PNG could not be written: {e}"), "");
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.rgb).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(out)
    }
}
