use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::{Lattice, bounds_between};
use crate::crs::{Crs, Transformer};
use crate::{Bounds, Error, Grid, Result};

/// What is asked of a target grid; all absent means: the data's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    pub crs: Option<Crs>,
    /// Pixel width and height in units of the CRS, both positive.
    pub resolution: Option<(f64, f64)>,
    /// The frame in the target's CRS, to be filled whether there is data or not.
    pub bounds: Option<Bounds>,
    /// West, south, east, north in degrees: the data is cut to it. `left > right` crosses the antimeridian.
    pub crop: Option<Bounds>,
}

/// A target grid and the reasons for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub grid: Grid,
    /// Whether every source lies on the grid's lattice: pixels are copied, none is computed.
    pub native: bool,
    /// One sentence each, for a person.
    pub reasons: Vec<String>,
}

/// Picks the grid for an array made of these sources.
///
/// Where all share a CRS and a lattice (pixel size and phase) and nothing else is asked for, the grid is a window of that very
/// lattice, wherever its origin lies. Otherwise: the CRS asked for or the most common one, the resolution asked for or the finest.
///
/// # Errors
/// Misuse where there is no source, a source has no CRS, or nothing of the sources lies in the bounds; Unsupported where there
/// is no way between two CRS.
pub fn choose(sources: &[Grid], wanted: &Wanted) -> Result<Choice> {
    if sources.is_empty() {
        return Err(Error::misuse("", "there is nothing to make a grid of", "at least one source"));
    }
    let crs = match &wanted.crs {
        Some(crs) => crs.clone(),
        None => most_common(sources)?,
    };
    let mut reasons = Vec::new();
    let shared = shared_lattice(sources, &crs);
    let all_in_one = shared.is_ok();
    let lattice = match (shared, wanted.resolution) {
        (Ok(lattice), None) => Some(lattice),
        (Ok(lattice), Some(r)) if near(lattice.step.0.abs(), r.0) && near(lattice.step.1.abs(), r.1) => Some(lattice),
        (Ok(lattice), Some(r)) => {
            reasons.push(format!(
                "resampled: resolution {} was asked for, the data's own is {}",
                pair(r),
                pair((lattice.step.0.abs(), lattice.step.1.abs()))
            ));
            None
        }
        (Err(why), _) => {
            reasons.push(format!("resampled: {why}"));
            None
        }
    };
    let native = lattice.is_some();
    let bounds = frame(sources, &crs, wanted)?;
    let (transform, shape) = match lattice {
        Some(lattice) => {
            reasons.push(format!(
                "native grid: all {} rasters share {}, {} pixels and their phase",
                sources.len(),
                name(&crs),
                pair(abs(lattice))
            ));
            lattice.cover(bounds)?
        }
        None => {
            let step = step(sources, &crs, wanted, &mut reasons)?;
            let corner = if wanted.bounds.is_some() {
                reasons.push("the frame is the bounds asked for".into());
                (bounds.left, bounds.top)
            } else if all_in_one {
                reasons.push("pixels start at the upper left corner of the data".into());
                upper_left(sources)
            } else {
                line_up(sources, &crs, step, &mut reasons)
            };
            let (transform, shape) = Lattice { corner, step: (step.0, -step.1) }.cover(bounds)?;
            if wanted.resolution.is_some() && shape.width == 1 && shape.height == 1 {
                let kind = if crs.is_geographic() { "degrees" } else { "lengths" };
                reasons.push(format!("one pixel holds it all: a resolution is in units of {}, {kind}", name(&crs)));
            }
            (transform, shape)
        }
    };
    Ok(Choice { grid: Grid { crs: Some(crs), transform, shape }, native, reasons })
}

