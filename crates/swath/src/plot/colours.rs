use std::collections::BTreeSet;

use swath_raster::SampleType;

use super::picture::Colour;
use crate::stack::{Band, Class, Stack};

/// What a value looks like.
pub enum Colours {
    /// Along viridis from low to high; values beyond take the colour of the end.
    Ramp(Stretch),
    /// By class.
    Classes(Vec<Shown>),
    /// Three bands as red, green and blue, each stretched by itself.
    Composite([Stretch; 3]),
    /// Bands of unlike kind, each group of like ones by itself.
    Apart(Vec<Group>),
    /// There is no value to colour.
    None,
}

/// Bands with one meaning of colours.
pub struct Group {
    /// Places in the stack.
    pub bands: Vec<usize>,
    pub colours: Colours,
}

impl Colours {
    /// What colours mean in panels of one band.
    pub fn of_band(&self, band: usize) -> &Self {
        match self {
            Self::Apart(groups) => groups.iter().find(|g| g.bands.contains(&band)).map_or(&Self::None, |g| &g.colours),
            same => same,
        }
    }

    /// Whether values lie beyond the ends.
    pub fn cut_values(&self) -> bool {
        let cuts = |s: &Stretch| s.below || s.above;
        match self {
            Self::Ramp(stretch) => cuts(stretch),
            Self::Composite(all) => all.iter().any(cuts),
            Self::Apart(groups) => groups.iter().any(|g| g.colours.cut_values()),
            Self::Classes(_) | Self::None => false,
        }
    }
}

/// Between which values colours change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    pub low: f64,
    pub high: f64,
    /// Whether values lie beyond the ends.
    pub below: bool,
    pub above: bool,
}

/// A class with the colour that it gets.
#[derive(Debug, Clone)]
pub struct Shown {
    pub class: Class,
    pub colour: Colour,
}

/// Share of the values that the colours leave out at each end.
const CUT: f64 = 0.02;
/// Values looked at for a stretch; more are thinned evenly.
const LOOK: usize = 1 << 20;

impl Stretch {
    /// From the 2nd to the 98th percentile of the finite values; 0 to 1 where there are none.
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().filter(|v| v.is_finite()).count();
        let every = count.div_ceil(LOOK).max(1);
        let mut some: Vec<f64> = values.filter(|v| v.is_finite()).step_by(every).collect();
        some.sort_unstable_by(f64::total_cmp);
        let (Some(&least), Some(&most)) = (some.first(), some.last()) else {
            return Self { low: 0.0, high: 1.0, below: false, above: false };
        };
        let at = |share: f64| some[((some.len() - 1) as f64 * share).round() as usize];
        let (mut low, mut high) = (at(CUT), at(1.0 - CUT));
        if low == high {
            // Nearly all values are one: the whole range shows what else there is.
            (low, high) = (least, most);
        }
        if low == high {
            let half = if low == 0.0 { 0.5 } else { low.abs() / 2.0 };
            (low, high) = (low - half, high + half);
        }
        Self { low, high, below: least < low, above: most > high }
    }

    /// 0 at the low end, 1 at the high end, no further.
    pub fn share(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// Viridis at a share of its length.
pub fn viridis(share: f64) -> Colour {
    let c = colorous::VIRIDIS.eval_continuous(share);
    [c.r, c.g, c.b]
}

/// Bands share a ramp where the narrowest still takes so much of it.
const LEAST_SHARE: f64 = 1.0 / 4.0;

/// How to colour a stack: a composite for red, green and blue, classes where bands have them, else a ramp over the values of all bands that
/// have the unit and about the range in common.
pub fn colours(stack: &Stack, planes: &[(usize, usize)]) -> Colours {
    let bands = if is_composite(stack) { vec![Some(0), Some(1), Some(2)] } else { vec![None] };
    if !bands.into_iter().any(|band| holds_data(stack, planes, band)) {
        return Colours::None;
    }
    if is_composite(stack) {
        if stack.sample() == SampleType::U8 {
            // Eight bits are made to be looked at.
            return Colours::Composite([Stretch { low: 0.0, high: 255.0, below: false, above: false }; 3]);
        }
        let of = |band: usize| Stretch::of(values(stack, planes, Some(band)).into_iter());
        return Colours::Composite([of(0), of(1), of(2)]);
    }
    let shown_bands: BTreeSet<usize> = planes.iter().map(|p| p.1).collect();
    let mut groups = groups(stack, planes, &shown_bands);
    match groups.len() {
        1 => groups.remove(0).colours,
        _ => Colours::Apart(groups),
    }
}

/// The bands in groups of like ones, in order.
fn groups(stack: &Stack, planes: &[(usize, usize)], bands: &BTreeSet<usize>) -> Vec<Group> {
    struct Like<'s> {
        bands: Vec<usize>,
        classes: &'s [Class],
        unit: Option<&'s str>,
        values: Vec<f64>,
        /// Of the narrowest band, and of all.
        narrowest: f64,
        range: (f64, f64),
    }
    let mut found: Vec<Like<'_>> = Vec::new();
    for &index in bands {
        let Some(band) = stack.bands.get(index) else { continue };
        let own: Vec<(usize, usize)> = planes.iter().copied().filter(|p| p.1 == index).collect();
        let values = values(stack, &own, None);
        let stretch = Stretch::of(values.iter().copied());
        let (unit, empty) = (band.unit.as_deref(), !values.iter().any(|v| v.is_finite()));
        let named = !band.classes.is_empty() && values.iter().all(|v| !v.is_finite() || v.fract() == 0.0);
        let classes = if named { band.classes.as_slice() } else { &[] };
        let like = found.iter_mut().find(|like| {
            let (low, high) = (like.range.0.min(stretch.low), like.range.1.max(stretch.high));
            let narrowest = like.narrowest.min(stretch.high - stretch.low);
            let is_one_range = empty || narrowest >= LEAST_SHARE * (high - low);
            like.classes == classes && (!classes.is_empty() || (like.unit == unit && is_one_range))
        });
        match like {
            Some(like) => {
                like.bands.push(index);
                like.values.extend(values);
                if !empty {
                    like.narrowest = like.narrowest.min(stretch.high - stretch.low);
                    like.range = (like.range.0.min(stretch.low), like.range.1.max(stretch.high));
                }
            }
            None => {
                let (narrowest, range) = (stretch.high - stretch.low, (stretch.low, stretch.high));
                found.push(Like { bands: vec![index], classes, unit, values, narrowest, range });
            }
        }
    }
    let coloured = |like: Like<'_>| {
        let colours = match like.classes {
            _ if !like.values.iter().any(|v| v.is_finite()) => Colours::None,
            [] => Colours::Ramp(Stretch::of(like.values.iter().copied())),
            classes => Colours::Classes(shown(classes, &like.values)),
        };
        Group { bands: like.bands, colours }
    };
    found.into_iter().map(coloured).collect()
}

