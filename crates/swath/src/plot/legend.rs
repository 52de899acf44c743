//! What the colours of a picture mean, beside its panels.

use super::colours::{Colours, Group, Shown, Stretch, viridis};
use super::frame::{NAMES, NUMBERS};
use super::picture::{Area, Colour, FAINT, INK, Picture};
use super::text::{Align, Style, Text};
use super::ticks;
use crate::stack::{Reduce, Stack};

const NOTE: f32 = 15.0;
/// What is said where values lie beyond the ends of the colours.
const CUT_NOTE: [&str; 2] = ["colours: 2–98 %", "of the values"];
/// Width of the one bar, and of each of several.
const BAR: i64 = 26;
const SMALL_BAR: i64 = 16;
/// Between the lines of classes.
const LINE: i64 = 28;
/// Classes of one of several groups that are named.
const CLASSES: usize = 12;
const SMALL: Style = Style { size: NUMBERS, colour: INK, align: Align::Left };
const QUIET: Style = Style { size: NOTE, colour: FAINT, align: Align::Left };

/// Width and least height that a legend needs.
pub fn size(stack: &Stack, text: &Text, colours: &Colours) -> (i64, i64) {
    let widest = |texts: &mut dyn Iterator<Item = String>, size: f32| texts.map(|t| text.width(&t, size)).fold(0.0, f32::max).ceil() as i64;
    match colours {
        Colours::None => (110, 200),
        Colours::Ramp(stretch) => {
            let bar = BAR + 11 + numbers_width(text, *stretch) + 12 + NAMES as i64 + 4;
            (bar.max(widest(&mut CUT_NOTE.iter().map(|l| (*l).to_owned()), NOTE)), 200)
        }
        Colours::Classes(classes) => (34 + widest(&mut classes.iter().map(|c| c.class.name.clone()), NUMBERS).clamp(110, 320), 200),
        Colours::Composite(_) => (40 + widest(&mut stack.bands.iter().map(|b| b.name.clone()), NUMBERS).clamp(90, 260), 200),
        Colours::Apart(groups) => {
            let names = widest(&mut groups.iter().map(|group| quantity(stack, &group.bands)), NUMBERS);
            (names.clamp(180, 320), groups.iter().map(height).sum::<i64>().max(200))
        }
    }
}

fn height(group: &Group) -> i64 {
    match &group.colours {
        Colours::Classes(classes) => 26 + LINE * classes.len().min(CLASSES + 1) as i64 + 18,
        _ => 26 + SMALL_BAR + 46,
    }
}

/// Draws it, with what the colours leave out and the sign for no data under it.
pub fn draw(picture: &mut Picture, text: &Text, stack: &Stack, area: Area, (colours, gaps): (&Colours, bool)) {
    let end = match colours {
        // The sign for no data is then the first line of the legend.
        Colours::None => area.y - 17,
        Colours::Ramp(stretch) => bar(picture, text, stack, area, *stretch),
        Colours::Classes(list) => classes(picture, text, area, list, ((area.height - 30) / LINE).max(4) as usize),
        Colours::Composite(stretches) => composite(picture, text, stack, area, stretches),
        Colours::Apart(groups) => apart(picture, text, stack, area, groups),
    };
    notes(picture, text, area.x, colours, gaps, end);
}

/// One bar for all bands, upright.
fn bar(picture: &mut Picture, text: &Text, stack: &Stack, area: Area, stretch: Stretch) -> i64 {
    let tip = BAR / 2 + 2;
    let bar = Area { width: BAR, y: area.y + tip, height: area.height.min(640) - 2 * tip, ..area };
    for j in 0..bar.height {
        let share = 1.0 - j as f64 / (bar.height - 1).max(1) as f64;
        picture.fill(Area { y: bar.y + j, height: 1, ..bar }, viridis(share));
    }
    picture.outline(bar, FAINT);
    ends(picture, bar, stretch);
    let (values, decimals) = ticks::ticks(stretch.low, stretch.high, 6);
    for value in values {
        let y = bar.bottom() - 1 - (stretch.share(value) * (bar.height - 1) as f64).round() as i64;
        picture.fill(Area { x: bar.right() + 1, y, width: 5, height: 1 }, INK);
        text.draw(picture, &ticks::number(value, decimals), ((bar.right() + 11) as f32, y as f32), SMALL);
    }
    let all: Vec<usize> = (0..stack.bands.len()).collect();
    let name = if all.len() == 1 || stack.reduce == Reduce::Count { quantity(stack, &all) } else { with_unit("value", stack, &all) };
    let room = bar.height as f32;
    let style = Style { size: NAMES, colour: INK, align: Align::Centre };
    let x = (bar.right() + 11 + numbers_width(text, stretch) + 12) as f32 + NAMES / 2.0;
    text.draw_upwards(picture, &text.fitted(&name, NAMES, room), (x, bar.y as f32 + room / 2.0), style);
    bar.bottom() + if stretch.below { BAR / 2 } else { 0 }
}

/// Points at the ends of the bar beyond which values lie.
fn ends(picture: &mut Picture, bar: Area, stretch: Stretch) {
    for (there, share, edge, outwards) in [(stretch.above, 1.0, bar.y - 2, -1), (stretch.below, 0.0, bar.bottom() + 1, 1)] {
        for k in (0..bar.width / 2).filter(|_| there) {
            picture.fill(Area { x: bar.x + k, y: edge + outwards * k, width: bar.width - 2 * k, height: 1 }, viridis(share));
        }
    }
}

