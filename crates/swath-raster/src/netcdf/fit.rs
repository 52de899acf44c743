//! Pixels that are placed one by one, yet lie on an affine grid of some CRS.

use super::places::Point;
use crate::crs::{Crs, Transformer};
use crate::{Affine, Shape};

/// How far a pixel may lie from where the map puts it, in pixels.
const OFF: f64 = 0.05;

/// The north-up map that puts every point in its place, the points being longitudes and latitudes of the CRS's own datum.
pub(super) fn affine(points: &[Point], shape: Shape, crs: &Crs) -> Option<Affine> {
    if shape.width < 3 || shape.height < 3 || points.len() < 9 {
        return None;
    }
    let mut places: Vec<(f64, f64)> = points.iter().map(|p| (p[2], p[3])).collect();
    Transformer::new(&crs.geographic().ok()?, crs).ok()?.points(&mut places).ok()?;
    if crs.is_geographic() {
        run_on(&mut places, points);
    }
    let (dx, x0) = line(points.iter().map(|p| p[0]).zip(places.iter().map(|p| p.0)))?;
    let (dy, y0) = line(points.iter().map(|p| p[1]).zip(places.iter().map(|p| p.1)))?;
    let fits = points.iter().zip(&places).all(|(p, place)| {
        let (off_x, off_y) = ((x0 + dx * p[0] - place.0) / dx, (y0 + dy * p[1] - place.1) / dy);
        off_x.abs() <= OFF && off_y.abs() <= OFF
    });
    (fits && dx > 0.0 && dy < 0.0).then(|| Affine::north_up(x0 - dx / 2.0, y0 - dy / 2.0, dx, -dy))
}

/// Longitudes that jump back by a turn along a row go on instead.
fn run_on(places: &mut [(f64, f64)], points: &[Point]) {
    for at in 1..places.len() {
        if points[at][1] == points[at - 1][1] && places[at].0 < places[at - 1].0 - 180.0 {
            places[at].0 += 360.0;
        }
    }
}

/// Slope and value at 0 of the line through points, by least squares.
fn line(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<(f64, f64)> {
    let count = points.clone().count() as f64;
    let (mean_t, mean_v) = points.clone().fold((0.0, 0.0), |(t, v), p| (t + p.0 / count, v + p.1 / count));
    let (above, below) = points.fold((0.0, 0.0), |(a, b), (t, v)| (a + (t - mean_t) * (v - mean_v), b + (t - mean_t) * (t - mean_t)));
    let slope = above / below;
    (slope.is_finite() && slope != 0.0).then_some((slope, mean_v - slope * mean_t))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(place: impl Fn(f64, f64) -> (f64, f64)) -> Vec<Point> {
        let all = (0..25).map(|n| (f64::from(n % 5) * 10.0, f64::from(n / 5) * 10.0));
        all.map(|(col, row)| (col, row, place(col, row))).map(|(col, row, (x, y))| [col, row, x, y]).collect()
    }

    #[test]
    fn an_affine_grid_is_found_in_its_crs_and_no_other() {
        let shape = Shape { width: 41, height: 41 };
        let lonlat = Crs::parse("EPSG:4326").unwrap();
        let plain = points(|col, row| (10.0 + 0.1 * col, 50.0 - 0.1 * row));
        let map = affine(&plain, shape, &lonlat).unwrap();
        assert!((map.a - 0.1).abs() < 1e-9 && (map.c - 9.95).abs() < 1e-9 && (map.f - 50.05).abs() < 1e-9, "{map:?}");
        let utm = Crs::parse("EPSG:32632").unwrap();
        let back = Transformer::new(&utm, &lonlat).unwrap();
        let projected = points(|col, row| {
            let mut place = [(300_000.0 + 1000.0 * col, 5_500_000.0 - 1000.0 * row)];
            back.points(&mut place).unwrap();
            place[0]
        });
        assert!(affine(&projected, shape, &lonlat).is_none());
        let map = affine(&projected, shape, &utm).unwrap();
        assert!((map.a - 1000.0).abs() < 1e-3 && (map.c - 299_500.0).abs() < 1.0, "{map:?}");
    }
}