pub fn is_composite(stack: &Stack) -> bool {
    let [a, b, c] = stack.bands.as_slice() else { return false };
    let bands = [a, b, c];
    let named = bands.map(|b| colour_of(b).or_else(|| b.common_name.as_deref().map(str::to_ascii_lowercase)).unwrap_or_default());
    let numbered = bands.map(|b| b.name.to_ascii_uppercase().replace("B0", "B"));
    bands.iter().all(|b| b.classes.is_empty()) && (named == ["red", "green", "blue"] || numbered == ["B4", "B3", "B2"])
}

/// `red`, `green` or `blue`, where the name of the band or of its asset is that word or its first letter.
fn colour_of(band: &Band) -> Option<String> {
    let name = band.name.rsplit(':').next().unwrap_or_default();
    let words = [("red", "r"), ("green", "g"), ("blue", "b")];
    let is = |text: &str| words.iter().find(|(word, letter)| text.eq_ignore_ascii_case(word) || text.eq_ignore_ascii_case(letter));
    is(name).or_else(|| is(&band.asset)).map(|(word, _)| (*word).to_owned())
}

fn holds_data(stack: &Stack, planes: &[(usize, usize)], band: Option<usize>) -> bool {
    planes.iter().any(|&(time, own)| stack.plane_f64(time, band.unwrap_or(own)).iter().any(|v| v.is_finite()))
}

/// Thinned values of the planes that will be seen; of one band where it is given.
fn values(stack: &Stack, planes: &[(usize, usize)], band: Option<usize>) -> Vec<f64> {
    let mut all = Vec::new();
    for &(time, own) in planes {
        let plane = stack.plane_f64(time, band.unwrap_or(own));
        let every = (plane.len() * planes.len()).div_ceil(LOOK).max(1);
        all.extend(plane.into_iter().step_by(every));
    }
    all
}

/// The classes that occur, with the colour they name or one of their own.
fn shown(classes: &[Class], values: &[f64]) -> Vec<Shown> {
    let seen: std::collections::BTreeSet<i64> = values.iter().filter(|v| v.is_finite()).map(|v| *v as i64).collect();
    classes
        .iter()
        .enumerate()
        .filter(|(_, class)| seen.contains(&class.value))
        .map(|(i, class)| Shown { class: class.clone(), colour: class.color.unwrap_or_else(|| own_colour(i)) })
        .collect()
}

/// Ten colours that are easily told apart, then the same darker, then lighter.
fn own_colour(index: usize) -> Colour {
    let plain = colorous::TABLEAU10[index % colorous::TABLEAU10.len()];
    let towards = |v: u8| match index / colorous::TABLEAU10.len() % 3 {
        0 => v,
        1 => (f32::from(v) * 0.55) as u8,
        _ => 255 - ((255.0 - f32::from(v)) * 0.45) as u8,
    };
    [plain.r, plain.g, plain.b].map(towards)
}

