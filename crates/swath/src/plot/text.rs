use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use super::picture::{Colour, Picture};
use crate::{Error, Family, Result};

/// DejaVu Sans, cut to Latin-1 and a few signs.
const FACE: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// The one typeface of a picture.
pub struct Text {
    font: FontRef<'static>,
}

/// Which part of the text lies at the point given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub size: f32,
    pub colour: Colour,
    pub align: Align,
}

impl Text {
    pub fn new() -> Result<Self> {
        let broken = |_| Error::new(Family::Unsupported, "", "the embedded font is not readable", "");
        Ok(Self { font: FontRef::try_from_slice(FACE).map_err(broken)? })
    }

    /// Width in pixels.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        let font = self.font.as_scaled(PxScale::from(size));
        let mut before = None;
        text.chars()
            .map(|c| {
                let id = font.glyph_id(c);
                let kern = before.replace(id).map_or(0.0, |b| font.kern(b, id));
                kern + font.h_advance(id)
            })
            .sum()
    }

    /// Draws one line; `y` is the middle of its lower-case letters' height.
    pub fn draw(&self, picture: &mut Picture, text: &str, (x, y): (f32, f32), style: Style) {
        self.cover(
            text,
            style,
            |dx, dy, share| picture.blend((x + dx).floor() as i64, (y + dy).floor() as i64, style.colour, share),
            (x, y),
        );
    }

    /// The same, turned so that it reads from bottom to top; `x` is its middle.
    pub fn draw_upwards(&self, picture: &mut Picture, text: &str, (x, y): (f32, f32), style: Style) {
        self.cover(
            text,
            style,
            |dx, dy, share| picture.blend((x + dy).floor() as i64, (y - dx).floor() as i64, style.colour, share),
            (0.0, 0.0),
        );
    }

    /// Calls `dot` with the place of each inked pixel relative to the anchor and how much of it is inked.
    fn cover(&self, text: &str, style: Style, mut dot: impl FnMut(f32, f32, f32), anchor: (f32, f32)) {
        let font = self.font.as_scaled(PxScale::from(style.size));
        let width = self.width(text, style.size);
        let mut pen = match style.align {
            Align::Left => 0.0,
            Align::Centre => -width / 2.0,
            Align::Right => -width,
        };
        let base = style.size * 0.27;
        // Glyphs are laid on whole pixels, so that every line of the picture is equally sharp.
        let (fx, fy) = (anchor.0.fract(), anchor.1.fract());
        let mut before = None;
        for c in text.chars() {
            let id = font.glyph_id(c);
            pen += before.replace(id).map_or(0.0, |b| font.kern(b, id));
            let glyph: Glyph = id.with_scale_and_position(PxScale::from(style.size), point(pen + fx, (base + fy).round()));
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|gx, gy, share| dot(corner.x + gx as f32 - fx, corner.y + gy as f32 - fy, share));
            }
            pen += font.h_advance(id);
        }
    }

    /// Lines no wider than the room, broken between words.
    pub fn wrapped(&self, text: &str, size: f32, room: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), size) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(self.fitted(word, size, room)),
            }
        }
        lines
    }

    /// The text, cut with dots where it is wider than `room`.
    pub fn fitted(&self, text: &str, size: f32, room: f32) -> String {
        if self.width(text, size) <= room {
            return text.to_owned();
        }
        let mut chars: Vec<char> = text.chars().collect();
        while chars.pop().is_some() {
            let cut = format!("{}…", chars.iter().collect::<String>().trim_end());
            if self.width(&cut, size) <= room {
                return cut;
            }
        }
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_that_plots_use_has_a_glyph() {
        let text = Text::new().unwrap();
        for c in "AZaz09 .,:;-+()[]%/°²×–−…".chars() {
            assert_ne!(text.font.glyph_id(c).0, 0, "{c:?}");
        }
    }

    #[test]
    fn lines_break_between_words() {
        let text = Text::new().unwrap();
        let lines = text.wrapped("a rather long title of a plot", 20.0, 120.0);
        assert!(lines.len() > 1 && lines.iter().all(|l| text.width(l, 20.0) <= 120.0), "{lines:?}");
        assert_eq!(lines.join(" "), "a rather long title of a plot");
    }

    #[test]
    fn a_long_text_is_cut_to_its_room() {
        let text = Text::new().unwrap();
        let cut = text.fitted("a rather long title of a plot", 20.0, 120.0);
        assert!(cut.ends_with('…') && text.width(&cut, 20.0) <= 120.0, "{cut}");
        assert_eq!(text.fitted("short", 20.0, 120.0), "short");
    }
}
