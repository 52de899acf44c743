use super::place::Place;
use crate::crs::Crs;
use crate::warp::same_crs;
use crate::{Affine, Bounds, Error, Grid, Result};

/// The latitude of the map's upper and lower edges; what lies beyond would stretch without end.
const LAST_LATITUDE: f64 = 85.051_128_779_806_6;
/// A window of whole pixels may miss one by this much.
const SLIVER: f64 = 0.001;

/// Where a raster lies on the web map and how fine it is there: one square pixel size that keeps the length of its diagonal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Suggested {
    pub bounds: Bounds,
    pub resolution: f64,
}

/// # Errors
/// Misuse without a CRS or with a transform that folds; Unsupported where no way leads to the map.
pub(super) fn suggest(grid: &Grid, map: &Crs) -> Result<Suggested> {
    let Some(crs) = &grid.crs else {
        let error = Error::misuse("web_optimized", "the raster has no CRS", "a raster that is tied to the ground");
        return Err(error.hint("give it a CRS first"));
    };
    let t = grid.transform;
    if same_crs(crs, map) && t.is_axis_aligned() {
        return Ok(Suggested { bounds: grid.bounds(), resolution: t.a.abs() });
    }
    let clipped = if crs.is_geographic() { clipped(grid)? } else { grid.clone() };
    let place = Place::new(&clipped, crs, map)?;
    let edge = Edge::around(&clipped, &place)?;
    edge.suggested(&clipped)
}

/// Without the rows beyond the map's edges.
fn clipped(grid: &Grid) -> Result<Grid> {
    let t = grid.transform;
    if !t.is_axis_aligned() || t.e >= 0.0 {
        return Ok(grid.clone());
    }
    let (top, bottom) = (t.f, t.f + f64::from(grid.shape.height) * t.e);
    if top <= LAST_LATITUDE && bottom >= -LAST_LATITUDE {
        return Ok(grid.clone());
    }
    let row = ((top.min(LAST_LATITUDE) - t.f) / t.e + SLIVER).floor();
    let upper = t.f + row * t.e;
    let rows = ((bottom.max(-LAST_LATITUDE) - upper) / t.e - SLIVER).ceil();
    if rows < 1.0 {
        return Err(Error::misuse("web_optimized", "the raster lies beyond the edges of the web map", "latitudes within 85.05 degrees"));
    }
    let mut out = grid.clone();
    out.transform = Affine { f: upper, ..t };
    out.shape.height = rows as u32;
    Ok(out)
}

/// Points of a raster and where they come to lie.
struct Edge {
    /// In steps from the upper left, across and down; the first is the upper left corner, the last the lower right.
    steps: Vec<(usize, usize)>,
    images: Vec<(f64, f64)>,
    /// The box of all images, points found beside a jump included.
    bounds: Option<Bounds>,
}

impl Edge {
    fn around(grid: &Grid, place: &Place) -> Result<Self> {
        let least = f64::from(grid.shape.width.min(grid.shape.height));
        let count = ((least / 50.0 + 0.5) as usize).clamp(20, 100);
        let (across, down) = (|i| (i, 0), |i| (0, i));
        let mut steps: Vec<(usize, usize)> = (0..=count).map(across).collect();
        steps.extend((0..=count).map(|i| (i, count)));
        steps.extend((0..=count).map(down));
        steps.extend((0..=count).map(|i| (count, i)));
        let mut edge = Self::sampled(grid, place, steps, count)?;
        if !edge.returns(grid, place, count)? {
            let steps = (0..=count).flat_map(|y| (0..=count).map(move |x| (x, y))).collect();
            edge = Self::sampled(grid, place, steps, count)?;
        }
        edge.measure(grid, place, count)?;
        Ok(edge)
    }

    fn sampled(grid: &Grid, place: &Place, steps: Vec<(usize, usize)>, count: usize) -> Result<Self> {
        let mut images: Vec<_> = steps.iter().map(|&step| position(grid, step, count)).collect();
        place.forth(&mut images)?;
        Ok(Self { steps, images, bounds: None })
    }

    /// Whether every image leads back to its point, but for a step.
    fn returns(&self, grid: &Grid, place: &Place, count: usize) -> Result<bool> {
        let inverse =
            grid.transform.inverse().ok_or_else(|| Error::misuse("web_optimized", "a transform that folds", "one that does not"))?;
        let mut back = self.images.clone();
        place.back(&mut back)?;
        let size = (f64::from(grid.shape.width), f64::from(grid.shape.height));
        let step = (size.0 / count as f64, size.1 / count as f64);
        Ok(self.images.iter().zip(&back).zip(&self.steps).all(|((image, &(x, y)), at)| {
            let (col, row) = inverse.apply(x, y);
            let right = (at.0 as f64 * step.0, at.1 as f64 * step.1);
            finite(image) && (col - right.0).abs() <= step.0 && (row - right.1).abs() <= step.1
        }))
    }

