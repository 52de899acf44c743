use std::collections::HashMap;

use crate::crs::{Crs, Transformer};
use crate::{Grid, Result, Shape, Window};

/// Projected positions of every pixel centre of a target: exact on a sparse net of points, linear between them where that
/// is right to within the tolerance, and exact at every pixel where it is not.
///
/// Plain data: it can be shared between threads, which a PROJ transformer cannot.
#[derive(Debug, Clone)]
pub struct Approximation {
    shape: Shape,
    step: u32,
    cells_across: u32,
    nodes_across: u32,
    nodes: Vec<(f64, f64)>,
    /// Exact positions, row-major, of the pixels of the cells that bend too much.
    exact: HashMap<u32, Vec<(f64, f64)>>,
}

/// Steps of the net that are tried, coarse to fine, and the one that is taken when all of those bend too much.
const STEPS: [u32; 4] = [64, 32, 16, 8];
const FINEST: u32 = 4;

impl Approximation {
    /// Positions of the target's pixels in another CRS, right to within `tolerance` units of it.
    ///
    /// # Errors
    /// Misuse where the target has no CRS; Unsupported where there is no way between the two.
    pub fn between(target: &Grid, source: &Crs, tolerance: f64) -> Result<Self> {
        let from = target.crs.as_ref().ok_or_else(|| crate::Error::misuse("", "the target grid has no CRS", "a grid with one"))?;
        let transformer = Transformer::new(from, source)?;
        let mut failure = None;
        let approximation = Self::new(target.shape, tolerance, &mut |points| {
            points.iter_mut().for_each(|p| *p = target.transform.apply(p.0, p.1));
            if let Err(e) = transformer.points(points) {
                failure = Some(e);
                points.fill((f64::NAN, f64::NAN));
            }
        });
        failure.map_or(Ok(approximation), Err)
    }

    /// `project` maps target pixel coordinates, in place, to the source's CRS (points without an image become non-finite).
    /// `tolerance` is in units of that CRS.
    pub fn new(shape: Shape, tolerance: f64, project: &mut dyn FnMut(&mut [(f64, f64)])) -> Self {
        for step in STEPS {
            let (net, bent) = Self::net(shape, step, tolerance, project);
            let cells = net.cells_across as usize * shape.height.div_ceil(step) as usize;
            if bent.len() * 20 <= cells {
                return net.with_exact(&bent, project);
            }
        }
        let (net, bent) = Self::net(shape, FINEST, tolerance, project);
        net.with_exact(&bent, project)
    }

    /// A net of exact points with its cells that bend more than `tolerance`.
    fn net(shape: Shape, step: u32, tolerance: f64, project: &mut dyn FnMut(&mut [(f64, f64)])) -> (Self, Vec<u32>) {
        let (across, down) = (shape.width.div_ceil(step), shape.height.div_ceil(step));
        // Twice as fine as the net: odd points are there to judge the even ones by.
        let (fine_across, fine_down) = (2 * across + 1, 2 * down + 1);
        let half = f64::from(step) / 2.0;
        let mut fine = Vec::with_capacity(fine_across as usize * fine_down as usize);
        for j in 0..fine_down {
            fine.extend((0..fine_across).map(|i| (f64::from(i) * half + 0.5, f64::from(j) * half + 0.5)));
        }
        project(&mut fine);
        let at = |i: u32, j: u32| fine[j as usize * fine_across as usize + i as usize];
        let mut bent = Vec::new();
        for j in 0..down {
            for i in 0..across {
                let corner = |di: u32, dj: u32| at(2 * i + 2 * di, 2 * j + 2 * dj);
                let corners = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
                let off = [(1, 1, 0.5, 0.5), (1, 0, 0.5, 0.0), (0, 1, 0.0, 0.5), (2, 1, 1.0, 0.5), (1, 2, 0.5, 1.0)]
                    .iter()
                    .any(|&(di, dj, u, v)| !near(at(2 * i + di, 2 * j + dj), between(corners, u, v), tolerance));
                if off {
                    bent.push(j * across + i);
                }
            }
        }
        let nodes = (0..=down).flat_map(|j| (0..=across).map(move |i| (i, j))).map(|(i, j)| at(2 * i, 2 * j)).collect();
        (Self { shape, step, cells_across: across, nodes_across: across + 1, nodes, exact: HashMap::new() }, bent)
    }

