use super::{full_turn, same_crs};
use crate::crs::{Crs, Transformer};
use crate::{Bounds, Grid, Result, Window};

/// Points along each edge of a box before it is projected.
const PER_EDGE: usize = 32;

/// Moves points from one CRS to another, in place; a point without an image becomes infinite.
type Project<'a> = &'a mut dyn FnMut(&mut [(f64, f64)]);

/// Box around `bounds` after every point of its densified edge went through `project`; `None` where no point has an image.
pub fn project_bounds(bounds: Bounds, project: Project<'_>) -> Option<Bounds> {
    let mut extent = None;
    for line in lines(bounds) {
        let coarse = images(line, (0.0, 1.0), project);
        // An edge may bulge between two of its points: look closer around its outermost ones.
        let mut closer = outermost(&coarse);
        closer.sort_unstable();
        closer.dedup();
        for at in closer {
            let step = 1.0 / PER_EDGE as f64;
            let (from, to) = ((at as f64 - 1.0) * step, (at as f64 + 1.0) * step);
            extent = join(extent, around(images(line, (from.max(0.0), to.min(1.0)), project).into_iter()));
        }
        extent = join(extent, around(coarse.into_iter()));
    }
    extent
}

/// The edges of a box, and a line through its middle.
fn lines(b: Bounds) -> [[(f64, f64); 2]; 5] {
    let middle = (b.bottom + b.top) / 2.0;
    [
        [(b.left, b.bottom), (b.right, b.bottom)],
        [(b.left, b.top), (b.right, b.top)],
        [(b.left, b.bottom), (b.left, b.top)],
        [(b.right, b.bottom), (b.right, b.top)],
        [(b.left, middle), (b.right, middle)],
    ]
}

/// Images of evenly spaced points of a part of a line.
fn images([a, b]: [(f64, f64); 2], (from, to): (f64, f64), project: Project<'_>) -> Vec<(f64, f64)> {
    let between = |a: f64, b: f64, t: f64| if t >= 1.0 { b } else { a + t * (b - a) };
    let at = |i: usize| from + (to - from) * i as f64 / PER_EDGE as f64;
    let mut points: Vec<(f64, f64)> = (0..=PER_EDGE).map(|i| (between(a.0, b.0, at(i)), between(a.1, b.1, at(i)))).collect();
    project(&mut points);
    points
}

/// Which points lie farthest west, east, south and north, where those are not the ends.
fn outermost(points: &[(f64, f64)]) -> Vec<usize> {
    let mut found = Vec::new();
    for axis in [|p: &(f64, f64)| p.0, |p: &(f64, f64)| p.1] {
        let finite = || points.iter().map(axis).enumerate().filter(|(_, v)| v.is_finite());
        let ends = [finite().min_by(|a, b| a.1.total_cmp(&b.1)), finite().max_by(|a, b| a.1.total_cmp(&b.1))];
        found.extend(ends.into_iter().flatten().map(|(i, _)| i).filter(|i| *i > 0 && i + 1 < points.len()));
    }
    found
}

fn join(a: Option<Bounds>, b: Option<Bounds>) -> Option<Bounds> {
    match (a, b) {
        (Some(a), Some(b)) => {
            Some(Bounds { left: a.left.min(b.left), bottom: a.bottom.min(b.bottom), right: a.right.max(b.right), top: a.top.max(b.top) })
        }
        (one, other) => one.or(other),
    }
}

/// The box around the image of a box in another CRS; `None` where no part of it has an image. Where the image crosses the
/// antimeridian, longitudes go on beyond 180; where it holds a pole, it holds all of them.
///
/// # Errors
/// Unsupported where there is no way between the two.
pub fn bounds_between(bounds: Bounds, from: &Crs, to: &Crs) -> Result<Option<Bounds>> {
    if same_crs(from, to) {
        return Ok(Some(bounds));
    }
    let transformer = Transformer::new(from, to)?;
    let parts = at_home(bounds, from);
    let mut failure = None;
    let mut project = |turn: Option<f64>| {
        let each = parts.iter().map(|&part| {
            project_bounds(part, &mut |points| {
                failure = failure.take().or(transformer.points(points).err());
                if let Some(turn) = turn {
                    points.iter_mut().filter(|p| p.0 < 0.0).for_each(|p| p.0 += turn);
                }
            })
        });
        each.fold(None, join)
    };
    let mut image = project(None);
    if let (Some(plain), Some(turn)) = (image, full_turn(to))
        && plain.right - plain.left > turn / 2.0
        && let Some(moved) = project(Some(turn))
        && moved.right - moved.left < (plain.right - plain.left) / 2.0
    {
        image = Some(moved);
    }
    if let Some(e) = failure {
        return Err(e);
    }
    Ok(join(image, image.and(poles(bounds, from, to)?)))
}

