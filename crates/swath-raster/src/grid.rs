use serde::{Deserialize, Serialize};

use crate::crs::Crs;

/// Affine map from pixel (col, row) to the CRS: `x = a*col + b*row + c`, `y = d*col + e*row + f` (rasterio's order).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
    pub e: f64,
    pub f: f64,
}

impl Affine {
    pub const IDENTITY: Affine = Affine { a: 1.0, b: 0.0, c: 0.0, d: 0.0, e: 1.0, f: 0.0 };

    /// North-up grid from its upper left corner and pixel sizes (both positive).
    pub fn north_up(left: f64, top: f64, dx: f64, dy: f64) -> Self {
        Self { a: dx, b: 0.0, c: left, d: 0.0, e: -dy, f: top }
    }
    /// `[a, b, c, d, e, f]`, the order of `proj:transform`.
    pub fn to_array(self) -> [f64; 6] {
        [self.a, self.b, self.c, self.d, self.e, self.f]
    }
    pub fn from_array([a, b, c, d, e, f]: [f64; 6]) -> Self {
        Self { a, b, c, d, e, f }
    }
    pub fn apply(self, col: f64, row: f64) -> (f64, f64) {
        (self.a * col + self.b * row + self.c, self.d * col + self.e * row + self.f)
    }
    /// `None` where the map folds the plane onto a line.
    pub fn inverse(self) -> Option<Self> {
        let det = self.a * self.e - self.b * self.d;
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let (a, b, d, e) = (self.e / det, -self.b / det, -self.d / det, self.a / det);
        Some(Self { a, b, c: -(a * self.c + b * self.f), d, e, f: -(d * self.c + e * self.f) })
    }
    /// No rotation and no shear.
    pub fn is_axis_aligned(self) -> bool {
        self.b == 0.0 && self.d == 0.0
    }
}

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    pub width: u32,
    pub height: u32,
}

/// A rectangle of pixels; it may not reach outside its raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    pub col: u32,
    pub row: u32,
    pub width: u32,
    pub height: u32,
}

impl Window {
    pub fn whole(shape: Shape) -> Self {
        Self { col: 0, row: 0, width: shape.width, height: shape.height }
    }
    pub fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }
}

/// A box in the units of a CRS; `left > right` only where a geographic box crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    pub left: f64,
    pub bottom: f64,
    pub right: f64,
    pub top: f64,
}

/// CRS + affine + shape: where pixels lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    pub crs: Option<Crs>,
    pub transform: Affine,
    pub shape: Shape,
}

impl Grid {
    /// Box around the four corners in the grid's own CRS.
    pub fn bounds(&self) -> Bounds {
        let (w, h) = (f64::from(self.shape.width), f64::from(self.shape.height));
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(c, r)| self.transform.apply(c, r));
        let mut b = Bounds { left: f64::INFINITY, bottom: f64::INFINITY, right: f64::NEG_INFINITY, top: f64::NEG_INFINITY };
        for (x, y) in corners {
            b.left = b.left.min(x);
            b.right = b.right.max(x);
            b.bottom = b.bottom.min(y);
            b.top = b.top.max(y);
        }
        b
    }
}