    fn with_exact(mut self, bent: &[u32], project: &mut dyn FnMut(&mut [(f64, f64)])) -> Self {
        for &cell in bent {
            let (col, row) = ((cell % self.cells_across) * self.step, (cell / self.cells_across) * self.step);
            let mut points = Vec::with_capacity((self.step * self.step) as usize);
            for r in row..row + self.step {
                points.extend((col..col + self.step).map(|c| (f64::from(c) + 0.5, f64::from(r) + 0.5)));
            }
            project(&mut points);
            self.exact.insert(cell, points);
        }
        self
    }

    /// Position of a pixel's centre in the source's CRS; non-finite where it has none.
    pub fn at(&self, col: u32, row: u32) -> (f64, f64) {
        let (i, j) = ((col / self.step).min(self.cells_across.saturating_sub(1)), row / self.step);
        if !self.exact.is_empty()
            && let Some(points) = self.exact.get(&(j * self.cells_across + i))
        {
            let at = (row - j * self.step) as usize * self.step as usize + (col - i * self.step) as usize;
            return points.get(at).copied().unwrap_or((f64::NAN, f64::NAN));
        }
        let node = |di: u32, dj: u32| {
            let at = (j + dj) as usize * self.nodes_across as usize + (i + di) as usize;
            self.nodes.get(at).copied().unwrap_or((f64::NAN, f64::NAN))
        };
        let (u, v) = (f64::from(col - i * self.step) / f64::from(self.step), f64::from(row - j * self.step) / f64::from(self.step));
        between([node(0, 0), node(1, 0), node(0, 1), node(1, 1)], u, v)
    }

    /// Enough positions of `window` that a box around them holds all of its pixels, to within the tolerance.
    pub fn outline(&self, window: Window) -> Vec<(f64, f64)> {
        let stops = |first: u32, len: u32, limit: u32| -> Vec<u32> {
            let last = first.saturating_add(len).min(limit).saturating_sub(1);
            let mut at: Vec<u32> = (first..=last).step_by(self.step.max(1) as usize).collect();
            let aligned = (first / self.step..=last / self.step).flat_map(|k| [k * self.step, (k + 1) * self.step - 1]);
            at.extend(aligned.filter(|&k| k >= first && k <= last));
            at.push(last);
            at.sort_unstable();
            at.dedup();
            at
        };
        let (cols, rows) = (stops(window.col, window.width, self.shape.width), stops(window.row, window.height, self.shape.height));
        let mut points: Vec<_> = rows.iter().flat_map(|&r| cols.iter().map(move |&c| (c, r))).map(|(c, r)| self.at(c, r)).collect();
        for (cell, exact) in &self.exact {
            let (col, row) = ((cell % self.cells_across) * self.step, (cell / self.cells_across) * self.step);
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

fn near(a: (f64, f64), b: (f64, f64), tolerance: f64) -> bool {
    // A comparison with NaN is false: a cell without a full set of images counts as bent.
    (a.0 - b.0).abs() <= tolerance && (a.1 - b.1).abs() <= tolerance
}

/// Linear in both directions between upper left, upper right, lower left, lower right.
fn between([a, b, c, d]: [(f64, f64); 4], u: f64, v: f64) -> (f64, f64) {
    let mix = |a: f64, b: f64, c: f64, d: f64| {
        let (top, bottom) = (a + u * (b - a), c + u * (d - c));
        top + v * (bottom - top)
    };
    (mix(a.0, b.0, c.0, d.0), mix(a.1, b.1, c.1, d.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: Shape, tolerance: f64, exact: fn(f64, f64) -> (f64, f64)) -> usize {
        let mut calls = 0;
        let net = Approximation::new(shape, tolerance, &mut |points| {
            calls += points.len();
            points.iter_mut().for_each(|p| *p = exact(p.0, p.1));
        });
        for row in 0..shape.height {
            for col in 0..shape.width {
                let (got, right) = (net.at(col, row), exact(f64::from(col) + 0.5, f64::from(row) + 0.5));
                let both_absent = !got.0.is_finite() && !right.0.is_finite();
                assert!(both_absent || near(got, right, tolerance), "{col} {row}: {got:?} {right:?}");
            }
        }
        calls
    }

    #[test]
    fn positions_are_right_within_the_tolerance_and_cost_few_exact_points() {
        let shape = Shape { width: 500, height: 300 };
        let calls = check(shape, 0.01, |x, y| (x + 1e-6 * x * y, y + 2e-6 * x * x));
        assert!(calls < 20_000, "{calls}");
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
