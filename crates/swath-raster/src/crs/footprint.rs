use super::{Crs, Transformer};
use crate::{Bounds, Error, Grid, Result};

/// Points set on each edge before it is projected.
const EDGE: u32 = 32;
/// Cells on a side of the lattice that looks for the earth in a grid whose edge misses it.
const LATTICE: u32 = 96;

/// The outline of a grid as a ring in WGS84 longitude and latitude: closed, densified before it is projected, and unwrapped, so that
/// neighbours never lie more than half a turn apart and longitudes may pass 180. It begins within -180 to 180.
///
/// A grid around a pole becomes a ring from -180 to 180 that is closed along the pole. A grid wider than a turn becomes exactly
/// a turn. Where the edge of a grid misses the earth (a full-disk geostationary image), the outline of what does hit it.
///
/// # Errors
/// Misuse for a grid without a CRS; Unsupported where there is no way to WGS84, as from Mars, or no pixel lies on the earth.
pub fn footprint(grid: &Grid) -> Result<Vec<(f64, f64)>> {
    let crs = crs_of(grid)?;
    let to_wgs84 = Transformer::new(crs, &Crs::parse("OGC:CRS84")?)?;
    let source = edge(grid);
    let mut ring = source.clone();
    to_wgs84.points(&mut ring)?;
    if ring.iter().any(|point| !point.0.is_finite()) {
        ring = visible_outline(grid, &to_wgs84)?;
    } else if is_lonlat(crs) {
        return Ok(lonlat_ring(&source, ring));
    }
    ring.dedup();
    Ok(finished(unwrapped(ring)))
}

/// The box of a grid in WGS84 longitude and latitude, its edges densified by 21 points, as `rasterio.warp.transform_bounds`
/// gives it; `left > right` where it crosses the antimeridian. The bounds of a grid in EPSG:4326 are given as they are.
///
/// # Errors
/// As [`footprint`].
pub fn lonlat_bounds(grid: &Grid) -> Result<Bounds> {
    let crs = crs_of(grid)?;
    let mut bounds = Transformer::new(crs, &Crs::parse("EPSG:4326")?)?.bounds(grid.bounds())?;
    if crs.code() != Some("EPSG:4326") {
        (bounds.bottom, bounds.top) = (bounds.bottom.max(-90.0), bounds.top.min(90.0));
        if bounds.right - bounds.left >= 360.0 {
            (bounds.left, bounds.right) = (-180.0, 180.0);
        }
    }
    Ok(bounds)
}

fn crs_of(grid: &Grid) -> Result<&Crs> {
    grid.crs.as_ref().ok_or_else(|| Error::misuse("", "the grid has no CRS", "a footprint needs one"))
}

/// Longitude and latitude in degrees, whatever the datum; not around a rotated pole.
fn is_lonlat(crs: &Crs) -> bool {
    crs.is_geographic() && crs.unit() == "degree" && !crs.wkt2().contains("DERIVINGCONVERSION")
}

/// The edge of the grid in its own CRS, from the upper left corner around, not closed.
fn edge(grid: &Grid) -> Vec<(f64, f64)> {
    let (w, h) = (f64::from(grid.shape.width), f64::from(grid.shape.height));
    let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h), (0.0, 0.0)];
    let mut points = Vec::with_capacity(4 * EDGE as usize);
    for pair in corners.windows(2) {
        let ((c0, r0), (c1, r1)) = (pair[0], pair[1]);
        for step in 0..EDGE {
            let t = f64::from(step) / f64::from(EDGE);
            points.push(grid.transform.apply(c0 + t * (c1 - c0), r0 + t * (r1 - r0)));
        }
    }
    points
}

/// A ring that was longitude and latitude before: each longitude stays on the turn it was written on.
fn lonlat_ring(source: &[(f64, f64)], mut ring: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    for (point, from) in ring.iter_mut().zip(source) {
        point.0 = nearest_turn(point.0, from.0);
        point.1 = point.1.clamp(-90.0, 90.0);
    }
    close(&mut ring);
    finished(Unwrapped { ring, turns: 0 })
}

fn nearest_turn(longitude: f64, to: f64) -> f64 {
    longitude + ((to - longitude) / 360.0).round() * 360.0
}

struct Unwrapped {
    /// Closed.
    ring: Vec<(f64, f64)>,
    /// How often it runs around the pole, eastward positive.
    turns: i32,
}

const POLE: f64 = 90.0 - 1e-9;

/// Adds whole turns so that neighbours lie within half a turn of each other. A vertex on a pole has no longitude of its own: it
/// becomes two, one with each neighbour's.
fn unwrapped(ring: Vec<(f64, f64)>) -> Unwrapped {
    let Some(first) = ring.iter().position(|point| point.1.abs() < POLE) else {
        return Unwrapped { ring, turns: 0 };
    };
    let start = ring[first];
    let mut out = vec![start];
    let mut at = start.0;
    let mut pole: Option<f64> = None;
    for step in 1..=ring.len() {
        let (longitude, latitude) = ring[(first + step) % ring.len()];
        if latitude.abs() >= POLE {
            out.push((at, latitude.clamp(-90.0, 90.0)));
            pole = Some(latitude.clamp(-90.0, 90.0));
            continue;
        }
        at = nearest_turn(longitude, at);
        if let Some(latitude) = pole.take() {
            // Straight over the pole there are two ways of half a turn: the one that unwinds what was wound so far.
            let wound = out.last().map_or(0.0, |last| last.0) - start.0;
            if ((at - out.last().map_or(at, |last| last.0)).abs() - 180.0).abs() < 1e-6 && (at - start.0).abs() > wound.abs() {
                at -= 360.0 * (at - start.0).signum();
            }
            out.push((at, latitude));
        }
        out.push((at, latitude));
    }
    let turns = ((at - start.0) / 360.0).round() as i32;
    Unwrapped { ring: out, turns }
}

