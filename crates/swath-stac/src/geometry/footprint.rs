use super::shape::{Position, Shape};
use crate::extent::LonLatBox;

/// Where an item lies: its geometry by RFC 7946 and the bounding box that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    pub shape: Shape,
    pub bbox: LonLatBox,
}

/// Turns a ring whose longitudes are continuous into a geometry: counter-clockwise, closed, cut at the antimeridian (RFC 7946,
/// sections 3.1.6 and 3.1.9), to seven decimals. A ring that ends 360 degrees from its start encloses a pole. `None` where fewer than three points are left or a
/// coordinate is not finite.
///
/// ```
/// # use swath_stac::geometry::{footprint, Shape};
/// let fiji = footprint(&[(177.0, -19.0), (183.0, -19.0), (183.0, -16.0), (177.0, -16.0)]).unwrap();
/// assert_eq!((fiji.bbox.west, fiji.bbox.east), (177.0, -177.0));
/// assert!(matches!(fiji.shape, Shape::MultiPolygon(parts) if parts.len() == 2));
/// ```
pub fn footprint(ring: &[(f64, f64)]) -> Option<Footprint> {
    let mut points: Vec<Position> = ring.iter().map(|&(lon, lat)| [lon, lat.clamp(-90.0, 90.0)]).collect();
    if points.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    if let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) {
        if ((last[0] - first[0]).abs() - 360.0).abs() < 1e-6 && points.len() > 3 && (last[1] - first[1]).abs() < 1e-6 {
            return polar(&points);
        }
        if points.len() > 1 && close(first, last) {
            points.pop();
        }
    }
    let (west, east) = span(&points)?;
    if east - west >= 360.0 - 1e-6 {
        let (south, north) = latitudes(&points)?;
        let bbox = LonLatBox { west: -180.0, south: round(south), east: 180.0, north: round(north) };
        return Some(Footprint { shape: Shape::of_box(&bbox), bbox });
    }
    let shift = -360.0 * ((west + 180.0) / 360.0).floor();
    for p in &mut points {
        p[0] += shift;
    }
    if east + shift <= 180.0 + 1e-9 {
        return whole(&points);
    }
    let near = finish(&clip(&points, |lon| 180.0 - lon, 180.0))?;
    let mut far = clip(&points, |lon| lon - 180.0, 180.0);
    for p in &mut far {
        p[0] -= 360.0;
    }
    let Some(far) = finish(&far) else { return of_parts(vec![near]) };
    of_parts(vec![near, far])
}

/// A ring around a pole becomes a strip of the whole circle of longitudes up to that pole.
fn polar(points: &[Position]) -> Option<Footprint> {
    let (first, last) = (*points.first()?, *points.last()?);
    let mean = points.iter().map(|p| p[1]).sum::<f64>() / points.len() as f64;
    let pole = if mean >= 0.0 { 90.0 } else { -90.0 };
    let turn = last[0] - first[0];
    let start = -360.0 * ((first[0].min(last[0]) + 180.0) / 360.0).floor();
    let mut strip = Vec::with_capacity(points.len() * 3 + 2);
    for period in [-1.0, 0.0, 1.0] {
        strip.extend(points[..points.len() - 1].iter().map(|p| [p[0] + start + period * turn, p[1]]));
    }
    let (from, to) = (strip.first()?[0], strip.last()?[0]);
    strip.push([to, pole]);
    strip.push([from, pole]);
    let strip = clip(&clip(&strip, |lon| 180.0 - lon, 180.0), |lon| lon + 180.0, -180.0);
    whole(&strip)
}

fn whole(points: &[Position]) -> Option<Footprint> {
    of_parts(vec![finish(points)?])
}

fn of_parts(parts: Vec<Vec<Position>>) -> Option<Footprint> {
    let (south, north) = latitudes(&parts.concat())?;
    let (west, _) = span(parts.first()?)?;
    let (_, east) = span(parts.last()?)?;
    let bbox = LonLatBox { west, south, east, north };
    let mut rings: Vec<Vec<Vec<Position>>> = parts.into_iter().map(|ring| vec![ring]).collect();
    let shape = if rings.len() == 1 { Shape::Polygon(rings.remove(0)) } else { Shape::MultiPolygon(rings) };
    Some(Footprint { shape, bbox })
}

/// Rounded, without doubled and needless points, counter-clockwise and closed.
fn finish(points: &[Position]) -> Option<Vec<Position>> {
    let mut ring: Vec<Position> = points.iter().map(|p| [round(p[0].clamp(-180.0, 180.0)), round(p[1])]).collect();
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let mut ring = without_needless(&ring);
    if ring.len() < 3 {
        return None;
    }
    let area = signed_area(&ring);
    if area == 0.0 {
        return None;
    }
    if area < 0.0 {
        ring.reverse();
    }
    ring.push(*ring.first()?);
    Some(ring)
}

/// Drops points that lie on the line between their neighbours.
fn without_needless(ring: &[Position]) -> Vec<Position> {
    let n = ring.len();
    let kept: Vec<Position> = (0..n)
        .filter(|&i| {
            let (a, b, c) = (ring[(i + n - 1) % n], ring[i], ring[(i + 1) % n]);
            let cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);
            let along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
            let length = (c[0] - a[0]).hypot(c[1] - a[1]);
            along < 0.0 || cross.abs() > 1e-7 * length
        })
        .map(|i| ring[i])
        .collect();
    if kept.len() < 3 { ring.to_vec() } else { kept }
}

