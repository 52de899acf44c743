use std::sync::Arc;

use super::approximation::{Course, Point, Stretch, runs};
use super::cell::SIDE;
use super::pick::{Curve, EDGE, place};
use super::{Approximation, Longitudes, footprint};
use crate::{Affine, Grid, Shape, Window};

/// Where in a source (or one of its overviews) each pixel of a target lies.
#[derive(Debug, Clone)]
pub struct PixelMap {
    way: Way,
    source: Shape,
    density: Option<Reach>,
}

#[derive(Debug, Clone)]
enum Way {
    /// Same CRS: target pixel to source pixel.
    Affine(Affine),
    Projected {
        positions: Arc<Approximation>,
        /// Linear part of CRS to source pixel, and the corner it starts from: subtracting first keeps all digits.
        linear: [f64; 4],
        corner: (f64, f64),
        /// Where the source counts in longitudes: those of its own columns.
        longitudes: Option<Longitudes>,
    },
}

/// How far beyond a position a kernel reaches, in source pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    pub x: f64,
    pub y: f64,
}

impl PixelMap {
    /// `positions` is needed where the CRS differ. `level` is the source's shape, or that of one of its overviews.
    /// `None` where the source's transform cannot be inverted.
    pub fn new(target: &Grid, source: &Grid, level: Shape, positions: Option<Arc<Approximation>>) -> Option<Self> {
        let t = source.transform;
        let (sx, sy) = (
            f64::from(source.shape.width) / f64::from(level.width.max(1)),
            f64::from(source.shape.height) / f64::from(level.height.max(1)),
        );
        let scaled = Affine { a: t.a * sx, b: t.b * sy, c: t.c, d: t.d * sx, e: t.e * sy, f: t.f };
        let inverse = scaled.inverse()?;
        let way = match positions {
            Some(positions) => {
                let linear = [inverse.a, inverse.b, inverse.d, inverse.e];
                Way::Projected { positions, linear, corner: (scaled.c, scaled.f), longitudes: Longitudes::of(source) }
            }
            None => Way::Affine(compose(inverse, scaled, target.transform)),
        };
        Some(Self { way, source: level, density: None })
    }

    /// Counts as of this density everywhere, so that parts of one target are made alike.
    #[must_use]
    pub fn of_density(self, density: Reach) -> Self {
        Self { density: Some(density), ..self }
    }

    /// Source pixel coordinates of a target pixel's centre; non-finite where it has none.
    pub fn at(&self, col: u32, row: u32) -> (f64, f64) {
        match &self.way {
            Way::Affine(t) => t.apply(f64::from(col) + 0.5, f64::from(row) + 0.5),
            Way::Projected { positions, .. } => self.of_place(positions.at(col, row)),
        }
    }

    /// [`PixelMap::at`] for a run of pixels of one row, from `first` on.
    pub fn row(&self, row: u32, first: u32, out: &mut [(f64, f64)]) {
        match &self.way {
            Way::Affine(t) => {
                for (k, p) in out.iter_mut().enumerate() {
                    // A run is never longer than the target is wide, which is a u32.
                    *p = t.apply(f64::from(first) + k as f64 + 0.5, f64::from(row) + 0.5);
                }
            }
            Way::Projected { positions, linear, corner, longitudes } => {
                positions.row(row, first, out);
                if let Some(longitudes) = longitudes {
                    out.iter_mut().for_each(|p| p.0 = longitudes.home(p.0));
                }
                out.iter_mut().for_each(|p| *p = to_pixel(*p, linear, *corner));
            }
        }
    }

    /// For each pixel of a run of one row, from `first` on, where its nearest source pixel stands in `window` of the source, row-major;
    /// [`super::gather::NONE`] where it is outside. Exact wherever it would otherwise be in doubt which pixel holds a position.
    pub(super) fn pick(&self, row: u32, first: u32, window: Window, out: &mut [u32]) {
        match &self.way {
            Way::Affine(t) => {
                for (col, len) in runs(first, out.len()) {
                    let from = col - col % SIDE;
                    let at = |k: u32| t.apply(f64::from(from) + f64::from(k) + 0.5, f64::from(row) + 0.5);
                    let curve = Curve { three: [0, SIDE / 2, SIDE].map(|k| inside(window, at(k))), doubt: -1.0, window };
                    let done = (col - first) as usize;
                    let from = (col - from) as usize;
                    out[done..done + len].copy_from_slice(&curve.picked().index[from..from + len]);
                }
            }
            Way::Projected { positions, .. } => {
                let mut doubtful: Vec<usize> = Vec::new();
                for stretch in positions.stretches(row, first, out.len()) {
                    let done = (stretch.col - first) as usize;
                    self.pick_stretch(row, &stretch, window, &mut out[done..done + stretch.len], |k| doubtful.push(done + k));
                }
                let mut exact: Vec<Point> = doubtful.iter().map(|&k| (f64::from(first) + k as f64, f64::from(row))).collect();
                // What cannot be made exact stays as near as it is.
                if !exact.is_empty() && positions.settle(&mut exact) {
                    doubtful.into_iter().zip(exact).for_each(|(k, p)| out[k] = place(window, inside(window, self.of_place(p))));
                }
            }
        }
    }

