//! Where a box in UTM, Web Mercator or degrees lies, to about a tenth of a degree: enough to see that a code is wrong.

/// Metres; a sphere is near enough.
const RADIUS: f64 = 6_371_000.0;
const WEB_RADIUS: f64 = 6_378_137.0;

/// Longitude and latitude of the middle of the box. The outer `None` is a code that is not known here; the inner one a box that lies
/// nowhere in that CRS.
pub(super) fn middle(code: &str, [west, south, east, north]: [f64; 4]) -> Option<Option<(f64, f64)>> {
    let (x, y) = (f64::midpoint(west, east), f64::midpoint(south, north));
    let number: u32 = code.strip_prefix("EPSG:")?.parse().ok()?;
    match number {
        4326 => Some((x.abs() <= 540.0 && y.abs() <= 90.5).then_some((x, y))),
        3857 => {
            let lat = (2.0 * (y / WEB_RADIUS).exp().atan()).to_degrees() - 90.0;
            Some((x.abs() < 6.1e7).then(|| ((x / WEB_RADIUS).to_degrees(), lat)))
        }
        32601..=32660 => Some(transverse(x, y, number - 32600)),
        32701..=32760 => Some(transverse(x, y - 10_000_000.0, number - 32700)),
        _ => None,
    }
}

/// Whether the code is known to be in metres.
pub(super) fn is_projected(code: Option<&str>) -> bool {
    let number = code.and_then(|c| c.strip_prefix("EPSG:")).and_then(|n| n.parse::<u32>().ok());
    number.is_some_and(|n| matches!(n, 3857 | 3395 | 3035 | 32601..=32660 | 32701..=32760))
}

/// Inverse transverse Mercator on the sphere (Snyder 1987, equations 8-6 and 8-7).
fn transverse(x: f64, y: f64, zone: u32) -> Option<(f64, f64)> {
    let (x, d) = ((x - 500_000.0) / (0.9996 * RADIUS), y / (0.9996 * RADIUS));
    if x.abs() > 1.2 || d.abs() > 1.7 {
        return None;
    }
    let lat = (d.sin() / x.cosh()).asin().to_degrees();
    let central = f64::from(zone) * 6.0 - 183.0;
    Some((central + (x.sinh() / d.cos()).atan().to_degrees(), lat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, bbox: [f64; 4], expected: (f64, f64)) {
        let (lon, lat) = middle(code, bbox).unwrap().unwrap();
        assert!((lon - expected.0).abs() < 0.3 && (lat - expected.1).abs() < 0.3, "{lon} {lat}");
    }

    #[test]
    fn boxes_are_where_they_are() {
        check("EPSG:32618", [499_000.0, 4_499_000.0, 501_000.0, 4_501_000.0], (-75.0, 40.65));
        check("EPSG:32734", [260_000.0, 6_243_000.0, 262_000.0, 6_245_000.0], (18.4, -33.92));
        check("EPSG:3857", [-8_238_400.0, 4_970_000.0, -8_238_200.0, 4_970_400.0], (-74.0, 40.7));
        assert_eq!(middle("EPSG:2154", [0.0; 4]), None);
    }
}
