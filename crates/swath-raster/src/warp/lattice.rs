use crate::{Affine, Bounds, Error, Result, Shape};

/// How far, in pixels, two grids may disagree and still count as one lattice.
const TOLERANCE: f64 = 1e-3;

/// The endless grid of pixels that a raster is cut out of: a corner and a signed step in x and y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lattice {
    pub corner: (f64, f64),
    pub step: (f64, f64),
}

impl Lattice {
    /// `None` for a rotated, sheared or degenerate transform.
    ///
    /// ```
    /// # use swath_raster::{Affine, warp::Lattice};
    /// let lattice = Lattice::of(Affine::north_up(500_007.0, 0.0, 30.0, 30.0)).unwrap();
    /// assert_eq!(lattice.step, (30.0, -30.0));
    /// ```
    pub fn of(t: Affine) -> Option<Self> {
        let usable = t.is_axis_aligned() && [t.a, t.e].iter().all(|s| s.is_finite() && *s != 0.0) && t.c.is_finite() && t.f.is_finite();
        usable.then_some(Self { corner: (t.c, t.f), step: (t.a, t.e) })
    }

    /// Whole pixels from this lattice's corner to the corner of a raster of `shape`; `None` where the raster lies on another lattice.
    pub fn offset(&self, transform: Affine, shape: Shape) -> Option<(i64, i64)> {
        let other = Self::of(transform)?;
        let axis = |from: f64, step: f64, to: f64, other_step: f64, len: u32| {
            let drift = (other_step / step - 1.0).abs() * f64::from(len.max(1));
            let at = (to - from) / step;
            let whole = at.round();
            // Beyond 2^52 pixels a double has no fraction left to compare.
            ((at - whole).abs() < TOLERANCE && drift < TOLERANCE && whole.abs() < 4e15).then_some(whole as i64)
        };
        Some((
            axis(self.corner.0, self.step.0, other.corner.0, other.step.0, shape.width)?,
            axis(self.corner.1, self.step.1, other.corner.1, other.step.1, shape.height)?,
        ))
    }

    /// The smallest whole-pixel grid on this lattice that covers `bounds`.
    ///
    /// # Errors
    /// OverLimit where it would have more than `u32::MAX` columns or rows; Misuse where the bounds are empty.
    pub fn cover(&self, bounds: Bounds) -> Result<(Affine, Shape)> {
        let (x0, width) = span(self.corner.0, self.step.0, bounds.left, bounds.right)?;
        let (y0, height) = span(self.corner.1, self.step.1, bounds.bottom, bounds.top)?;
        let transform = Affine { a: self.step.0, b: 0.0, c: x0, d: 0.0, e: self.step.1, f: y0 };
        Ok((transform, Shape { width, height }))
    }
}

/// Edge and length in pixels of the cover of `low..high` on one axis.
fn span(corner: f64, step: f64, low: f64, high: f64) -> Result<(f64, u32)> {
    let (near, far) = if step > 0.0 { (low, high) } else { (high, low) };
    let first = snap((near - corner) / step).floor();
    let last = snap((far - corner) / step).ceil();
    let len = last - first;
    if len.is_nan() || len < 1.0 {
        return Err(Error::misuse("", format!("the bounds {low} to {high} hold no pixel"), "bounds that are wider than nothing"));
    }
    if len > f64::from(u32::MAX) {
        let error = Error::over_limit("", format!("{len:.0} pixels between {low} and {high}"), format!("at most {}", u32::MAX));
        return Err(error.hint("a resolution is in units of the CRS"));
    }
    Ok((if first == 0.0 { corner } else { corner + first * step }, len as u32))
}

/// A pixel position that is a whole number but for rounding, made whole.
fn snap(at: f64) -> f64 {
    if (at - at.round()).abs() < TOLERANCE { at.round() } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(corner: (f64, f64), step: f64) -> Option<(i64, i64)> {
        let lattice = Lattice { corner: (500_007.0, 5_000_013.0), step: (30.0, -30.0) };
        lattice.offset(Affine::north_up(corner.0, corner.1, step, step), Shape { width: 100, height: 100 })
    }

    #[test]
    fn grids_on_one_lattice_differ_by_whole_pixels() {
        for (corner, step, expected) in [
            ((500_007.0, 5_000_013.0), 30.0, Some((0, 0))),
            ((503_007.0, 4_997_013.0), 30.0, Some((100, 100))),
            ((497_007.0, 5_003_013.0), 30.0, Some((-100, -100))),
            ((500_007.01, 5_000_013.0), 30.0, Some((0, 0))),
            ((500_022.0, 5_000_013.0), 30.0, None),
            ((500_007.0, 5_000_013.0), 15.0, None),
            ((500_007.0, 5_000_013.0), 30.001, None),
        ] {
            assert_eq!(offset(corner, step), expected, "{corner:?} {step}");
        }
    }

    #[test]
    fn a_cover_keeps_the_phase_of_the_lattice() {
        let lattice = Lattice { corner: (500_007.0, 5_000_013.0), step: (30.0, -30.0) };
        let bounds = Bounds { left: 500_010.0, bottom: 4_999_900.0, right: 500_100.0, top: 5_000_000.0 };
        let (transform, shape) = lattice.cover(bounds).unwrap();
        assert_eq!((transform.c, transform.f), (500_007.0, 5_000_013.0));
        assert_eq!((shape.width, shape.height), (4, 4));
    }
}
