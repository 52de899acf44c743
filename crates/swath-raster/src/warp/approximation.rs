use std::collections::HashMap;

use rayon::prelude::*;

use crate::crs::{Crs, Transformer};
use crate::{Grid, Result, Shape, Window};

/// Projected positions of every pixel centre of a target: exact on a sparse net of points, quadratic between them where that
/// is right to within the tolerance, and exact at every pixel where it is not.
///
/// Plain data: it can be shared between threads and asked millions of times for the price of a few exact points.
#[derive(Debug, Clone)]
pub struct Approximation {
    shape: Shape,
    /// Pixels along the side of a cell.
    step: u32,
    cells_across: u32,
    /// Three nodes along each side of a cell, those on a common side shared; row-major.
    nodes: Vec<Point>,
    /// Exact positions, row-major, of the pixels of the cells that bend too much.
    exact: HashMap<u32, Vec<Point>>,
}

type Point = (f64, f64);
type Project<'a> = dyn Fn(&mut [Point]) -> Result<()> + Sync + 'a;

/// Cell sizes that are tried, coarse to fine, and the one that is taken when all of those bend too much.
const STEPS: [u32; 3] = [64, 32, 16];
const FINEST: u32 = 8;
/// Where in a cell, in its own length, the quadratic is held against the truth.
const CHECKS: [Point; 5] = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75), (0.5, 0.25)];

impl Approximation {
    /// Positions of the target's pixels in another CRS, right to within `tolerance` units of it.
    ///
    /// # Errors
    /// Misuse where the target has no CRS; Unsupported where there is no way between the two.
    pub fn between(target: &Grid, source: &Crs, tolerance: f64) -> Result<Self> {
        let from = target.crs.as_ref().ok_or_else(|| crate::Error::misuse("", "the target grid has no CRS", "a grid with one"))?;
        let transformer = Transformer::new(from, source)?;
        Self::new(target.shape, tolerance, &|points| {
            points.iter_mut().for_each(|p| *p = target.transform.apply(p.0, p.1));
            transformer.points(points)
        })
    }

    /// `project` maps target pixel coordinates, in place, to the source's CRS (points without an image become non-finite).
    /// `tolerance` is in units of that CRS.
    ///
    /// # Errors
    /// What `project` says.
    pub fn new(shape: Shape, tolerance: f64, project: &Project) -> Result<Self> {
        for step in STEPS {
            let (net, bent) = Self::net(shape, step, tolerance, project)?;
            let cells = net.cells_across as usize * shape.height.div_ceil(step) as usize;
            if bent.len() * 20 <= cells {
                return net.with_exact(&bent, project);
            }
        }
        let (net, bent) = Self::net(shape, FINEST, tolerance, project)?;
        net.with_exact(&bent, project)
    }

    /// A net of exact points with its cells that bend more than `tolerance`.
    fn net(shape: Shape, step: u32, tolerance: f64, project: &Project) -> Result<(Self, Vec<u32>)> {
        let (across, down) = (shape.width.div_ceil(step), shape.height.div_ceil(step));
        let half = f64::from(step) / 2.0;
        let nodes =
            (0..2 * down + 1).flat_map(|j| (0..2 * across + 1).map(move |i| (f64::from(i) * half + 0.5, f64::from(j) * half + 0.5)));
        let nodes = projected(nodes.collect(), project)?;
        let net = Self { shape, step, cells_across: across, nodes, exact: HashMap::new() };
        let size = f64::from(step);
        let cells: Vec<(u32, u32)> = (0..down).flat_map(|j| (0..across).map(move |i| (i, j))).collect();
        let checks =
            cells.iter().flat_map(|&(i, j)| CHECKS.map(|(u, v)| ((f64::from(i) + u) * size + 0.5, (f64::from(j) + v) * size + 0.5)));
        let truth = projected(checks.collect(), project)?;
        let bent = cells
            .iter()
            .zip(truth.chunks(CHECKS.len()))
            .filter(|((i, j), truth)| {
                CHECKS.iter().zip(*truth).any(|(&(u, v), &right)| !near(along(net.across(*i, *j, v), u), right, tolerance))
            })
            .map(|((i, j), _)| j * across + i)
            .collect();
        Ok((net, bent))
    }

    fn with_exact(mut self, bent: &[u32], project: &Project) -> Result<Self> {
        for &cell in bent {
            let (col, row) = self.corner(cell);
            let points = (row..row + self.step).flat_map(|r| (col..col + self.step).map(move |c| (f64::from(c) + 0.5, f64::from(r) + 0.5)));
            self.exact.insert(cell, projected(points.collect(), project)?);
        }
        Ok(self)
    }

    /// First pixel of a cell.
    fn corner(&self, cell: u32) -> (u32, u32) {
        ((cell % self.cells_across.max(1)) * self.step, (cell / self.cells_across.max(1)) * self.step)
    }

