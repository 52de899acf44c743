use std::collections::HashMap;

use rayon::prelude::*;

use super::cell::{Cell, Place, SIDE, across, along_cell, checks, miss};
use crate::crs::{Crs, Transformer};
use crate::{Affine, Grid, Result, Shape, Window};

/// Projected positions of the pixel centres of a target: exact on a sparse net of points, quadratic between them where that is
/// right to within the tolerance, and exact at every pixel where it is not.
///
/// Plain data: it can be shared between threads and asked millions of times for the price of a few exact points. A pixel's position
/// does not depend on the window that the net was made for.
#[derive(Debug, Clone)]
pub struct Approximation {
    /// Column and row of the first cell, counted from the target's first pixel.
    first: (u32, u32),
    cells_across: u32,
    cells_down: u32,
    /// Three nodes along each side of a cell, those on a common side shared; row-major.
    nodes: Vec<Point>,
    /// Cells that bend too much for one quadratic, by their index.
    refined: HashMap<u32, Cell>,
    /// How far off positions of each cell may be.
    doubts: Vec<f64>,
    /// The way to an exact position.
    exact: Option<Exact>,
}

/// From pixels of the target to its CRS, and from there to the source's.
#[derive(Debug, Clone)]
struct Exact {
    target: Affine,
    transformer: Transformer,
}

pub(super) type Point = (f64, f64);
pub(super) type Project<'a> = dyn Fn(&mut [Point]) -> Result<()> + Sync + 'a;

impl Approximation {
    /// Positions of the pixels of a window of the target in another CRS, right to within `tolerance` units of it.
    ///
    /// # Errors
    /// Misuse where the target has no CRS; Unsupported where there is no way between the two.
    pub fn between(target: &Grid, window: Window, source: &Crs, tolerance: f64) -> Result<Self> {
        let from = target.crs.as_ref().ok_or_else(|| crate::Error::misuse("", "the target grid has no CRS", "a grid with one"))?;
        let exact = Exact { target: target.transform, transformer: Transformer::new(from, source)? };
        let net = Self::over(window, tolerance, &|points| exact.project(points))?;
        Ok(Self { exact: Some(exact), ..net })
    }

    /// `project` maps target pixel coordinates, in place, to the source's CRS (points without an image become non-finite).
    /// `tolerance` is in units of that CRS.
    ///
    /// # Errors
    /// What `project` says.
    pub fn new(shape: Shape, tolerance: f64, project: &Project) -> Result<Self> {
        Self::over(Window::whole(shape), tolerance, project)
    }

    /// [`Approximation::new`] for a window of a target.
    ///
    /// # Errors
    /// What `project` says.
    pub fn over(window: Window, tolerance: f64, project: &Project) -> Result<Self> {
        let cells = |first: u32, len: u32| (first / SIDE, first.saturating_add(len).div_ceil(SIDE) - first / SIDE);
        let ((col, across), (row, down)) = (cells(window.col, window.width), cells(window.row, window.height));
        let half = f64::from(SIDE) / 2.0;
        let at = |first: u32, k: u32| f64::from(first) * f64::from(SIDE) + f64::from(k) * half + 0.5;
        let points = (0..2 * down + 1).flat_map(|j| (0..2 * across + 1).map(move |i| (at(col, i), at(row, j))));
        let nodes = projected(points.collect(), project)?;
        let (refined, doubts, exact) = (HashMap::new(), Vec::new(), None);
        let mut net = Self { first: (col, row), cells_across: across, cells_down: down, nodes, refined, doubts, exact };
        let truth = projected((0..across * down).flat_map(|cell| checks(net.place(cell))).collect(), project)?;
        let misses: Vec<Option<f64>> =
            (0..across * down).zip(truth.chunks(5)).map(|(cell, truth)| miss(&net.nine(cell), truth, tolerance)).collect();
        let bent: Vec<u32> = (0..across * down).zip(&misses).filter(|(_, miss)| miss.is_none()).map(|(cell, _)| cell).collect();
        let refine = |&cell: &u32| Ok((cell, Cell::refined(net.place(cell), tolerance, project)?));
        let refined: HashMap<u32, Cell> = bent.par_iter().map(refine).collect::<Result<_>>()?;
        net.refined = refined;
        // The checks see all but a few hundredths of the largest miss of a cubic.
        net.doubts = misses.into_iter().map(|miss| 2.0 * miss.unwrap_or(tolerance)).collect();
        Ok(net)
    }