/// A box of longitudes cut where half a turn ends, each part with the longitudes that projections count in: seen from there an edge on
/// the antimeridian lies on the side of its own part. Any other box is one part.
fn at_home(bounds: Bounds, crs: &Crs) -> Vec<Bounds> {
    let Some(turn) = full_turn(crs) else { return vec![bounds] };
    let half = turn / 2.0;
    let first = ((bounds.left + half) / turn).floor();
    let last = ((bounds.right + half) / turn).ceil();
    if !(last - first > 0.0 && last - first < 8.0) {
        return vec![bounds];
    }
    let parts = (0..(last - first) as u32).map(|k| {
        let by = (first + f64::from(k)) * turn;
        Bounds { left: (bounds.left - by).max(-half), right: (bounds.right - by).min(half), ..bounds }
    });
    parts.filter(|b| b.left < b.right).collect()
}

/// All longitudes, as far as the poles that lie inside a box; `None` where it holds none, or the target has none.
fn poles(bounds: Bounds, from: &Crs, to: &Crs) -> Result<Option<Bounds>> {
    let Some(turn) = full_turn(to).filter(|_| !from.is_geographic()) else { return Ok(None) };
    let mut found = None;
    for pole in [turn / 4.0, -turn / 4.0] {
        let mut there = [(0.0, pole)];
        Transformer::new(to, from)?.points(&mut there)?;
        let (x, y) = there[0];
        if x > bounds.left && x < bounds.right && y > bounds.bottom && y < bounds.top {
            found = join(found, Some(Bounds { left: -turn / 2.0, right: turn / 2.0, bottom: pole, top: pole }));
        }
    }
    Ok(found)
}

/// Box around the finite points.
pub(super) fn around(points: impl Iterator<Item = (f64, f64)>) -> Option<Bounds> {
    let mut b = Bounds { left: f64::INFINITY, bottom: f64::INFINITY, right: f64::NEG_INFINITY, top: f64::NEG_INFINITY };
    for (x, y) in points.filter(|(x, y)| x.is_finite() && y.is_finite()) {
        b = Bounds { left: b.left.min(x), bottom: b.bottom.min(y), right: b.right.max(x), top: b.top.max(y) };
    }
    (b.left <= b.right && b.bottom <= b.top).then_some(b)
}

/// The pixels of `grid` that `bounds` (in the grid's CRS), widened by `margin` pixels, touches; `None` where they are apart.
/// A touch of less than a thousandth of a pixel is the noise of arithmetic, and none.
pub fn covered_by(grid: &Grid, bounds: Bounds, margin: f64) -> Option<Window> {
    let inverse = grid.transform.inverse()?;
    let corners = [(bounds.left, bounds.bottom), (bounds.right, bounds.bottom), (bounds.right, bounds.top), (bounds.left, bounds.top)];
    let around = around(corners.iter().map(|&(x, y)| inverse.apply(x, y)))?;
    clip(around, margin - 1e-3, grid.shape.width, grid.shape.height)
}

