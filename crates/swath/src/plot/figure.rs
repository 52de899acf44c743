use super::colours::{Colours, colours, is_composite};
use super::frame::{Axes, BETWEEN, NAMES, NUMBERS, Rim};
use super::legend;
use super::panel::{Coverage, paint};
use super::picture::{Area, FAINT, INK, Picture};
use super::text::{Align, Style, Text};
use crate::Result;
use crate::stack::{Over, Reduce, Stack, Time};

/// Words around a picture.
#[derive(Debug, Clone, Default)]
pub struct Plot {
    /// In place of the title made from bands and times.
    pub title: Option<String>,
    /// Where the data is from, in the second line.
    pub source: Option<String>,
}

/// Panels of one picture at most; the title says how many more there are.
const PANELS: usize = 12;
const TITLE: f32 = 28.0;
const SECOND: f32 = 18.0;
const MARGIN: i64 = 28;
/// So that the second line can name source and CRS.
const NARROWEST: i64 = 720;

/// The picture of a stack as PNG: one panel per time and band (one per time for a composite of three bands).
///
/// # Errors
/// Disk where the encoder fails.
pub fn draw(stack: &Stack, plot: &Plot) -> Result<Vec<u8>> {
    let text = Text::new()?;
    let all = planes(stack);
    let shown = &spread(&all);
    let colours = colours(stack, shown);
    let layout = Layout::of(stack, shown.len(), &text, &colours);
    let mut picture = Picture::new(layout.width as usize, layout.height as usize);
    heading(&mut picture, &text, stack, plot, (shown.len(), all.len()), &layout);
    let mut gaps = false;
    for (i, plane) in shown.iter().enumerate() {
        let area = layout.panel(i);
        let coverage = paint(&mut picture, area, stack, *plane, &colours);
        gaps |= coverage != Coverage::Full;
        if coverage == Coverage::Empty {
            let middle = ((area.x + area.width / 2) as f32, (area.y + area.height / 2) as f32);
            text.draw(&mut picture, "no data", middle, Style { size: NAMES, colour: INK, align: Align::Centre });
        }
        let last = (i + 1) % layout.columns == 0 || i + 1 == shown.len();
        let rim = Rim { left: i % layout.columns == 0, bottom: i + layout.columns >= shown.len(), right: last };
        layout.axes.draw(&mut picture, area, &text, rim);
        if let Some(caption) = caption(stack, *plane) {
            let style = Style { size: NUMBERS, colour: INK, align: Align::Left };
            let caption = text.fitted(&caption, NUMBERS, area.width as f32);
            text.draw(&mut picture, &caption, (area.x as f32, (area.y - 13) as f32), style);
        }
    }
    names(&mut picture, &text, &layout);
    legend::draw(&mut picture, &text, stack, layout.legend, (&colours, gaps));
    picture.png()
}

/// Time and band of each panel.
fn planes(stack: &Stack) -> Vec<(usize, usize)> {
    let [times, bands, ..] = stack.shape();
    let bands = if is_composite(stack) { 1 } else { bands };
    (0..times).flat_map(|t| (0..bands).map(move |b| (t, b))).collect()
}

/// Of more panels than a picture holds those of times from the first to the last, evenly apart.
fn spread(all: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let bands = all.iter().take_while(|plane| plane.0 == 0).count().max(1);
    let (times, most) = (all.len() / bands, (PANELS / bands).max(1));
    let kept = most.min(times);
    let at = |k: usize| if kept > 1 { (k * (times - 1) + (kept - 1) / 2) / (kept - 1) } else { 0 };
    let planes = (0..kept).flat_map(|k| (0..bands).filter_map(move |band| all.get(at(k) * bands + band)));
    planes.take(PANELS).copied().collect()
}

/// Where everything lies, in pixels.
struct Layout {
    width: i64,
    height: i64,
    columns: usize,
    rows: usize,
    cell: (i64, i64),
    /// Upper left corner of the first panel.
    first: (i64, i64),
    map: (i64, i64),
    axes: Axes,
    legend: Area,
}