/// This very grid for an array made of these sources: whether it is a window of their own lattice, and why not.
///
/// # Errors
/// Misuse where there is no source, or the grid has no CRS or is rotated.
pub fn exactly(sources: &[Grid], grid: &Grid) -> Result<Choice> {
    if sources.is_empty() {
        return Err(Error::misuse("", "there is nothing to lay on the grid", "at least one source"));
    }
    let crs = grid.crs.as_ref().ok_or_else(|| Error::misuse("", "the grid has no CRS", "one"))?;
    if Lattice::of(grid.transform).is_none() {
        return Err(Error::misuse("", "the grid is rotated", "rows from west to east"));
    }
    let why = match shared_lattice(sources, crs) {
        Ok(lattice) if lattice.offset(grid.transform, grid.shape).is_some() => None,
        Ok(lattice) => Some(format!("the grid asked for is not on the data's own lattice of {} pixels", pair(abs(lattice)))),
        Err(why) => Some(why),
    };
    let native = why.is_none();
    let reasons =
        vec!["the grid is the one asked for".to_owned(), why.map_or("native: pixels are copied".into(), |w| format!("resampled: {w}"))];
    Ok(Choice { grid: grid.clone(), native, reasons })
}

/// Whether two CRS are one: by code, else by definition.
pub fn same_crs(a: &Crs, b: &Crs) -> bool {
    if a == b {
        return true;
    }
    // PROJ takes its time to compare, and a stack of many files asks again and again.
    let key = [a, b].map(|crs| crs.code().unwrap_or_else(|| crs.wkt2()).to_owned());
    let known = || COMPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = known().get(&key) {
        return *same;
    }
    let same = a.is_equivalent(b);
    let mut known = known();
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(key, same);
    same
}

/// Comparisons remembered; beyond it the memory starts anew.
const REMEMBERED: usize = 1024;

static COMPARED: LazyLock<Mutex<HashMap<[String; 2], bool>>> = LazyLock::new(Mutex::default);

/// A whole turn in units of a geographic CRS; `None` for a projected one.
pub fn full_turn(crs: &Crs) -> Option<f64> {
    let turn = std::f64::consts::TAU / crs.unit_size();
    // The size of a degree has more digits than a double.
    crs.is_geographic().then(|| if (turn - 360.0).abs() < 1e-6 { 360.0 } else { turn })
}

fn abs(lattice: Lattice) -> (f64, f64) {
    (lattice.step.0.abs(), lattice.step.1.abs())
}

fn crs_of(grid: &Grid) -> Result<&Crs> {
    grid.crs.as_ref().ok_or_else(|| Error::misuse("", "a raster has no CRS", "a CRS for every raster"))
}