    /// [`PixelMap::pick`] for a part of a row in one cell; tells of pixels in doubt.
    fn pick_stretch(&self, row: u32, stretch: &Stretch, window: Window, out: &mut [u32], mut doubtful: impl FnMut(usize)) {
        let Way::Projected { linear, longitudes, .. } = &self.way else { return };
        let per_unit = linear[0].abs().max(linear[1].abs()) + linear[2].abs().max(linear[3].abs());
        // Less than the noise of one affine after another is no doubt.
        let doubt = Some(stretch.doubt * per_unit).filter(|doubt| *doubt > EDGE).unwrap_or(-1.0);
        if let Course::Smooth(three) = &stretch.course
            && let Some(shift) = longitudes.map_or(Some(0.0), |l| l.shift(three.map(|p| p.0)))
        {
            let three = three.map(|p| inside(window, self.to_pixel((p.0 + shift, p.1))));
            let curve = Curve { three, doubt, window };
            let (picked, from) = (curve.picked(), (stretch.col % SIDE) as usize);
            out.copy_from_slice(&picked.index[from..from + stretch.len]);
            if picked.doubtful {
                curve.doubtful().filter(|k| (from..from + stretch.len).contains(k)).for_each(|k| doubtful(k - from));
            }
            return;
        }
        let mut positions = [(0.0, 0.0); SIDE as usize];
        stretch.positions(row, &mut positions[..stretch.len]);
        for (k, (out, p)) in out.iter_mut().zip(positions).enumerate() {
            let p = inside(window, self.of_place(p));
            *out = place(window, p);
            if [p.0, p.1].iter().any(|v| (v - v.round()).abs() <= doubt) {
                doubtful(k);
            }
        }
    }

    /// Whole pixels to add to a target pixel to get its source pixel, where the two lie on one lattice.
    pub fn whole_offset(&self, target: Shape) -> Option<(i64, i64)> {
        let Way::Affine(t) = &self.way else { return None };
        let drift = |k: f64, len: u32| (k - 1.0).abs() * f64::from(len.max(1)) < 1e-3 && len > 0;
        let whole = |v: f64| ((v - v.round()).abs() < 2e-3 && v.abs() < 4e15).then_some(v.round() as i64);
        if !t.is_axis_aligned() || !drift(t.a, target.width) || !drift(t.e, target.height) {
            return None;
        }
        Some((whole(t.c)?, whole(t.f)?))
    }

    /// Source pixels per target pixel, across and down, where the target is finest relative to the source.
    pub fn density(&self, window: Window) -> Reach {
        if let Some(density) = self.density {
            return density;
        }
        if let Way::Affine(t) = &self.way {
            return Reach { x: t.a.hypot(t.b), y: t.d.hypot(t.e) };
        }
        let mut least = Reach { x: f64::INFINITY, y: f64::INFINITY };
        let stops = |first: u32, len: u32| (0..=8u32).map(move |k| first + (u64::from(len.saturating_sub(2)) * u64::from(k) / 8) as u32);
        for row in stops(window.row, window.height) {
            for col in stops(window.col, window.width) {
                let (here, right, below) = (self.at(col, row), self.at(col + 1, row), self.at(col, row + 1));
                let x = (right.0 - here.0).hypot(below.0 - here.0);
                let y = (right.1 - here.1).hypot(below.1 - here.1);
                if x.is_finite() && y.is_finite() && x > 0.0 && y > 0.0 {
                    least = Reach { x: least.x.min(x), y: least.y.min(y) };
                }
            }
        }
        Reach { x: if least.x.is_finite() { least.x } else { 1.0 }, y: if least.y.is_finite() { least.y } else { 1.0 } }
    }

