//! One cell of a net of positions: a quadratic where that is right, four smaller cells where it is not, every pixel in the end.

use super::approximation::{Point, Project};
use crate::{Result, Window};

/// Pixels along the side of a cell that is not split; cells begin at multiples of it, whatever the window.
pub(super) const SIDE: u32 = 64;
/// A cell of this size that still bends is computed at every pixel.
const FINEST: u32 = 8;
/// Where in a cell, in its own length, the quadratic is held against the truth.
const CHECKS: [Point; 5] = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75), (0.5, 0.25)];

/// A square of pixels: its first pixel and the length of its side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub col: u32,
    pub row: u32,
    pub side: u32,
}

#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// Positions at the corners, the middles of the sides and the middle, row by row.
    Smooth([Point; 9]),
    /// Upper left, upper right, lower left, lower right.
    Split(Box<[Cell; 4]>),
    /// Of every pixel, row by row.
    Exact(Vec<Point>),
}

/// Points of a cell that are the same for every cell of that side: nodes, then checks.
fn nodes(place: Place) -> [Point; 9] {
    let half = f64::from(place.side) / 2.0;
    std::array::from_fn(|k| (f64::from(place.col) + (k % 3) as f64 * half + 0.5, f64::from(place.row) + (k / 3) as f64 * half + 0.5))
}

pub(super) fn checks(place: Place) -> [Point; 5] {
    let side = f64::from(place.side);
    CHECKS.map(|(u, v)| (f64::from(place.col) + u * side + 0.5, f64::from(place.row) + v * side + 0.5))
}

/// By how much the quadratic through these nodes misses the truth at the checks; `None` where that is more than the tolerance.
pub(super) fn miss(nodes: &[Point; 9], truth: &[Point], tolerance: f64) -> Option<f64> {
    let mut most = 0.0f64;
    for (&(u, v), &right) in CHECKS.iter().zip(truth) {
        let got = along(across(nodes, v), u);
        if !near(got, right, tolerance) {
            return None;
        }
        most = most.max((got.0 - right.0).abs()).max((got.1 - right.1).abs());
    }
    Some(most)
}

impl Cell {
    /// A cell whose quadratic is known to bend, made of smaller ones. Nothing but its place decides how.
    pub fn refined(place: Place, tolerance: f64, project: &Project) -> Result<Self> {
        if place.side <= FINEST {
            let points = (0..place.side * place.side)
                .map(|k| (f64::from(place.col + k % place.side) + 0.5, f64::from(place.row + k / place.side) + 0.5));
            let mut points: Vec<Point> = points.collect();
            project(&mut points)?;
            return Ok(Self::Exact(points));
        }
        let mut four = Vec::with_capacity(4);
        for quarter in quarters(place) {
            let mut points = [(0.0, 0.0); 14];
            points[..9].copy_from_slice(&nodes(quarter));
            points[9..].copy_from_slice(&checks(quarter));
            project(&mut points)?;
            let mut nine = [(0.0, 0.0); 9];
            nine.copy_from_slice(&points[..9]);
            let smooth = miss(&nine, &points[9..], tolerance).is_some();
            four.push(if smooth { Self::Smooth(nine) } else { Self::refined(quarter, tolerance, project)? });
        }
        // There are four of them: without, every pixel would be absent.
        Ok(four.into_boxed_slice().try_into().map_or(Self::Exact(Vec::new()), Self::Split))
    }