fn most_common(sources: &[Grid]) -> Result<Crs> {
    let mut counted: Vec<(&Crs, usize)> = Vec::new();
    for source in sources {
        let crs = crs_of(source)?;
        match counted.iter_mut().find(|(known, _)| same_crs(known, crs)) {
            Some((_, count)) => *count += 1,
            None => counted.push((crs, 1)),
        }
    }
    let mut best = &counted[0];
    for candidate in &counted[1..] {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    Ok(best.0.clone())
}

/// The lattice of all sources in this CRS, or why there is none.
fn shared_lattice(sources: &[Grid], crs: &Crs) -> std::result::Result<Lattice, String> {
    let mut lattice: Option<Lattice> = None;
    for source in sources {
        match &source.crs {
            Some(own) if same_crs(own, crs) => {}
            Some(own) => return Err(format!("a raster is in {}, the array in {}", name(own), name(crs))),
            None => return Err("a raster has no CRS".into()),
        }
        let own = Lattice::of(source.transform).ok_or("a raster is rotated")?;
        match &lattice {
            None => lattice = Some(own),
            Some(known) if known.offset(source.transform, source.shape).is_some() => {}
            Some(known) if near(known.step.0, own.step.0) && near(known.step.1, own.step.1) => {
                return Err(format!(
                    "pixels of {} do not line up: corners {} and {}",
                    pair(abs(own)),
                    pair(known.corner),
                    pair(own.corner)
                ));
            }
            Some(known) => return Err(format!("pixel sizes differ: {} and {}", pair(abs(*known)), pair(abs(own)))),
        }
    }
    lattice.ok_or_else(|| "there is no raster".into())
}

/// The box to fill, in the target's CRS: the frame asked for, else where the data lies, cut to the crop.
fn frame(sources: &[Grid], crs: &Crs, wanted: &Wanted) -> Result<Bounds> {
    if let Some(bounds) = wanted.bounds {
        return Ok(bounds);
    }
    let union = extent(sources, crs)?;
    wanted.crop.map_or(Ok(union), |crop| cut(union, crop, crs))
}

/// The box around all of these, in this CRS.
///
/// # Errors
/// Misuse where there is none, or one has no CRS; Unsupported where there is no way between two CRS.
pub fn extent(sources: &[Grid], crs: &Crs) -> Result<Bounds> {
    let mut seen: HashMap<(String, [u64; 4]), Bounds> = HashMap::new();
    for source in sources {
        let (own, bounds) = (crs_of(source)?, source.bounds());
        let key = (name(own).to_owned(), [bounds.left, bounds.bottom, bounds.right, bounds.top].map(f64::to_bits));
        if let Entry::Vacant(new) = seen.entry(key) {
            new.insert(projected(bounds, own, crs)?);
        }
    }
    let union = union_of(seen.into_values(), crs);
    union.ok_or_else(|| Error::misuse("", "there is nothing to make a grid of", "at least one source"))
}

/// The box around all boxes; where they lie on both sides of the antimeridian, longitudes go on beyond 180.
fn union_of(boxes: impl Iterator<Item = Bounds>, crs: &Crs) -> Option<Bounds> {
    let join = |a: Bounds, b: Bounds| Bounds {
        left: a.left.min(b.left),
        bottom: a.bottom.min(b.bottom),
        right: a.right.max(b.right),
        top: a.top.max(b.top),
    };
    let boxes: Vec<Bounds> = boxes.collect();
    let plain = boxes.iter().copied().reduce(join)?;
    let Some(turn) = full_turn(crs) else { return Some(plain) };
    let east = |b: Bounds| if b.left + b.right < 0.0 { Bounds { left: b.left + turn, right: b.right + turn, ..b } } else { b };
    let moved = boxes.iter().copied().map(east).reduce(join)?;
    let width = |b: Bounds| b.right - b.left;
    Some(if width(plain) > turn / 2.0 && width(moved) < width(plain) / 2.0 { moved } else { plain })
}

fn projected(bounds: Bounds, from: &Crs, to: &Crs) -> Result<Bounds> {
    let around = bounds_between(bounds, from, to)?;
    around.ok_or_else(|| Error::unsupported("", format!("no part of the box has a place in {}", name(to)), ""))
}

/// The part of `data` inside a box of longitudes and latitudes.
fn cut(data: Bounds, crop: Bounds, crs: &Crs) -> Result<Bounds> {
    let lonlat = Crs::parse("OGC:CRS84")?;
    let unwrapped = Bounds { right: if crop.left > crop.right { crop.right + 360.0 } else { crop.right }, ..crop };
    let turns = full_turn(crs).map_or(vec![0.0], |turn| vec![0.0, turn, -turn]);
    // Longitudes stay as typed where the target counts in them: 190 is a column of a grid from 0 to 360.
    let boxed = if crs.is_geographic() { unwrapped } else { projected(unwrapped, &lonlat, crs)? };
    let pieces: Vec<(f64, Bounds)> = turns
        .into_iter()
        .map(|turn| {
            let piece = Bounds {
                left: data.left.max(boxed.left + turn),
                bottom: data.bottom.max(boxed.bottom),
                right: data.right.min(boxed.right + turn),
                top: data.top.min(boxed.top),
            };
            (turn, piece)
        })
        .filter(|(_, b)| b.left < b.right && b.bottom < b.top)
        .collect();
    let found = format!("the box {} {} {} {}", crop.left, crop.bottom, crop.right, crop.top);
    match pieces.as_slice() {
        [(_, one)] => Ok(*one),
        [] => Err(Error::misuse("", format!("{found} holds no data"), "west, south, east, north in degrees, around some of the data")),
        // It meets both ends of the data: longitudes go on beyond the end.
        many => Ok(Bounds {
            left: many.iter().map(|(turn, b)| b.left - turn).fold(f64::INFINITY, f64::min),
            right: many.iter().map(|(turn, b)| b.right - turn).fold(f64::NEG_INFINITY, f64::max),
            ..many[0].1
        }),
    }
}

/// The pixel size asked for, or the finest of the data.
fn step(sources: &[Grid], crs: &Crs, wanted: &Wanted, reasons: &mut Vec<String>) -> Result<(f64, f64)> {
    let step = match wanted.resolution {
        Some(step) => step,
        None => {
            let step = finest(sources, crs)?;
            reasons.push(format!("resolution {}: the finest of the data", pair(step)));
            step
        }
    };
    if !(step.0 > 0.0 && step.1 > 0.0 && step.0.is_finite() && step.1.is_finite()) {
        return Err(Error::misuse("", format!("resolution {}", pair(step)), "two positive numbers"));
    }
    Ok(step)
}

/// The corner that pixels of this size line up with: that of the first raster that has them, else the origin of the CRS.
fn line_up(sources: &[Grid], crs: &Crs, step: (f64, f64), reasons: &mut Vec<String>) -> (f64, f64) {
    let own = sources.iter().find_map(|s| {
        let lattice = Lattice::of(s.transform)?;
        let fits = s.crs.as_ref().is_some_and(|own| same_crs(own, crs)) && near(lattice.step.0, step.0) && near(lattice.step.1, -step.1);
        fits.then_some(lattice.corner)
    });
    reasons.push(match own {
        Some(_) => "pixels line up with the first raster of that resolution".into(),
        None => "pixel edges lie on multiples of the resolution".to_owned(),
    });
    own.unwrap_or((0.0, 0.0))
}

fn upper_left(sources: &[Grid]) -> (f64, f64) {
    let corner = (f64::INFINITY, f64::NEG_INFINITY);
    sources.iter().map(Grid::bounds).fold(corner, |(left, top), b| (left.min(b.left), top.max(b.top)))
}

/// The smallest pixel of the sources, measured in the target's CRS, to four digits where it had to be projected.
fn finest(sources: &[Grid], crs: &Crs) -> Result<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    for source in sources {
        let t = source.transform;
        let own = (t.a.hypot(t.d), t.b.hypot(t.e));
        let step = if same_crs(crs_of(source)?, crs) { own } else { projected_step(source, crs)? };
        if step.0 > 0.0 && step.1 > 0.0 && best.is_none_or(|b| step.0 * step.1 < b.0 * b.1) {
            best = Some(step);
        }
    }
    best.ok_or_else(|| Error::misuse("", "no pixel size can be told", "a resolution"))
}

