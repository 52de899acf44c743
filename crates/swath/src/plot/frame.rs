use super::picture::{Area, FAINT, INK, Picture};
use super::text::{Align, Style, Text};
use super::ticks;
use crate::stack::Stack;

/// Pixels of a tick's mark.
const MARK: i64 = 6;
/// Pixels from one panel to the next, and at least between the numbers of both.
pub const BETWEEN: i64 = 26;
const APART: i64 = 12;
/// Height of axis numbers and names.
pub const NUMBERS: f32 = 17.0;
pub const NAMES: f32 = 19.0;

/// The axes of all panels: where ticks lie and what they are called.
pub struct Axes {
    pub x: Axis,
    pub y: Axis,
}

pub struct Axis {
    pub name: String,
    low: f64,
    high: f64,
    /// Position and label.
    ticks: Vec<(f64, String)>,
}

/// Which axes a panel shows: inner panels of a grid share those at its rim.
#[derive(Clone, Copy)]
pub struct Rim {
    pub left: bool,
    pub bottom: bool,
    /// No panel follows beside it, into whose numbers the last one might run.
    pub right: bool,
}

impl Axes {
    /// `room` is the size of a panel in pixels, which limits how many ticks fit.
    pub fn of(stack: &Stack, room: (i64, i64), text: &Text) -> Self {
        let b = stack.grid.bounds();
        let crs = stack.grid.crs.as_ref();
        let geographic = crs.is_some_and(|c| c.is_geographic());
        let unit = match crs.map(|c| c.unit()) {
            Some("metre" | "meter") => "m".to_owned(),
            Some("") | None => "pixels".to_owned(),
            Some(other) => other.to_owned(),
        };
        let axis = |low: f64, high: f64, pixels: i64, per: f32, names: (&str, &str), sides: (char, char)| {
            // Two say how large it is, where two fit.
            let least = if pixels as f32 >= 1.5 * per { 2 } else { 1 };
            let (values, decimals) = ticks::ticks(low, high, ((pixels as f32 / per) as usize).clamp(least, 6));
            let label = |v: f64| if geographic { ticks::degrees(v, decimals, sides.0, sides.1) } else { ticks::number(v, decimals) };
            let name = if geographic { names.0.to_owned() } else { format!("{} [{unit}]", names.1) };
            Axis { name, low, high, ticks: values.into_iter().map(|v| (v, label(v))).collect() }
        };
        let widest = text.width(&ticks::number(b.right.abs().max(b.left.abs()), 1), NUMBERS);
        Self {
            x: axis(b.left, b.right, room.0, (widest * 1.6).max(60.0), ("longitude", "easting"), ('E', 'W')),
            y: axis(b.bottom, b.top, room.1, 70.0, ("latitude", "northing"), ('N', 'S')),
        }
    }

    /// Width of the widest number of the y axis.
    pub fn left(&self, text: &Text) -> i64 {
        self.y.ticks.iter().map(|(_, label)| text.width(label, NUMBERS)).fold(0.0, f32::max).ceil() as i64 + MARK + 6
    }

    /// Height under a panel that ticks and numbers need.
    pub fn below() -> i64 {
        MARK + 6 + NUMBERS as i64
    }

    /// The frame of a panel, with ticks at the rim.
    pub fn draw(&self, picture: &mut Picture, area: Area, text: &Text, rim: Rim) {
        picture.outline(area, FAINT);
        let half = |label: &str| (text.width(label, NUMBERS) / 2.0).ceil() as i64;
        // The first number of the next panel may begin to the left of it.
        let begins = self.x.ticks.first().map_or(0, |(value, label)| place(*value, self.x.low, self.x.high, area.width) - half(label));
        let room = area.right() + BETWEEN + begins.min(0) - APART;
        let style = |align| Style { size: NUMBERS, colour: INK, align };
        for (value, label) in &self.x.ticks {
            let x = area.x + place(*value, self.x.low, self.x.high, area.width);
            picture.fill(Area { x, y: area.bottom() + 1, width: 1, height: if rim.bottom { MARK } else { 3 } }, INK);
            if rim.bottom && (rim.right || x + half(label) <= room) {
                text.draw(picture, label, (x as f32, (area.bottom() + MARK + 4) as f32 + NUMBERS / 2.0), style(Align::Centre));
            }
        }
        for (value, label) in &self.y.ticks {
            let y = area.bottom() - 1 - place(*value, self.y.low, self.y.high, area.height);
            let mark = if rim.left { MARK } else { 3 };
            picture.fill(Area { x: area.x - 1 - mark, y, width: mark, height: 1 }, INK);
            if rim.left {
                text.draw(picture, label, ((area.x - MARK - 6) as f32, y as f32), style(Align::Right));
            }
        }
    }
}

/// Pixels from the low end.
fn place(value: f64, low: f64, high: f64, length: i64) -> i64 {
    (((value - low) / (high - low)) * (length - 1) as f64).round() as i64
}