    /// The exact positions of pixels, in place; false where there is no way to them.
    pub(super) fn settle(&self, pixels: &mut [Point]) -> bool {
        pixels.iter_mut().for_each(|p| *p = (p.0 + 0.5, p.1 + 0.5));
        self.exact.as_ref().is_some_and(|exact| exact.project(pixels).is_ok())
    }

    /// A run of pixels of one row, from `first` on, cell by cell.
    pub(super) fn stretches(&self, row: u32, first: u32, len: usize) -> impl Iterator<Item = Stretch<'_>> {
        runs(first, len).map(move |(col, len)| {
            let Some(cell) = self.cell_of(col, row) else { return Stretch { col, len, doubt: 0.0, course: Course::Absent } };
            let doubt = self.doubts.get(cell as usize).copied().unwrap_or(0.0);
            let place = self.place(cell);
            let course = match self.refined.get(&cell) {
                Some(refined) => Course::Bent(refined, place),
                None => Course::Smooth(across(&self.nine(cell), f64::from(row - place.row) / f64::from(SIDE))),
            };
            Stretch { col, len, doubt, course }
        })
    }

    fn place(&self, cell: u32) -> Place {
        let across = self.cells_across.max(1);
        Place { col: (self.first.0 + cell % across) * SIDE, row: (self.first.1 + cell / across) * SIDE, side: SIDE }
    }

    fn nine(&self, cell: u32) -> [Point; 9] {
        let across = self.cells_across.max(1);
        let (i, j) = ((cell % across) as usize, (cell / across) as usize);
        let width = 2 * self.cells_across as usize + 1;
        std::array::from_fn(|k| self.nodes.get((2 * j + k / 3) * width + 2 * i + k % 3).copied().unwrap_or((f64::NAN, f64::NAN)))
    }

    /// Position of a pixel's centre in the source's CRS; non-finite where it has none, or outside the window.
    pub fn at(&self, col: u32, row: u32) -> Point {
        let mut one = [(0.0, 0.0)];
        self.row(row, col, &mut one);
        one[0]
    }

    /// Positions of a run of pixels of one row, from `first` on.
    pub fn row(&self, row: u32, first: u32, out: &mut [Point]) {
        for stretch in self.stretches(row, first, out.len()) {
            let from = (stretch.col - first) as usize;
            stretch.positions(row, &mut out[from..from + stretch.len]);
        }
    }

    fn cell_of(&self, col: u32, row: u32) -> Option<u32> {
        let (i, j) = ((col / SIDE).checked_sub(self.first.0)?, (row / SIDE).checked_sub(self.first.1)?);
        (i < self.cells_across && j < self.cells_down).then(|| j * self.cells_across + i)
    }

    /// Enough positions of `window` that a box around them holds all of its pixels, but for a fraction of one.
    pub fn outline(&self, window: Window) -> Vec<Point> {
        let cells = |first: u32, len: u32| first / SIDE..first.saturating_add(len).div_ceil(SIDE);
        let mut out = Vec::new();
        for j in cells(window.row, window.height) {
            for i in cells(window.col, window.width) {
                let Some(cell) = self.cell_of(i * SIDE, j * SIDE) else { continue };
                match self.refined.get(&cell) {
                    Some(refined) => refined.outline(self.place(cell), window, &mut out),
                    None => Cell::Smooth(self.nine(cell)).outline(self.place(cell), window, &mut out),
                }
            }
        }
        out
    }
}

/// A part of a row that lies in one cell.
pub(super) struct Stretch<'a> {
    /// The first pixel.
    pub col: u32,
    pub len: usize,
    /// How far off positions may be, in units of the source's CRS.
    pub doubt: f64,
    pub course: Course<'a>,
}

pub(super) enum Course<'a> {
    /// Outside the net.
    Absent,
    /// The quadratic through the positions at the two ends and in the middle of the row of the cell.
    Smooth([Point; 3]),
    Bent(&'a Cell, Place),
}