/// Whole pixels of a raster around a box in pixel coordinates, widened by `margin`.
pub(super) fn clip(b: Bounds, margin: f64, width: u32, height: u32) -> Option<Window> {
    let axis = |low: f64, high: f64, len: u32| {
        let first = (low - margin).floor().max(0.0);
        let last = (high + margin).ceil().min(f64::from(len));
        (first < last).then_some((first as u32, (last - first) as u32))
    };
    let (col, width) = axis(b.left, b.right, width)?;
    let (row, height) = axis(b.bottom, b.top, height)?;
    Some(Window { col, row, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, Shape};

    #[test]
    fn points_without_an_image_do_not_spoil_the_box() {
        let bounds = Bounds { left: -10.0, bottom: -90.0, right: 10.0, top: 80.0 };
        let mut project = |points: &mut [(f64, f64)]| points.iter_mut().for_each(|p| p.1 = if p.1 < -85.0 { f64::INFINITY } else { p.1 });
        let out = project_bounds(bounds, &mut project).unwrap();
        assert!(out.bottom > -85.0 && out.top == 80.0);
        assert!(project_bounds(bounds, &mut |points| points.fill((f64::NAN, 0.0))).is_none());
    }

    fn between(bounds: [f64; 4], from: &str, to: &str) -> Bounds {
        let [left, bottom, right, top] = bounds;
        let [from, to] = [from, to].map(|crs| Crs::parse(crs).unwrap());
        bounds_between(Bounds { left, bottom, right, top }, &from, &to).unwrap().unwrap()
    }

    #[test]
    fn a_box_around_a_pole_holds_it_and_every_longitude() {
        for (polar, pole) in [("EPSG:3413", 90.0), ("EPSG:3995", 90.0), ("EPSG:3031", -90.0)] {
            let b = between([-500_000.0, -400_000.0, 600_000.0, 300_000.0], polar, "EPSG:4326");
            assert_eq!((b.left, b.right, b.top.max(-b.bottom)), (-180.0, 180.0, 90.0), "{polar}");
            assert!(b.top == pole || b.bottom == pole);
        }
        let aside = between([-1_500_000.0, -1_900_000.0, -500_000.0, -900_000.0], "EPSG:3413", "EPSG:4326");
        assert!(aside.top < 82.0 && aside.right - aside.left < 60.0, "{aside:?}");
    }

    #[test]
    fn a_box_over_the_antimeridian_reaches_both_ends_of_a_map_that_is_cut_there() {
        let edge = 20_037_508.342_789_244;
        for (left, right) in [(0.0, 360.0), (179.0, 181.0), (-181.0, -179.0), (-180.0, 180.0)] {
            let b = between([left, -10.0, right, 10.0], "EPSG:4326", "EPSG:3857");
            assert!((b.left + edge).abs() < 1e-6 && (b.right - edge).abs() < 1e-6, "{left} {right}: {b:?}");
        }
        // Where the map goes on there, so does the box.
        let pacific = between([179.0, -10.0, 181.0, 10.0], "EPSG:4326", "EPSG:3832");
        assert!(pacific.right - pacific.left < 230_000.0, "{pacific:?}");
        assert_eq!(between([179.0, 0.0, 181.0, 1.0], "EPSG:4326", "EPSG:4267").left.round(), 179.0);
    }

    #[test]
    fn an_edge_that_bulges_between_its_points_is_inside_the_box() {
        // The farthest point of this parallel lies on the meridian 45 W, between two of the points looked at.
        let b = between([-163.0, 60.0, 76.0, 61.0], "EPSG:4326", "EPSG:3413");
        let mut south = [(-45.0, 60.0)];
        Transformer::new(&Crs::parse("EPSG:4326").unwrap(), &Crs::parse("EPSG:3413").unwrap()).unwrap().points(&mut south).unwrap();
        assert!(b.bottom - south[0].1 < 100.0, "{b:?} {south:?}");
    }

    #[test]
    fn a_window_stays_inside_its_grid() {
        let grid = Grid { crs: None, transform: Affine::north_up(0.0, 100.0, 10.0, 10.0), shape: Shape { width: 10, height: 10 } };
        let at = |left, bottom, right, top, margin| covered_by(&grid, Bounds { left, bottom, right, top }, margin);
        assert_eq!(at(-50.0, -50.0, 5.0, 5.0, 1.0), Some(Window { col: 0, row: 8, width: 2, height: 2 }));
        assert_eq!(at(20.0, 30.0, 40.000_001, 50.0, 0.0), Some(Window { col: 2, row: 5, width: 2, height: 2 }));
        assert_eq!(at(200.0, 0.0, 300.0, 100.0, 1.0), None);
    }
}