impl Layout {
    fn of(stack: &Stack, panels: usize, text: &Text, colours: &Colours) -> Self {
        let aspect = aspect(stack);
        let columns = columns(panels, if is_composite(stack) { 1 } else { stack.bands.len() }, aspect);
        let rows = panels.div_ceil(columns).max(1);
        let wide: f64 = match columns {
            1 => 900.0,
            2 => 560.0,
            3 => 400.0,
            _ => 310.0,
        };
        let tall: f64 = if rows == 1 { 760.0 } else { (1100.0 / rows as f64).min(500.0) };
        let width = wide.min(tall / aspect).max(120.0);
        let map = (width.round() as i64, (width * aspect).round().clamp(60.0, tall.max(60.0)) as i64);
        let axes = Axes::of(stack, map, text);
        let captions = panels > 1 || stack.bands.len() > 1;
        let above = if captions { 30 } else { 0 };
        let left = MARGIN + NAMES as i64 + 14 + axes.left(text);
        let top = MARGIN + TITLE as i64 + 12 + SECOND as i64 + 22 + above;
        let cell = (map.0 + BETWEEN, map.1 + above + 14);
        let maps_right = left + cell.0 * columns as i64 - BETWEEN;
        let maps_bottom = top + cell.1 * rows as i64 - above - 14;
        let bottom = maps_bottom + Axes::below() + NAMES as i64 + 22;
        let (wide, high) = legend::size(stack, text, colours);
        let legend = Area { x: maps_right + 48, y: top, width: wide, height: (maps_bottom - top).max(high) };
        let height = (bottom + MARGIN).max(legend.bottom() + 110);
        let width = (legend.right() + MARGIN).max(NARROWEST);
        Self { width, height, columns, rows, cell, first: (left, top), map, axes, legend }
    }

    fn panel(&self, i: usize) -> Area {
        let (col, row) = ((i % self.columns) as i64, (i / self.columns) as i64);
        Area { x: self.first.0 + col * self.cell.0, y: self.first.1 + row * self.cell.1, width: self.map.0, height: self.map.1 }
    }

    fn maps(&self) -> Area {
        let (right, bottom) = (self.columns as i64 - 1, self.rows as i64 - 1);
        Area { x: self.first.0, y: self.first.1, width: right * self.cell.0 + self.map.0, height: bottom * self.cell.1 + self.map.1 }
    }
}

/// Height over width on the ground; a degree of longitude is shorter away from the equator.
fn aspect(stack: &Stack) -> f64 {
    let b = stack.grid.bounds();
    let geographic = stack.grid.crs.as_ref().is_some_and(|c| c.is_geographic());
    let shrink = if geographic { ((b.top + b.bottom) / 2.0).to_radians().cos().max(0.1) } else { 1.0 };
    let aspect = (b.top - b.bottom) / ((b.right - b.left) * shrink);
    if aspect.is_finite() && aspect > 0.0 { aspect.clamp(0.1, 6.0) } else { 1.0 }
}

/// As many columns as make the whole about 4:3; of several times with several bands so that the bands stand one below the other.
fn columns(panels: usize, bands: usize, aspect: f64) -> usize {
    let best = (1..=panels.clamp(1, 4)).min_by(|a, b| {
        let off = |c: usize| {
            let rows = panels.div_ceil(c);
            let shape = (rows as f64 * aspect) / c as f64;
            let scattered = bands > 1 && panels > bands && !c.is_multiple_of(bands) && !bands.is_multiple_of(c);
            (shape / 0.75).ln().abs() + 0.15 * (c * rows - panels) as f64 + if scattered { 0.7 } else { 0.0 }
        };
        off(*a).total_cmp(&off(*b))
    });
    best.unwrap_or(1)
}

fn span_of_times(stack: &Stack) -> String {
    let (Some(first), Some(last)) = (stack.times.first(), stack.times.last()) else { return String::new() };
    if let Some((from, to)) = first.period.zip(last.period) {
        return Time { period: Some((from.0, to.1)), ..first.clone() }.label();
    }
    let end = last.end.unwrap_or(last.datetime);
    if first.datetime == end { first.label() } else { format!("{} – {}", first.datetime.format("%Y-%m-%d"), end.format("%Y-%m-%d")) }
}