impl Stretch<'_> {
    /// The positions of its pixels.
    pub fn positions(&self, row: u32, out: &mut [Point]) {
        match &self.course {
            Course::Absent => out.fill((f64::NAN, f64::NAN)),
            Course::Smooth(three) => along_cell(*three, self.col % SIDE, out),
            Course::Bent(cell, place) => cell.row(*place, row, self.col, out),
        }
    }
}

/// A run of pixels, cut where cells begin: first pixel and length of each part.
pub(super) fn runs(first: u32, len: usize) -> impl Iterator<Item = (u32, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        // A run is never longer than the target is wide, which is a u32.
        let col = first.saturating_add(done as u32);
        let part = ((SIDE - col % SIDE) as usize).min(len - done);
        done += part;
        (part > 0).then_some((col, part))
    })
}

impl Exact {
    fn project(&self, points: &mut [Point]) -> Result<()> {
        points.iter_mut().for_each(|p| *p = self.target.apply(p.0, p.1));
        self.transformer.points(points)
    }
}

/// Projects on all cores.
fn projected(mut points: Vec<Point>, project: &Project) -> Result<Vec<Point>> {
    points.par_chunks_mut(1 << 12).try_for_each(project)?;
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::super::cell::near;
    use super::*;

    fn check(shape: Shape, tolerance: f64, exact: fn(f64, f64) -> (f64, f64)) -> usize {
        let calls = std::sync::atomic::AtomicUsize::new(0);
        let project = |points: &mut [Point]| {
            calls.fetch_add(points.len(), std::sync::atomic::Ordering::Relaxed);
            points.iter_mut().for_each(|p| *p = exact(p.0, p.1));
            Ok(())
        };
        let net = Approximation::new(shape, tolerance, &project).unwrap();
        let spent = calls.load(std::sync::atomic::Ordering::Relaxed);
        let window = Window { col: shape.width / 3, row: shape.height / 2, width: shape.width / 2, height: shape.height / 3 };
        let part = Approximation::over(window, tolerance, &project).unwrap();
        for row in 0..shape.height {
            for col in 0..shape.width {
                let (got, right) = (net.at(col, row), exact(f64::from(col) + 0.5, f64::from(row) + 0.5));
                let both_absent = !got.0.is_finite() && !right.0.is_finite();
                assert!(both_absent || near(got, right, tolerance), "{col} {row}: {got:?} {right:?}");
                let inside = col.wrapping_sub(window.col) < window.width && row.wrapping_sub(window.row) < window.height;
                let same = |a: Point, b: Point| (a.0.to_bits(), a.1.to_bits()) == (b.0.to_bits(), b.1.to_bits());
                assert!(!inside || same(part.at(col, row), got), "{col} {row}: a part differs");
            }
        }
        let (outline, mut box_of) = (net.outline(window), [f64::INFINITY, f64::NEG_INFINITY]);
        outline.iter().filter(|p| p.0.is_finite()).for_each(|p| box_of = [box_of[0].min(p.0), box_of[1].max(p.0)]);
        for row in window.row..window.row + window.height {
            for col in window.col..window.col + window.width {
                let x = net.at(col, row).0;
                assert!(!x.is_finite() || (x > box_of[0] - 0.5 && x < box_of[1] + 0.5), "{x} is outside {box_of:?}");
            }
        }
        spent
    }

    #[test]
    fn positions_are_right_within_the_tolerance_and_cost_few_exact_points() {
        let shape = Shape { width: 500, height: 300 };
        let calls = check(shape, 0.001, |x, y| (x + 1e-6 * x * y, y + 2e-6 * x * x + 1e-10 * y * y * y));
        assert!(calls < 2_000, "{calls}");
    }

    #[test]
    fn a_jump_is_exact_on_both_sides() {
        check(Shape { width: 200, height: 130 }, 0.01, |x, y| (if x + y > 180.0 { x - 360.0 } else { x }, y));
    }

    #[test]
    fn pixels_without_an_image_stay_without() {
        check(Shape { width: 100, height: 70 }, 0.01, |x, y| if x > 50.2 { (f64::INFINITY, f64::INFINITY) } else { (x, y) });
    }
}