#[cfg(test)]
mod tests {
    use swath_raster::{Affine, Grid, Nodata, Samples, Shape};

    use super::*;
    use crate::stack::{Over, Reduce};

    fn stack_of(bands: &[(&str, Option<&str>)], value: u8) -> Stack {
        let band = |(name, common): &(&str, Option<&str>)| Band {
            name: (*name).into(),
            asset: "data".into(),
            unit: None,
            scale: None,
            offset: None,
            classes: Vec::new(),
            common_name: common.map(str::to_owned),
        };
        let time = crate::stack::Time { datetime: chrono::DateTime::UNIX_EPOCH, end: None, period: None, items: Vec::new() };
        Stack {
            times: vec![time],
            bands: bands.iter().map(band).collect(),
            grid: Grid { crs: None, transform: Affine::IDENTITY, shape: Shape { width: 2, height: 2 } },
            data: Samples::U8(vec![value; 4 * bands.len()]),
            nodata: Some(Nodata::Uint(0)),
            valid: None,
            reduce: Reduce::None,
            over: Over::All,
        }
    }

    #[test]
    fn only_red_green_and_blue_make_a_colour_picture() {
        for (names, expected) in [
            ([("red", None), ("green", None), ("blue", None)], true),
            ([("rgb:r", None), ("rgb:G", None), ("rgb:b", None)], true),
            ([("B04", None), ("B03", None), ("B02", None)], true),
            ([("x", Some("red")), ("y", Some("green")), ("z", Some("blue"))], true),
            ([("B2", None), ("B3", None), ("B4", None)], false),
            ([("blue", None), ("green", None), ("red", None)], false),
            ([("swe", None), ("t2m", None), ("precip", None)], false),
            ([("B5", Some("nir")), ("B4", Some("red")), ("B3", Some("green"))], false),
        ] {
            assert_eq!(is_composite(&stack_of(&names, 1)), expected, "{names:?}");
        }
    }

    #[test]
    fn a_stack_without_a_value_has_no_colours() {
        for bands in [&[("swe", None)][..], &[("red", None), ("green", None), ("blue", None)]] {
            let got = [0, 7].map(|v| matches!(colours(&stack_of(bands, v), &[(0, 0)]), Colours::None));
            assert_eq!(got, [true, false], "{bands:?}");
        }
    }

    #[test]
    fn bands_of_unlike_range_unit_or_kind_have_colours_of_their_own() {
        let class = Class { value: 1, name: "water".into(), color: None };
        let of = |bands: &[(&str, &[u8])], change: &dyn Fn(&mut Stack)| -> Vec<Vec<usize>> {
            let names: Vec<(&str, Option<&str>)> = bands.iter().map(|b| (b.0, None)).collect();
            let mut stack = stack_of(&names, 0);
            stack.data = Samples::U8(bands.iter().flat_map(|b| b.1.to_vec()).collect());
            change(&mut stack);
            let planes: Vec<(usize, usize)> = (0..bands.len()).map(|b| (0, b)).collect();
            match colours(&stack, &planes) {
                Colours::Apart(groups) => groups.into_iter().map(|g| g.bands).collect(),
                _ => vec![(0..bands.len()).collect()],
            }
        };
        let (dark, light, flat) = (("a", &[10u8, 40, 90, 120][..]), ("b", &[20u8, 60, 200, 250][..]), ("c", &[1u8, 2, 1, 2][..]));
        assert_eq!(of(&[dark, light], &|_| ()), [vec![0, 1]]);
        assert_eq!(of(&[dark, flat, light], &|_| ()), [vec![0, 2], vec![1]]);
        assert_eq!(of(&[dark, light], &|s| s.bands[1].unit = Some("K".into())), [vec![0], vec![1]]);
        assert_eq!(of(&[dark, light], &|s| s.bands[0].classes = vec![class.clone()]), [vec![0], vec![1]]);
    }

    #[test]
    fn thirty_classes_have_thirty_colours() {
        let colours: std::collections::BTreeSet<Colour> = (0..30).map(own_colour).collect();
        assert_eq!(colours.len(), 30);
    }

    #[test]
    fn outliers_do_not_take_the_colours() {
        let values: Vec<f64> = (0..1000).map(f64::from).chain([1e9, f64::NAN]).collect();
        let stretch = Stretch::of(values.into_iter());
        assert_eq!((stretch.low, stretch.high, stretch.below, stretch.above), (20.0, 980.0, true, true));
        assert_eq!([stretch.share(-5.0), stretch.share(500.0), stretch.share(1e9)], [0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_flat_or_empty_plane_still_has_a_range() {
        for (values, low, high) in [(vec![7.0; 9], 3.5, 10.5), (vec![f64::NAN], 0.0, 1.0), (vec![0.0; 100], -0.5, 0.5)] {
            let stretch = Stretch::of(values.into_iter());
            assert_eq!((stretch.low, stretch.high), (low, high));
        }
    }
}