/// The part of a ring where `inside` of the longitude is not negative (Sutherland and Hodgman), cut at the meridian `at`.
fn clip(points: &[Position], inside: impl Fn(f64) -> f64, at: f64) -> Vec<Position> {
    let mut out = Vec::with_capacity(points.len() + 4);
    for (i, &b) in points.iter().enumerate() {
        let a = points[(i + points.len() - 1) % points.len()];
        let (ia, ib) = (inside(a[0]) >= 0.0, inside(b[0]) >= 0.0);
        if ia != ib {
            let t = (at - a[0]) / (b[0] - a[0]);
            out.push([at, a[1] + t * (b[1] - a[1])]);
        }
        if ib {
            out.push(b);
        }
    }
    out
}

fn signed_area(ring: &[Position]) -> f64 {
    (0..ring.len())
        .map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            a[0] * b[1] - b[0] * a[1]
        })
        .sum::<f64>()
        / 2.0
}

fn span(points: &[Position]) -> Option<(f64, f64)> {
    points.iter().map(|p| p[0]).fold(None, |s: Option<(f64, f64)>, v| Some(s.map_or((v, v), |(a, b)| (a.min(v), b.max(v)))))
}

fn latitudes(points: &[Position]) -> Option<(f64, f64)> {
    points.iter().map(|p| p[1]).fold(None, |s: Option<(f64, f64)>, v| Some(s.map_or((v, v), |(a, b)| (a.min(v), b.max(v)))))
}

fn close(a: Position, b: Position) -> bool {
    (a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9
}

/// Seven decimals: about a centimetre; more says nothing of a footprint (RFC 7946, section 11.2).
fn round(v: f64) -> f64 {
    let rounded = (v * 1e7).round() / 1e7;
    if rounded == 0.0 { 0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ring: &[(f64, f64)], bbox: [f64; 4], parts: usize) {
        let footprint = footprint(ring).expect("a footprint");
        assert_eq!(footprint.bbox.to_array(), bbox);
        let rings: Vec<Vec<Position>> = match &footprint.shape {
            Shape::Polygon(rings) => rings.clone(),
            Shape::MultiPolygon(parts) => parts.concat(),
            other => panic!("{other:?}"),
        };
        assert_eq!(rings.len(), parts);
        for ring in rings {
            assert_eq!(ring.first(), ring.last());
            assert!(signed_area(&ring[..ring.len() - 1]) > 0.0);
            assert!(ring.iter().all(|p| p[0].abs() <= 180.0 && p[1].abs() <= 90.0));
        }
    }

    #[test]
    fn a_plain_ring_is_closed_and_counter_clockwise() {
        check(&[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)], [0.0, 0.0, 1.0, 1.0], 1);
    }

    #[test]
    fn a_densified_rectangle_keeps_its_corners_only() {
        let ring = [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.5), (0.0, 0.0)];
        let Shape::Polygon(rings) = footprint(&ring).unwrap().shape else { panic!() };
        assert_eq!(rings[0].len(), 5);
    }

    #[test]
    fn a_ring_across_the_antimeridian_is_cut_in_two() {
        check(&[(177.0, -19.0), (183.0, -19.0), (183.0, -16.0), (177.0, -16.0)], [177.0, -19.0, -177.0, -16.0], 2);
        check(&[(-183.0, -19.0), (-177.0, -19.0), (-177.0, -16.0), (-183.0, -16.0)], [177.0, -19.0, -177.0, -16.0], 2);
    }

    #[test]
    fn longitudes_beyond_180_are_brought_home() {
        check(&[(200.0, 0.0), (210.0, 0.0), (210.0, 5.0), (200.0, 5.0)], [-160.0, 0.0, -150.0, 5.0], 1);
    }

    #[test]
    fn a_map_that_ends_at_the_antimeridian_stays_whole() {
        check(&[(170.0, 0.0), (180.0, 0.0), (180.0, 5.0), (170.0, 5.0)], [170.0, 0.0, 180.0, 5.0], 1);
    }

    #[test]
    fn a_map_of_the_whole_globe_from_0_to_360_is_one_box() {
        check(&[(-0.9375, -90.0), (359.0625, -90.0), (359.0625, 90.0), (-0.9375, 90.0)], [-180.0, -90.0, 180.0, 90.0], 1);
    }

    #[test]
    fn a_ring_around_the_pole_reaches_the_pole() {
        let ring: Vec<(f64, f64)> = (0..=36).map(|i| (-135.0 + 10.0 * f64::from(i), 60.0)).collect();
        check(&ring, [-180.0, 60.0, 180.0, 90.0], 1);
        let south: Vec<(f64, f64)> = (0..=36).map(|i| (45.0 - 10.0 * f64::from(i), -60.0)).collect();
        check(&south, [-180.0, -90.0, 180.0, -60.0], 1);
    }

    #[test]
    fn no_footprint_comes_from_nonsense() {
        assert!(footprint(&[(f64::NAN, 0.0), (1.0, 0.0), (1.0, 1.0)]).is_none());
        assert!(footprint(&[(0.0, 0.0), (1.0, 0.0)]).is_none());
        assert!(footprint(&[]).is_none());
    }
}