fn heading(picture: &mut Picture, text: &Text, stack: &Stack, plot: &Plot, (shown, all): (usize, usize), layout: &Layout) {
    let names: Vec<&str> = stack.bands.iter().map(|b| b.name.as_str()).collect();
    let said = names.join(", ").to_lowercase() == "red, green, blue";
    let what = if is_composite(stack) && !said { format!("{} as red, green, blue", names.join(", ")) } else { names.join(", ") };
    let title = plot.title.clone().unwrap_or_else(|| match stack.reduce {
        Reduce::None => format!("{what}, {}", span_of_times(stack)),
        how => {
            let items = stack.times.first().map_or(0, |t| t.items.len());
            let items = if stack.times.len() == 1 { format!(" of {items} items") } else { String::new() };
            let over = if stack.over == Over::All { String::new() } else { format!(" by {}", stack.over.name().replace('-', " ")) };
            format!("{what}: {}{items}{over}", how.name())
        }
    });
    let room = (layout.width - layout.first.0 - MARGIN) as f32;
    let x = layout.first.0 as f32;
    let y = (MARGIN as f32) + TITLE / 2.0;
    let size = title_size(text, &title, room);
    let lines = text.wrapped(&title, size, room);
    for (i, line) in lines.iter().take(2).enumerate() {
        let middle = if lines.len() > 1 { y + (i as f32 - 0.6) * (size + 4.0) } else { y };
        let line = if i == 1 && lines.len() > 2 { text.fitted(&lines[1..].join(" "), size, room) } else { line.clone() };
        text.draw(picture, &line, (x, middle), Style { size, colour: INK, align: Align::Left });
    }
    let mut second: Vec<String> = Vec::new();
    if let Some(source) = &plot.source {
        second.push(source.clone());
    }
    if stack.reduce != Reduce::None {
        second.push(span_of_times(stack));
    }
    if let Some(crs) = &stack.grid.crs {
        let code = crs.code().map(|c| format!(" ({c})")).unwrap_or_default();
        second.push(format!("{}{code}", crs.name()));
    }
    if all > shown {
        second.push(format!("{shown} of {all} panels, from the first to the last time"));
    }
    let second = text.fitted(&second.join("  ·  "), SECOND, room);
    text.draw(picture, &second, (x, y + TITLE / 2.0 + 12.0 + SECOND / 2.0), Style { size: SECOND, colour: FAINT, align: Align::Left });
}

/// Smaller where it takes two lines.
fn title_size(text: &Text, title: &str, room: f32) -> f32 {
    if text.width(title, TITLE) <= room { TITLE } else { TITLE * 0.7 }
}

fn caption(stack: &Stack, (time, band): (usize, usize)) -> Option<String> {
    let [times, bands, ..] = stack.shape();
    let several_bands = bands > 1 && !is_composite(stack);
    let date = (time < times).then(|| stack.label(time));
    match (times > 1, several_bands) {
        (true, true) => Some(format!("{} {}", date?, stack.bands.get(band)?.name)),
        (true, false) => date,
        (false, true) => stack.bands.get(band).map(|b| b.name.clone()),
        (false, false) => None,
    }
}

/// The names of the axes, once for all panels.
fn names(picture: &mut Picture, text: &Text, layout: &Layout) {
    let maps = layout.maps();
    let style = Style { size: NAMES, colour: INK, align: Align::Centre };
    let below = (maps.bottom() + Axes::below()) as f32 + 8.0 + NAMES / 2.0;
    text.draw(picture, &layout.axes.x.name, (maps.x as f32 + maps.width as f32 / 2.0, below), style);
    let beside = MARGIN as f32 + NAMES / 2.0;
    text.draw_upwards(picture, &layout.axes.y.name, (beside, maps.y as f32 + maps.height as f32 / 2.0), style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_times_those_are_shown_that_lie_evenly_apart() {
        let all =
            |times: usize, bands: usize| -> Vec<(usize, usize)> { (0..times).flat_map(|t| (0..bands).map(move |b| (t, b))).collect() };
        let times = |times: usize, bands: usize| -> Vec<usize> { spread(&all(times, bands)).iter().map(|p| p.0).collect() };
        assert_eq!(times(5, 1), [0, 1, 2, 3, 4]);
        assert_eq!(times(23, 1), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]);
        assert_eq!(times(40, 4), [0, 0, 0, 0, 20, 20, 20, 20, 39, 39, 39, 39]);
        assert_eq!(spread(&all(2, 20)).len(), PANELS);
        assert!(spread(&[]).is_empty());
    }

    #[test]
    fn bands_of_several_times_stand_one_below_the_other() {
        for (panels, bands, expected) in [(12, 6, 3), (6, 3, 3), (8, 4, 4), (12, 1, 4), (6, 6, 3)] {
            assert_eq!(columns(panels, bands, 1.0), expected, "{panels} panels of {bands} bands");
        }
    }
}
