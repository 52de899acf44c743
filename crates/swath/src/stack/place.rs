//! Where sources lie on the target, and where the target's pixels lie in the sources' CRS.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use swath_raster::crs::{Crs, Transformer};
use swath_raster::warp::{self, Approximation, Longitudes, PixelMap, Reach};
use swath_raster::{Affine, Bounds, Grid, Shape, Window};

use super::{Source, StackPlan};
use crate::{Error, Result};

/// Pixels that a position may be off, in source pixels, where the grids' CRS differ.
const POSITION_TOLERANCE: f64 = 0.001;
/// Points along each side of a window at which the density is measured.
const STOPS: u32 = 7;

/// What a source can fill of the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    pub window: Window,
    /// Source pixels per target pixel, across and down, where the target is finest.
    pub density: [f64; 2],
    /// Turns of 360 degrees that move the source onto the target.
    pub turns: i8,
}

/// Places every distinct grid on the target; a grid that meets both ends of it is placed twice.
pub(super) fn place_all(target: &Grid, grids: &[&Grid]) -> Result<HashMap<GridKey, Vec<Placed>>> {
    let mut distinct: HashMap<GridKey, &Grid> = HashMap::new();
    for grid in grids {
        distinct.entry(GridKey::of(grid)).or_insert(grid);
    }
    distinct.into_par_iter().map(|(key, grid)| Ok((key, place(target, grid)?))).collect()
}

/// A grid by its bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct GridKey {
    crs: String,
    transform: [u64; 6],
    shape: Shape,
}

impl GridKey {
    pub fn of(grid: &Grid) -> Self {
        let crs = grid.crs.as_ref().map(|c| c.code().unwrap_or_else(|| c.wkt2()).to_owned()).unwrap_or_default();
        Self { crs, transform: grid.transform.to_array().map(f64::to_bits), shape: grid.shape }
    }
}

fn place(target: &Grid, source: &Grid) -> Result<Vec<Placed>> {
    let (Some(own), Some(aim)) = (&source.crs, &target.crs) else { return Ok(Vec::new()) };
    let turns: &[i8] = if warp::full_turn(aim).is_some() { &[0, 1, -1] } else { &[0] };
    let turn = warp::full_turn(aim).unwrap_or(0.0);
    if warp::same_crs(own, aim) {
        let placed = turns.iter().filter_map(|&turns| {
            let moved = turned(source, f64::from(turns) * turn);
            let window = warp::covered_by(target, moved.bounds(), 0.0)?;
            let map = PixelMap::new(target, &moved, moved.shape, None)?;
            map.source_window(window, Reach { x: 0.0, y: 0.0 })?;
            let density = map.density(window);
            Some(Placed { window, density: [density.x, density.y], turns })
        });
        return Ok(placed.collect());
    }
    let Some(around) = warp::bounds_between(source.bounds(), own, aim)? else { return Ok(Vec::new()) };
    // Between its densified points an edge bulges a little.
    let (wide, high) = ((around.right - around.left) / 128.0, (around.top - around.bottom) / 128.0);
    let back = Transformer::new(aim, own)?;
    let mut placed = Vec::new();
    for &turns in turns {
        let by = f64::from(turns) * turn;
        let moved =
            Bounds { left: around.left + by - wide, right: around.right + by + wide, bottom: around.bottom - high, top: around.top + high };
        let Some(window) = warp::covered_by(target, moved, 1.0) else { continue };
        if let Some(density) = density(target, window, source, &back)? {
            // PROJ counts longitudes beyond 180 on by itself.
            placed.push(Placed { window, density, turns: 0 });
        }
    }
    Ok(placed)
}

/// Source pixels per target pixel at a few points of a window; `None` where those lie apart from the source.
fn density(target: &Grid, window: Window, source: &Grid, back: &Transformer) -> Result<Option<[f64; 2]>> {
    let Some(inverse) = source.transform.inverse() else { return Ok(None) };
    let stop =
        |first: u32, len: u32, k: u32| f64::from(first) + 0.5 + f64::from(len.saturating_sub(1)) * f64::from(k) / f64::from(STOPS - 1);
    let mut points = Vec::new();
    for k in 0..STOPS * STOPS {
        let (col, row) = (stop(window.col, window.width, k % STOPS), stop(window.row, window.height, k / STOPS));
        points.extend([(col, row), (col + 1.0, row), (col, row + 1.0)].map(|(c, r)| target.transform.apply(c, r)));
    }
    back.points(&mut points)?;
    let longitudes = Longitudes::of(source);
    points.iter_mut().for_each(|p| *p = inverse.apply(longitudes.map_or(p.0, |l| l.home(p.0)), p.1));
    let mut least = [f64::INFINITY; 2];
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for three in points.chunks_exact(3) {
        let (here, right, below) = (three[0], three[1], three[2]);
        let steps = [(right.0 - here.0).hypot(below.0 - here.0), (right.1 - here.1).hypot(below.1 - here.1)];
        for (axis, (at, step)) in [here.0, here.1].into_iter().zip(steps).enumerate() {
            if at.is_finite() && step.is_finite() && step > 0.0 {
                least[axis] = least[axis].min(step);
                low[axis] = low[axis].min(at - step);
                high[axis] = high[axis].max(at + step);
            }
        }
    }
    let size = [f64::from(source.shape.width), f64::from(source.shape.height)];
    let meets = (0..2).all(|axis| low[axis] < size[axis] && high[axis] > 0.0);
    Ok((meets && least.iter().all(|l| l.is_finite())).then_some(least))
}