    /// The three points from which a quadratic runs along a row of a cell, at `v` of its height.
    fn across(&self, i: u32, j: u32, v: f64) -> [Point; 3] {
        let width = 2 * self.cells_across as usize + 1;
        let node = |di: usize, dj: usize| {
            self.nodes.get((2 * j as usize + dj) * width + 2 * i as usize + di).copied().unwrap_or((f64::NAN, f64::NAN))
        };
        [0, 1, 2].map(|di| along([node(di, 0), node(di, 1), node(di, 2)], v))
    }

    /// Position of a pixel's centre in the source's CRS; non-finite where it has none.
    pub fn at(&self, col: u32, row: u32) -> Point {
        let mut one = [(0.0, 0.0)];
        self.row(row, col, &mut one);
        one[0]
    }

    /// Positions of a run of pixels of one row, from `first` on.
    pub fn row(&self, row: u32, first: u32, out: &mut [Point]) {
        let j = row / self.step;
        let v = f64::from(row - j * self.step) / f64::from(self.step);
        let mut done = 0;
        while done < out.len() {
            // A run is never longer than the target is wide, which is a u32.
            let col = first.saturating_add(done as u32);
            let i = col / self.step;
            let inside = col - i * self.step;
            let run = ((self.step - inside) as usize).min(out.len() - done);
            let part = &mut out[done..done + run];
            match self.exact.get(&(j.saturating_mul(self.cells_across) + i)) {
                Some(points) => {
                    let at = (row - j * self.step) as usize * self.step as usize + inside as usize;
                    part.iter_mut().enumerate().for_each(|(k, p)| *p = points.get(at + k).copied().unwrap_or((f64::NAN, f64::NAN)));
                }
                None => {
                    let three = self.across(i, j, v);
                    let size = f64::from(self.step);
                    part.iter_mut().enumerate().for_each(|(k, p)| *p = along(three, f64::from(inside + k as u32) / size));
                }
            }
            done += run;
        }
    }

    /// Enough positions of `window` that a box around them holds all of its pixels, but for a fraction of one.
    pub fn outline(&self, window: Window) -> Vec<Point> {
        let half = (self.step / 2).max(1);
        let stops = |first: u32, len: u32, limit: u32| -> Vec<u32> {
            let last = first.saturating_add(len).min(limit).saturating_sub(1);
            let mut at: Vec<u32> = (first.div_ceil(half)..=last / half).map(|k| k * half).collect();
            at.extend([first, last]);
            at.sort_unstable();
            at.dedup();
            at
        };
        let (cols, rows) = (stops(window.col, window.width, self.shape.width), stops(window.row, window.height, self.shape.height));
        let mut points: Vec<Point> = rows.iter().flat_map(|&r| cols.iter().map(move |&c| (c, r))).map(|(c, r)| self.at(c, r)).collect();
        for (cell, exact) in &self.exact {
            let (col, row) = self.corner(*cell);
            let apart = col >= window.col.saturating_add(window.width)
                || row >= window.row.saturating_add(window.height)
                || col + self.step <= window.col
                || row + self.step <= window.row;
            if !apart {
                points.extend(exact);
            }
        }
        points
    }
}

/// Projects on all cores.
fn projected(mut points: Vec<Point>, project: &Project) -> Result<Vec<Point>> {
    points.par_chunks_mut(1 << 12).try_for_each(project)?;
    Ok(points)
}

/// The quadratic through three points at 0, 1/2 and 1.
fn along([a, b, c]: [Point; 3], t: f64) -> Point {
    let (p, q, r) = ((2.0 * t - 1.0) * (t - 1.0), 4.0 * t * (1.0 - t), t * (2.0 * t - 1.0));
    (p * a.0 + q * b.0 + r * c.0, p * a.1 + q * b.1 + r * c.1)
}

fn near(a: Point, b: Point, tolerance: f64) -> bool {
    // A comparison with NaN is false: a cell without a full set of images counts as bent.
    (a.0 - b.0).abs() <= tolerance && (a.1 - b.1).abs() <= tolerance
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: Shape, tolerance: f64, exact: fn(f64, f64) -> (f64, f64)) -> usize {
        let calls = std::sync::atomic::AtomicUsize::new(0);
        let net = Approximation::new(shape, tolerance, &|points| {
            calls.fetch_add(points.len(), std::sync::atomic::Ordering::Relaxed);
            points.iter_mut().for_each(|p| *p = exact(p.0, p.1));
            Ok(())
        })
        .unwrap();
        for row in 0..shape.height {
            for col in 0..shape.width {
                let (got, right) = (net.at(col, row), exact(f64::from(col) + 0.5, f64::from(row) + 0.5));
                let both_absent = !got.0.is_finite() && !right.0.is_finite();
                assert!(both_absent || near(got, right, tolerance), "{col} {row}: {got:?} {right:?}");
            }
        }
        calls.into_inner()
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