    /// The source pixels that `window` of the target needs when its kernel reaches this far; `None` where it needs none.
    pub fn source_window(&self, window: Window, reach: Reach) -> Option<Window> {
        if window.width == 0 || window.height == 0 {
            return None;
        }
        let points = match &self.way {
            Way::Affine(_) => {
                let (right, bottom) = (window.col + window.width - 1, window.row + window.height - 1);
                vec![self.at(window.col, window.row), self.at(right, window.row), self.at(window.col, bottom), self.at(right, bottom)]
            }
            Way::Projected { positions, .. } => positions.outline(window).into_iter().map(|p| self.of_place(p)).collect(),
        };
        let around = footprint::around(points.into_iter())?;
        let mut wide = around;
        wide.left -= reach.x;
        wide.right += reach.x;
        wide.bottom -= reach.y;
        wide.top += reach.y;
        let slack = if matches!(self.way, Way::Affine(_)) { 2.0 * EDGE } else { 0.5 };
        footprint::clip(wide, slack, self.source.width, self.source.height)
    }

    /// The source's pixel coordinates of a place in its CRS.
    fn of_place(&self, (x, y): Point) -> Point {
        let Way::Projected { longitudes, .. } = &self.way else { return (f64::NAN, f64::NAN) };
        self.to_pixel((longitudes.map_or(x, |l| l.home(x)), y))
    }

    /// The same of a place in the turn of longitudes that the source counts in.
    fn to_pixel(&self, place: Point) -> Point {
        let Way::Projected { linear, corner, .. } = &self.way else { return (f64::NAN, f64::NAN) };
        to_pixel(place, linear, *corner)
    }

    pub fn source_shape(&self) -> Shape {
        self.source
    }
}

/// A position counted from the corner of a window.
fn inside(window: Window, (x, y): Point) -> Point {
    (x - f64::from(window.col), y - f64::from(window.row))
}

fn to_pixel((x, y): (f64, f64), linear: &[f64; 4], corner: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (x - corner.0, y - corner.1);
    (linear[0] * dx + linear[1] * dy, linear[2] * dx + linear[3] * dy)
}

/// Target pixel to source pixel, with the two corners subtracted before they are scaled.
fn compose(inverse: Affine, source: Affine, target: Affine) -> Affine {
    let (dc, df) = (target.c - source.c, target.f - source.f);
    Affine {
        a: inverse.a * target.a + inverse.b * target.d,
        b: inverse.a * target.b + inverse.b * target.e,
        c: inverse.a * dc + inverse.b * df,
        d: inverse.d * target.a + inverse.e * target.d,
        e: inverse.d * target.b + inverse.e * target.e,
        f: inverse.d * dc + inverse.e * df,
    }
}

#[cfg(test)]
mod tests {
    use super::super::gather::NONE;
    use super::*;

    fn picked(map: &PixelMap, source: &Grid, (col, row): (u32, u32), len: usize) -> Vec<u32> {
        let mut index = vec![0; len];
        map.pick(row, col, Window::whole(source.shape), &mut index);
        index
    }

    fn grid(left: f64, top: f64, step: f64, size: u32) -> Grid {
        Grid { crs: None, transform: Affine::north_up(left, top, step, step), shape: Shape { width: size, height: size } }
    }

    #[test]
    fn one_lattice_gives_a_whole_offset_and_the_smallest_window() {
        let (target, source) = (grid(500_067.0, 4_999_953.0, 30.0, 10), grid(500_007.0, 5_000_013.0, 30.0, 100));
        let map = PixelMap::new(&target, &source, source.shape, None).unwrap();
        assert_eq!(map.whole_offset(target.shape), Some((2, 2)));
        assert_eq!(picked(&map, &source, (0, 9), 1), [11 * 100 + 2]);
        let window = map.source_window(Window::whole(target.shape), Reach { x: 0.0, y: 0.0 });
        assert_eq!(window, Some(Window { col: 2, row: 2, width: 10, height: 10 }));
    }

    #[test]
    fn an_overview_has_the_same_corner_and_larger_pixels() {
        let (target, source) = (grid(0.0, 1000.0, 40.0, 25), grid(0.0, 1000.0, 10.0, 100));
        let full = PixelMap::new(&target, &source, source.shape, None).unwrap();
        assert_eq!(full.density(Window::whole(target.shape)), Reach { x: 4.0, y: 4.0 });
        let level = PixelMap::new(&target, &source, Shape { width: 25, height: 25 }, None).unwrap();
        assert_eq!(level.whole_offset(target.shape), Some((0, 0)));
    }

    #[test]
    fn centres_outside_the_source_have_no_pixel() {
        let (target, source) = (grid(-60.0, 1000.0, 30.0, 10), grid(0.0, 1000.0, 30.0, 4));
        let map = PixelMap::new(&target, &source, source.shape, None).unwrap();
        assert_eq!(picked(&map, &source, (1, 0), 6), [NONE, 0, 1, 2, 3, NONE]);
    }
}
