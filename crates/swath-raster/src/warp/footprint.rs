use super::{full_turn, same_crs};
use crate::crs::{Crs, Transformer};
use crate::{Bounds, Grid, Result, Window};

/// Points along each edge of a box before it is projected.
const PER_EDGE: usize = 32;

/// Moves points from one CRS to another, in place; a point without an image becomes infinite.
type Project<'a> = &'a mut dyn FnMut(&mut [(f64, f64)]);

/// Box around `bounds` after every point of its densified edge went through `project`; `None` where no point has an image.
pub fn project_bounds(bounds: Bounds, project: Project<'_>) -> Option<Bounds> {
    let mut points = Vec::with_capacity(PER_EDGE * 5);
    for i in 0..=PER_EDGE {
        let t = i as f64 / PER_EDGE as f64;
        let (x, y) = (bounds.left + t * (bounds.right - bounds.left), bounds.bottom + t * (bounds.top - bounds.bottom));
        let middle = (bounds.bottom + bounds.top) / 2.0;
        points.extend([(x, bounds.bottom), (x, bounds.top), (bounds.left, y), (bounds.right, y), (x, middle)]);
    }
    project(&mut points);
    around(points.into_iter())
}

/// The box around the image of a box in another CRS; `None` where no part of it has an image. Where the image crosses the
/// antimeridian, longitudes go on beyond 180.
///
/// # Errors
/// Unsupported where there is no way between the two.
pub fn bounds_between(bounds: Bounds, from: &Crs, to: &Crs) -> Result<Option<Bounds>> {
    if same_crs(from, to) {
        return Ok(Some(bounds));
    }
    let transformer = Transformer::new(from, to)?;
    let mut failure = None;
    let mut project = |turn: Option<f64>| {
        project_bounds(bounds, &mut |points| {
            failure = transformer.points(points).err();
            if let Some(turn) = turn {
                points.iter_mut().filter(|p| p.0 < 0.0).for_each(|p| p.0 += turn);
            }
        })
    };
    let mut image = project(None);
    if let (Some(plain), Some(turn)) = (image, full_turn(to))
        && plain.right - plain.left > turn / 2.0
        && let Some(moved) = project(Some(turn))
        && moved.right - moved.left < (plain.right - plain.left) / 2.0
    {
        image = Some(moved);
    }
    failure.map_or(Ok(image), Err)
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

    #[test]
    fn a_window_stays_inside_its_grid() {
        let grid = Grid { crs: None, transform: Affine::north_up(0.0, 100.0, 10.0, 10.0), shape: Shape { width: 10, height: 10 } };
        let at = |left, bottom, right, top, margin| covered_by(&grid, Bounds { left, bottom, right, top }, margin);
        assert_eq!(at(-50.0, -50.0, 5.0, 5.0, 1.0), Some(Window { col: 0, row: 8, width: 2, height: 2 }));
        assert_eq!(at(20.0, 30.0, 40.000_001, 50.0, 0.0), Some(Window { col: 2, row: 5, width: 2, height: 2 }));
        assert_eq!(at(200.0, 0.0, 300.0, 100.0, 1.0), None);
    }
}