/// The side of a square in the target's CRS with the area of the source's middle pixel.
fn projected_step(source: &Grid, crs: &Crs) -> Result<(f64, f64)> {
    let (col, row) = (f64::from(source.shape.width) / 2.0, f64::from(source.shape.height) / 2.0);
    let mut points = [source.transform.apply(col, row), source.transform.apply(col + 1.0, row), source.transform.apply(col, row + 1.0)];
    Transformer::new(crs_of(source)?, crs)?.points(&mut points)?;
    let [here, right, below] = points;
    let area = ((right.0 - here.0) * (below.1 - here.1) - (right.1 - here.1) * (below.0 - here.0)).abs();
    let side = area.sqrt();
    if !side.is_finite() || side == 0.0 {
        return Err(Error::unsupported("", format!("the middle of a raster has no place in {}", name(crs)), "").hint("give --resolution"));
    }
    let unit = 10f64.powf(side.log10().floor() - 3.0);
    let rounded = (side / unit).round() * unit;
    Ok((rounded, rounded))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn pair((x, y): (f64, f64)) -> String {
    format!("{x} x {y}")
}

fn name(crs: &Crs) -> &str {
    crs.code().unwrap_or_else(|| crs.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, Shape};

    fn grid(crs: &str, left: f64, top: f64, step: f64, size: u32) -> Grid {
        Grid {
            crs: Some(Crs::parse(crs).unwrap()),
            transform: Affine::north_up(left, top, step, step),
            shape: Shape { width: size, height: size },
        }
    }

    fn check(sources: &[Grid], wanted: &Wanted, native: bool, transform: [f64; 6], shape: (u32, u32)) {
        let choice = choose(sources, wanted).unwrap();
        let grid = &choice.grid;
        assert_eq!(choice.native, native, "{:?}", choice.reasons);
        for (got, right) in grid.transform.to_array().iter().zip(transform) {
            assert!((got - right).abs() < 1e-6, "{:?} instead of {transform:?}", grid.transform);
        }
        assert_eq!((grid.shape.width, grid.shape.height), shape, "{:?}", choice.reasons);
    }

    #[test]
    fn tiles_off_the_round_numbers_keep_their_own_corner() {
        let tiles: Vec<Grid> = [(500_007.0, 5_000_013.0), (503_007.0, 5_000_013.0), (500_007.0, 4_997_013.0), (503_007.0, 4_997_013.0)]
            .map(|(x, y)| grid("EPSG:32633", x, y, 30.0, 100))
            .into();
        check(&tiles, &Wanted::default(), true, [30.0, 0.0, 500_007.0, 0.0, -30.0, 5_000_013.0], (200, 200));
    }

    #[test]
    fn a_crop_is_a_window_of_the_native_lattice() {
        let tile = grid("EPSG:32633", 500_007.0, 5_000_013.0, 30.0, 1000);
        // around (15.01 E, 45.14 N)
        let crop = Bounds { left: 15.01, bottom: 45.0, right: 15.02, top: 45.14 };
        let choice = choose(std::slice::from_ref(&tile), &Wanted { crop: Some(crop), ..Wanted::default() }).unwrap();
        let lattice = Lattice::of(tile.transform).unwrap();
        assert!(choice.native && lattice.offset(choice.grid.transform, choice.grid.shape).is_some());
        assert!(choice.grid.shape.width < 40 && choice.grid.shape.width > 20, "{:?}", choice.grid.shape);
    }

    #[test]
    fn mixed_resolutions_take_the_finest_and_say_so() {
        let sources = [grid("EPSG:32618", 15.0, 1500.0, 30.0, 50), grid("EPSG:32618", 7.5, 1507.5, 15.0, 100)];
        check(&sources, &Wanted::default(), false, [15.0, 0.0, 7.5, 0.0, -15.0, 1507.5], (101, 101));
        let reasons = choose(&sources, &Wanted::default()).unwrap().reasons.join("\n");
        assert!(reasons.contains("pixel sizes differ: 30 x 30 and 15 x 15"), "{reasons}");
    }

    #[test]
    fn a_coarser_array_starts_at_the_corner_of_the_data() {
        let wanted = Wanted { resolution: Some((240.0, 240.0)), ..Wanted::default() };
        let tile = grid("EPSG:32633", 500_007.0, 5_000_013.0, 30.0, 4096);
        check(&[tile], &wanted, false, [240.0, 0.0, 500_007.0, 0.0, -240.0, 5_000_013.0], (512, 512));
    }

    #[test]
    fn a_resolution_that_leaves_one_pixel_is_told() {
        let tile = grid("EPSG:4326", 10.0, 50.0, 0.01, 300);
        for (resolution, told) in [(30.0, true), (0.1, false)] {
            let choice = choose(std::slice::from_ref(&tile), &Wanted { resolution: Some((resolution, resolution)), ..Wanted::default() });
            let reasons = choice.unwrap().reasons.join("\n");
            assert_eq!(reasons.contains("units of EPSG:4326, degrees"), told, "{reasons}");
        }
    }

    #[test]
    fn bounds_asked_for_are_the_frame() {
        let wanted = Wanted {
            resolution: Some((60.0, 60.0)),
            bounds: Some(Bounds { left: 1.0, bottom: 2.0, right: 601.0, top: 302.0 }),
            ..Wanted::default()
        };
        check(&[grid("EPSG:32633", 7.0, 3000.0, 30.0, 100)], &wanted, false, [60.0, 0.0, 1.0, 0.0, -60.0, 302.0], (10, 5));
    }

    #[test]
    fn a_box_over_the_antimeridian_finds_the_columns_of_either_convention() {
        for (left, crop, expected) in
            [(0.0, (170.0, -170.0), (170.0, 20)), (-180.0, (-10.0, 10.0), (-10.0, 20)), (0.0, (-100.0, -90.0), (260.0, 10))]
        {
            let world = grid("EPSG:4326", left, 90.0, 1.0, 360);
            let world = Grid { shape: Shape { width: 360, height: 180 }, ..world };
            let crop = Bounds { left: crop.0, bottom: 0.0, right: crop.1, top: 10.0 };
            check(
                &[world],
                &Wanted { crop: Some(crop), ..Wanted::default() },
                true,
                [1.0, 0.0, expected.0, 0.0, -1.0, 10.0],
                (expected.1, 10),
            );
        }
    }
}