    fn measure(&mut self, grid: &Grid, place: &Place, count: usize) -> Result<()> {
        for i in 0..self.steps.len() {
            let ((x, y), image) = (self.steps[i], self.images[i]);
            // Only rows are followed: along a row a raster may jump from one edge of the map to the other.
            let follows = i > 0 && x > 0 && self.steps[i - 1] == (x - 1, y) && (y == 0 || y == count || self.steps.len() > 4 * (count + 1));
            if follows && (finite(&image) || finite(&self.images[i - 1])) {
                self.search(grid, place, count, i)?;
            }
            if finite(&image) {
                self.take(image);
            }
        }
        // Where an edge is cut in three, too.
        let third = |k: usize| k as f64 / 3.0;
        let (w, h) = (f64::from(grid.shape.width), f64::from(grid.shape.height));
        let mut more: Vec<(f64, f64)> = (0..=3)
            .flat_map(|k| [(third(k) * w, 0.0), (third(k) * w, h), (0.0, third(k) * h), (w, third(k) * h)])
            .map(|(col, row)| grid.transform.apply(col, row))
            .collect();
        place.forth(&mut more)?;
        more.into_iter().filter(finite).for_each(|p| self.take(p));
        Ok(())
    }

    /// Halves the way between two neighbours until it stands beside the place where the map's longitude changes sign, or ends.
    fn search(&mut self, grid: &Grid, place: &Place, count: usize, i: usize) -> Result<()> {
        let (mut before, mut after) = (self.images[i - 1], self.images[i]);
        let (mut low, mut high) = (self.steps[i - 1].0 as f64, self.steps[i].0 as f64);
        let down = self.steps[i].1 as f64 * f64::from(grid.shape.height) / count as f64;
        for _ in 0..16 {
            if finite(&before) && finite(&after) && before.0 * after.0 >= 0.0 {
                break;
            }
            let middle = (low + high) / 2.0;
            let mut at = [grid.transform.apply(middle * f64::from(grid.shape.width) / count as f64, down)];
            place.forth(&mut at)?;
            let [at] = at;
            if finite(&at) {
                self.take(at);
                if !finite(&before) || before.0 * at.0 < 0.0 {
                    (high, after) = (middle, at);
                } else {
                    (low, before) = (middle, at);
                }
            } else if !finite(&before) {
                low = middle;
            } else if !finite(&after) {
                high = middle;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, (x, y): (f64, f64)) {
        let b = self.bounds.get_or_insert(Bounds { left: x, bottom: y, right: x, top: y });
        *b = Bounds { left: b.left.min(x), bottom: b.bottom.min(y), right: b.right.max(x), top: b.top.max(y) };
    }

    fn suggested(&self, grid: &Grid) -> Result<Suggested> {
        let nowhere = || Error::unsupported("web_optimized", "no part of the raster lies on the web map", "");
        let bounds = self.bounds.ok_or_else(nowhere)?;
        let (first, last) = (self.images.first().ok_or_else(nowhere)?, self.images.last().ok_or_else(nowhere)?);
        let mut across = (last.0 - first.0, last.1 - first.1);
        if !finite(&across) || across.0 == 0.0 || across.1 == 0.0 {
            across = (bounds.right - bounds.left, bounds.top - bounds.bottom);
        }
        let (w, h) = (f64::from(grid.shape.width), f64::from(grid.shape.height));
        let resolution = (across.0 * across.0 + across.1 * across.1).sqrt() / (w * w + h * h).sqrt();
        if !(resolution > 0.0 && resolution.is_finite()) {
            return Err(nowhere());
        }
        Ok(Suggested { bounds, resolution }.snapped())
    }
}

fn finite(p: &(f64, f64)) -> bool {
    p.0.is_finite() && p.1.is_finite()
}

fn position(grid: &Grid, (x, y): (usize, usize), count: usize) -> (f64, f64) {
    let ratio = |at: usize| if at == count { 1.0 } else { at as f64 * (1.0 / count as f64) };
    grid.transform.apply(ratio(x) * f64::from(grid.shape.width), ratio(y) * f64::from(grid.shape.height))
}