    /// Positions of a run of pixels of one row, all inside the cell.
    pub fn row(&self, place: Place, row: u32, first: u32, out: &mut [Point]) {
        match self {
            Self::Smooth(nodes) => {
                // A side is a power of two: its inverse is exact.
                let one = 1.0 / f64::from(place.side);
                let three = across(nodes, f64::from(row - place.row) * one);
                out.iter_mut().enumerate().for_each(|(k, p)| *p = along(three, f64::from(first - place.col + k as u32) * one));
            }
            Self::Exact(points) => {
                let at = ((row - place.row) * place.side + first - place.col) as usize;
                out.iter_mut().enumerate().for_each(|(k, p)| *p = points.get(at + k).copied().unwrap_or((f64::NAN, f64::NAN)));
            }
            Self::Split(four) => {
                let half = place.side / 2;
                let lower = usize::from(row >= place.row + half) * 2;
                let left = (place.col + half).saturating_sub(first).min(out.len() as u32) as usize;
                let (west, east) = out.split_at_mut(left);
                let [quarter_west, quarter_east] = [0, 1].map(|right| quarters(place)[lower + right]);
                if !west.is_empty() {
                    four[lower].row(quarter_west, row, first, west);
                }
                if !east.is_empty() {
                    // A run is never longer than a cell.
                    four[lower + 1].row(quarter_east, row, first + left as u32, east);
                }
            }
        }
    }

    /// Enough positions inside `window` that a box around them holds all of them, but for a fraction of a pixel.
    pub fn outline(&self, place: Place, window: Window, out: &mut Vec<Point>) {
        let cut = |first: u32, low: u32, len: u32| {
            let (from, to) = (first.max(low), first.saturating_add(place.side).min(low.saturating_add(len)));
            (from < to).then_some((from, to))
        };
        let (Some(cols), Some(rows)) = (cut(place.col, window.col, window.width), cut(place.row, window.row, window.height)) else {
            return;
        };
        match self {
            Self::Split(four) => four.iter().zip(quarters(place)).for_each(|(cell, quarter)| cell.outline(quarter, window, out)),
            Self::Exact(_) => {
                for row in rows.0..rows.1 {
                    let at = out.len();
                    out.resize(at + (cols.1 - cols.0) as usize, (0.0, 0.0));
                    self.row(place, row, cols.0, &mut out[at..]);
                }
            }
            Self::Smooth(_) => {
                for row in [rows.0, rows.0.midpoint(rows.1 - 1), rows.1 - 1] {
                    for col in [cols.0, cols.0.midpoint(cols.1 - 1), cols.1 - 1] {
                        let mut one = [(0.0, 0.0)];
                        self.row(place, row, col, &mut one);
                        out.push(one[0]);
                    }
                }
            }
        }
    }
}

fn quarters(place: Place) -> [Place; 4] {
    let side = place.side / 2;
    let at = |right: u32, down: u32| Place { col: place.col + right * side, row: place.row + down * side, side };
    [at(0, 0), at(1, 0), at(0, 1), at(1, 1)]
}

/// The three points from which a quadratic runs along a row of a cell, at `v` of its height.
pub(super) fn across(nodes: &[Point; 9], v: f64) -> [Point; 3] {
    [0, 1, 2].map(|i| along([nodes[i], nodes[i + 3], nodes[i + 6]], v))
}

/// Positions along a row of a whole cell, from its pixel `first` on, on the quadratic through three points.
pub(super) fn along_cell(three: [Point; 3], first: u32, out: &mut [Point]) {
    // A side is a power of two: its inverse is exact.
    let one = 1.0 / f64::from(SIDE);
    out.iter_mut().enumerate().for_each(|(k, p)| *p = along(three, f64::from(first + k as u32) * one));
}

/// The quadratic through three points at 0, 1/2 and 1.
fn along([a, b, c]: [Point; 3], t: f64) -> Point {
    let (p, q, r) = ((2.0 * t - 1.0) * (t - 1.0), 4.0 * t * (1.0 - t), t * (2.0 * t - 1.0));
    (p * a.0 + q * b.0 + r * c.0, p * a.1 + q * b.1 + r * c.1)
}

pub(super) fn near(a: Point, b: Point, tolerance: f64) -> bool {
    // A comparison with NaN is false: a cell without a full set of images counts as bent.
    (a.0 - b.0).abs() <= tolerance && (a.1 - b.1).abs() <= tolerance
}
