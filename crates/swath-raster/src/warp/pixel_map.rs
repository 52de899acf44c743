use std::sync::Arc;

use super::{Approximation, Longitudes, footprint};
use crate::{Affine, Grid, Shape, Window};

/// A position this close under a pixel's edge belongs to the pixel beyond it: the noise of one affine after another.
const EDGE: f64 = 1e-8;

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

    /// [`PixelMap::row`], exact wherever it would otherwise be in doubt which pixel holds a position.
    pub(super) fn settled_row(&self, row: u32, first: u32, out: &mut [(f64, f64)]) {
        let Way::Projected { positions, linear, .. } = &self.way else { return self.row(row, first, out) };
        positions.row(row, first, out);
        let per_unit = linear[0].abs().max(linear[1].abs()) + linear[2].abs().max(linear[3].abs());
        positions.settle(row, first, out, |place, doubt| {
            let doubt = doubt * per_unit;
            let near_edge = |v: f64| (v - v.round()).abs() <= doubt;
            // Less than the noise of one affine after another is no doubt.
            doubt > EDGE && {
                let (x, y) = self.of_place(place);
                near_edge(x) || near_edge(y)
            }
        });
        out.iter_mut().for_each(|p| *p = self.of_place(*p));
    }

    /// The source pixel that holds a target pixel's centre.
    pub fn nearest(&self, col: u32, row: u32) -> Option<(u32, u32)> {
        self.holding(self.at(col, row))
    }

    /// The source pixel that holds a position, if it lies in the source.
    pub(super) fn holding(&self, (x, y): (f64, f64)) -> Option<(u32, u32)> {
        let (x, y) = (x + EDGE, y + EDGE);
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(self.source.width) && y < f64::from(self.source.height);
        // Of what is not negative a cast is the floor, without a call.
        inside.then_some((x as u32, y as u32))
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
    fn of_place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let Way::Projected { linear, corner, longitudes, .. } = &self.way else { return (f64::NAN, f64::NAN) };
        to_pixel((longitudes.map_or(x, |l| l.home(x)), y), linear, *corner)
    }

    pub fn source_shape(&self) -> Shape {
        self.source
    }
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
    use super::*;

    fn grid(left: f64, top: f64, step: f64, size: u32) -> Grid {
        Grid { crs: None, transform: Affine::north_up(left, top, step, step), shape: Shape { width: size, height: size } }
    }

    #[test]
    fn one_lattice_gives_a_whole_offset_and_the_smallest_window() {
        let (target, source) = (grid(500_067.0, 4_999_953.0, 30.0, 10), grid(500_007.0, 5_000_013.0, 30.0, 100));
        let map = PixelMap::new(&target, &source, source.shape, None).unwrap();
        assert_eq!(map.whole_offset(target.shape), Some((2, 2)));
        assert_eq!(map.nearest(0, 9), Some((2, 11)));
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
        assert_eq!([1, 2, 5, 6].map(|col| map.nearest(col, 0)), [None, Some((0, 0)), Some((3, 0)), None]);
    }
}