/// Closes a polar ring along its pole, holds the ring to one turn, and lets it begin within -180 to 180.
fn finished(unwrapped: Unwrapped) -> Vec<(f64, f64)> {
    let Unwrapped { mut ring, turns } = unwrapped;
    if turns != 0 {
        ring = around_pole(&ring);
    }
    let (west, east) = ring.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(west, east), p| (west.min(p.0), east.max(p.0)));
    if east - west >= 360.0 - 1e-9 && turns == 0 {
        let middle = (west + east) / 2.0;
        ring.iter_mut().for_each(|p| p.0 = (p.0 - middle).clamp(-180.0, 180.0));
    } else {
        let shift = ((west + 180.0) / 360.0).floor() * 360.0;
        // An edge that touches 180 from the west belongs to this side.
        let shift = if west - shift >= 180.0 - 1e-9 { shift + 360.0 } else { shift };
        ring.iter_mut().for_each(|p| p.0 -= shift);
    }
    ring.dedup();
    close(&mut ring);
    ring
}

/// A closed ring that runs once around a pole, cut at -180 and led over the pole.
fn around_pole(ring: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mean = ring.iter().map(|p| p.1).sum::<f64>() / ring.len().max(1) as f64;
    let pole = if mean >= 0.0 { 90.0 } else { -90.0 };
    let mut points: Vec<(f64, f64)> = ring[..ring.len().saturating_sub(1)].to_vec();
    points.iter_mut().for_each(|p| p.0 = wrapped(p.0));
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return ring.to_vec() };
    let gap = first.0 + 360.0 - last.0;
    let share = if gap > 0.0 { (180.0 - last.0) / gap } else { 0.0 };
    let latitude = last.1 + share * (first.1 - last.1);
    let mut out = vec![(-180.0, latitude)];
    out.extend(points.into_iter().filter(|p| p.0 > -180.0 && p.0 < 180.0));
    out.extend([(180.0, latitude), (180.0, pole), (-180.0, pole)]);
    if pole > 0.0 { out } else { out.into_iter().rev().collect() }
}

fn wrapped(longitude: f64) -> f64 {
    longitude - ((longitude + 180.0) / 360.0).floor() * 360.0
}

fn close(ring: &mut Vec<(f64, f64)>) {
    if let (Some(&first), Some(&last)) = (ring.first(), ring.last())
        && first != last
    {
        ring.push(first);
    }
}

/// The outline of the part of a grid that has an image: the outermost hits of each line of a lattice, down one side and up the other.
fn visible_outline(grid: &Grid, to_wgs84: &Transformer) -> Result<Vec<(f64, f64)>> {
    let (w, h) = (f64::from(grid.shape.width), f64::from(grid.shape.height));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for line in 0..=LATTICE {
        let row = h * f64::from(line) / f64::from(LATTICE);
        let at = |col: f64| grid.transform.apply(col, row);
        let columns: Vec<f64> = (0..=LATTICE).map(|step| w * f64::from(step) / f64::from(LATTICE)).collect();
        let mut points: Vec<(f64, f64)> = columns.iter().map(|&col| at(col)).collect();
        to_wgs84.points(&mut points)?;
        let hits: Vec<usize> = (0..points.len()).filter(|&index| points[index].0.is_finite()).collect();
        if let (Some(&first), Some(&last)) = (hits.first(), hits.last()) {
            let outside = |index: Option<usize>| index.and_then(|index| columns.get(index)).copied();
            left.push(limb(to_wgs84, &at, columns[first], outside(first.checked_sub(1)))?);
            right.push(limb(to_wgs84, &at, columns[last], outside(Some(last + 1)))?);
        }
    }
    if left.len() < 2 {
        return Err(Error::unsupported("", "no part of the grid lies on the earth", "a footprint needs some"));
    }
    right.extend(left.into_iter().rev());
    Ok(right)
}

/// Halves the way from the outermost hit to the first miss until it is at the limb.
fn limb(to_wgs84: &Transformer, at: &dyn Fn(f64) -> (f64, f64), hit: f64, miss: Option<f64>) -> Result<(f64, f64)> {
    let (mut hit, mut miss) = (hit, miss.unwrap_or(hit));
    let mut best = [at(hit)];
    to_wgs84.points(&mut best)?;
    for _ in 0..20 {
        let middle = (hit + miss) / 2.0;
        let mut point = [at(middle)];
        to_wgs84.points(&mut point)?;
        if point[0].0.is_finite() {
            (hit, best) = (middle, point);
        } else {
            miss = middle;
        }
    }
    Ok(best[0])
}