/// The same grid, moved in x.
fn turned(grid: &Grid, by: f64) -> Grid {
    Grid { transform: Affine { c: grid.transform.c + by, ..grid.transform }, ..grid.clone() }
}

/// Positions of the target's pixels in each of the other CRS.
pub(super) struct Positions(Vec<(Crs, i32, Arc<Approximation>)>);

impl Positions {
    /// For the part of the target that the sources of a plan fill; `target` is the whole grid of the plan. What it gives computes them.
    ///
    /// # Errors
    /// Where a source's grid cannot be read; where there is no way between two CRS, when they are computed.
    pub fn of(plan: &StackPlan, target: &Grid) -> Result<impl FnOnce() -> Result<Self> + Send + use<>> {
        let mut wanted: Vec<(Crs, i32, Window)> = Vec::new();
        for source in &plan.sources {
            let grid = source.grid.grid()?;
            let Some(key) = key(&grid, target) else { continue };
            let window = plan.in_whole(source.target);
            match wanted.iter_mut().find(|known| (&known.0, known.1) == (&key.0, key.1)) {
                Some((_, _, known)) => *known = around(*known, window),
                None => wanted.push((key.0, key.1, window)),
            }
        }
        let target = target.clone();
        let made = move || {
            let nets = wanted.into_iter().map(|(crs, size, window)| {
                let net = Approximation::between(&target, window, &crs, f64::from(size).exp2() * POSITION_TOLERANCE)?;
                Ok((crs, size, Arc::new(net)))
            });
            nets.collect::<Result<_>>().map(Self)
        };
        Ok(made)
    }

    /// From pixels of the target to pixels of a level of the source.
    pub fn map(&self, target: &Grid, source: &Source, level: Shape) -> Result<PixelMap> {
        let own = source.grid.grid()?;
        let wrong = || Error::misuse("", "a transform that cannot be inverted", "one that can");
        let positions = key(&own, target).and_then(|(crs, size)| {
            let found = self.0.iter().find(|(known, s, _)| (known, *s) == (&crs, size));
            found.map(|(_, _, net)| Arc::clone(net))
        });
        let turn = own.crs.as_ref().and_then(warp::full_turn).unwrap_or(0.0);
        let own = turned(&own, f64::from(source.turns) * turn);
        let map = PixelMap::new(target, &own, level, positions).ok_or_else(wrong)?;
        let factor = |full: u32, level: u32| f64::from(full) / f64::from(level.max(1));
        let (x, y) = (factor(own.shape.width, level.width), factor(own.shape.height, level.height));
        Ok(map.of_density(Reach { x: source.density[0] / x, y: source.density[1] / y }))
    }
}

/// What a source's positions are shared by: the CRS, and the size of a pixel to a power of two. Nothing but the source decides it,
/// so that a part of an array is made as the whole is. `None` where the target has the same CRS.
fn key(source: &Grid, target: &Grid) -> Option<(Crs, i32)> {
    let own = source.crs.as_ref()?;
    if target.crs.as_ref().is_some_and(|t| warp::same_crs(t, own)) {
        return None;
    }
    let t = source.transform;
    let pixel = t.a.hypot(t.d).min(t.b.hypot(t.e));
    // Of a finite double the exponent fits.
    Some((own.clone(), pixel.log2().floor().clamp(-1000.0, 1000.0) as i32))
}

fn around(a: Window, b: Window) -> Window {
    let end = |first: u32, len: u32| first.saturating_add(len);
    let (col, row) = (a.col.min(b.col), a.row.min(b.row));
    let (right, bottom) = (end(a.col, a.width).max(end(b.col, b.width)), end(a.row, a.height).max(end(b.row, b.height)));
    Window { col, row, width: right - col, height: bottom - row }
}