/// Of the widest number beside the colour bar.
fn numbers_width(text: &Text, stretch: Stretch) -> i64 {
    let (values, decimals) = ticks::ticks(stretch.low, stretch.high, 6);
    values.iter().map(|v| text.width(&ticks::number(*v, decimals), NUMBERS)).fold(0.0, f32::max).ceil() as i64
}

/// A line for each class, as many as there is room for.
fn classes(picture: &mut Picture, text: &Text, area: Area, classes: &[Shown], room: usize) -> i64 {
    for (i, shown) in classes.iter().take(room).enumerate() {
        let y = area.y + LINE * i as i64;
        let swatch = Area { x: area.x + 1, y: y + 1, width: 22, height: 18 };
        picture.fill(swatch, shown.colour);
        picture.outline(swatch, FAINT);
        let name = text.fitted(&shown.class.name, NUMBERS, (area.width - 34) as f32);
        text.draw(picture, &name, ((area.x + 34) as f32, (y + 10) as f32), SMALL);
    }
    let end = area.y + LINE * classes.len().min(room) as i64;
    if classes.len() <= room {
        return end;
    }
    text.draw(picture, &format!("and {} more classes", classes.len() - room), (area.x as f32, (end + 10) as f32), QUIET);
    end + 24
}

fn composite(picture: &mut Picture, text: &Text, stack: &Stack, area: Area, stretches: &[Stretch; 3]) -> i64 {
    const LIGHTS: [Colour; 3] = [[214, 39, 40], [44, 160, 44], [31, 119, 180]];
    for (i, (stretch, colour)) in stretches.iter().zip(LIGHTS).enumerate() {
        let y = area.y + 52 * i as i64;
        picture.fill(Area { x: area.x, y, width: 22, height: 22 }, colour);
        let name = stack.bands.get(i).map(|b| b.name.clone()).unwrap_or_default();
        text.draw(picture, &text.fitted(&name, NUMBERS, (area.width - 34) as f32), ((area.x + 34) as f32, (y + 10) as f32), SMALL);
        let range = format!("{} – {}", ticks::short(stretch.low), ticks::short(stretch.high));
        text.draw(picture, &range, ((area.x + 34) as f32, (y + 32) as f32), QUIET);
    }
    area.y + 52 * 3 - 10
}

/// For each group its bands and, lying, a bar or its classes.
fn apart(picture: &mut Picture, text: &Text, stack: &Stack, area: Area, groups: &[Group]) -> i64 {
    let mut y = area.y;
    for group in groups {
        let name = text.fitted(&quantity(stack, &group.bands), NUMBERS, area.width as f32);
        text.draw(picture, &name, (area.x as f32, (y + 10) as f32), SMALL);
        match &group.colours {
            Colours::Classes(list) => drop(classes(picture, text, Area { y: y + 26, ..area }, list, CLASSES)),
            Colours::Ramp(stretch) => {
                let bar = Area { x: area.x, y: y + 26, width: area.width.min(180), height: SMALL_BAR };
                for i in 0..bar.width {
                    let share = i as f64 / (bar.width - 1).max(1) as f64;
                    picture.fill(Area { x: bar.x + i, width: 1, ..bar }, viridis(share));
                }
                picture.outline(bar, FAINT);
                let below = (bar.bottom() + 13) as f32;
                text.draw(picture, &ticks::short(stretch.low), (bar.x as f32, below), QUIET);
                let right = Style { align: Align::Right, ..QUIET };
                text.draw(picture, &ticks::short(stretch.high), (bar.right() as f32, below), right);
            }
            _ => text.draw(picture, "no data", (area.x as f32, (y + 36) as f32), QUIET),
        }
        y += height(group);
    }
    y - 30
}

/// What bands measure, with its unit where it is one.
fn quantity(stack: &Stack, bands: &[usize]) -> String {
    if stack.reduce == Reduce::Count {
        return "items with data".into();
    }
    let names: Vec<&str> = bands.iter().filter_map(|b| stack.bands.get(*b)).map(|b| b.name.as_str()).collect();
    with_unit(&names.join(", "), stack, bands)
}

fn with_unit(name: &str, stack: &Stack, bands: &[usize]) -> String {
    let mut units = bands.iter().filter_map(|b| stack.bands.get(*b)).map(|b| b.unit.as_deref().unwrap_or_default());
    let first = units.next().unwrap_or_default();
    if first.is_empty() || units.any(|unit| unit != first) { name.to_owned() } else { format!("{name} [{first}]") }
}

/// Under the legend: what the colours leave out, and the sign for no data.
fn notes(picture: &mut Picture, text: &Text, x: i64, colours: &Colours, gaps: bool, end: i64) {
    let mut y = end + 26;
    if colours.cut_values() {
        for line in CUT_NOTE {
            text.draw(picture, line, (x as f32, y as f32), QUIET);
            y += 19;
        }
        y += 8;
    }
    if gaps {
        let swatch = Area { x: x + 1, y: y - 9, width: 22, height: 18 };
        for dy in 0..swatch.height {
            for dx in 0..swatch.width {
                picture.empty(swatch.x + dx, swatch.y + dy);
            }
        }
        picture.outline(swatch, FAINT);
        text.draw(picture, "no data", ((x + 34) as f32, y as f32), Style { colour: INK, ..QUIET });
    }
}
