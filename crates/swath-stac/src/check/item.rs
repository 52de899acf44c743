use serde_json::Value;

use super::finding::{Finding, at, short};
use super::{bands, projection};
use crate::geometry::Shape;
use crate::json::{Object, floats};
use crate::{LonLatBox, time};

/// What an item says against itself.
pub(super) fn check(path: &str, item: &Object, findings: &mut Vec<Finding>) {
    if let Some(properties) = item.get("properties").and_then(Value::as_object) {
        times(path, properties, findings);
    }
    place(path, item, findings);
    projection::check(path, item, findings);
    for (key, asset) in item.get("assets").and_then(Value::as_object).into_iter().flatten() {
        if let Some(asset) = asset.as_object() {
            checksum(path, key, asset, findings);
            bands::check(path, &["assets", key], asset, findings);
        }
    }
}

/// STAC 1.1.0, common metadata, "Date and Time": both ends or none, inclusive, in order, and the nominal instant between them.
fn times(path: &str, properties: &Object, findings: &mut Vec<Finding>) {
    let read = |name: &str| properties.get(name).and_then(Value::as_str).map(|text| (text, time::parse(text)));
    let names = ["datetime", "start_datetime", "end_datetime"];
    for name in names {
        if let Some((text, None)) = read(name) {
            findings.push(Finding::error(
                "STAC-TIME",
                at(path, &["properties", name]),
                format!("{text:?} is no time"),
                "RFC 3339 in UTC, with Z",
            ));
        }
    }
    let [nominal, start, end] = names.map(|name| read(name).and_then(|(_, instant)| instant));
    let place = at(path, &["properties"]);
    if start.is_some() != end.is_some() {
        findings.push(Finding::error("STAC-TIME", place.as_str(), "only one of start_datetime and end_datetime", "both, or neither"));
    }
    if let (Some(start), Some(end)) = (start, end) {
        if start > end {
            findings.push(Finding::error("STAC-TIME", place, "end_datetime is before start_datetime", "the earlier first"));
        } else if nominal.is_some_and(|t| t < start || t > end) {
            findings.push(Finding::warning(
                "STAC-TIME",
                place,
                "datetime is outside start_datetime and end_datetime",
                "an instant between them",
            ));
        }
    }
}

/// RFC 7946, sections 3.1.6, 4 and 5: longitudes and latitudes, rings closed, the box around the geometry.
fn place(path: &str, item: &Object, findings: &mut Vec<Finding>) {
    let bbox = item.get("bbox").and_then(floats).and_then(|b| LonLatBox::of(&b));
    if item.get("bbox").is_some_and(|b| !b.is_null()) && bbox.is_none() {
        let found = short(&item["bbox"]);
        findings.push(Finding::error("STAC-BBOX", at(path, &["bbox"]), found, "west, south, east, north with south below north"));
    }
    let Some(geometry) = item.get("geometry").filter(|g| !g.is_null()) else { return };
    let Some(shape) = Shape::from_json(geometry) else {
        findings.push(Finding::error("STAC-GEOMETRY", at(path, &["geometry"]), "is no GeoJSON geometry", "a Polygon or MultiPolygon"));
        return;
    };
    let positions = shape.positions();
    if let Some(p) = positions.iter().find(|p| p[0].abs() > 180.0 || p[1].abs() > 90.0) {
        findings.push(
            Finding::error("STAC-GEOMETRY", at(path, &["geometry"]), format!("{p:?} is no longitude and latitude"), "degrees in WGS84")
                .fix("project the footprint to longitude and latitude"),
        );
        return;
    }
    if rings(&shape).iter().any(|ring| ring.len() < 4 || ring.first() != ring.last()) {
        findings.push(Finding::error(
            "STAC-GEOMETRY",
            at(path, &["geometry"]),
            "a ring is not closed",
            "the first position again at the end",
        ));
    }
    let Some(bbox) = bbox else { return };
    let points: Vec<LonLatBox> = positions.iter().filter_map(|p| LonLatBox::of(&[p[0], p[1], p[0], p[1]])).collect();
    let outside = points.iter().any(|p| !bbox.holds(p));
    // Plain numbers: 180 and -180 are one meridian, but the two sides of a box around the whole world.
    let range =
        |of: fn(&LonLatBox) -> f64| points.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let (west, east) = range(|p| p.west);
    let (south, north) = range(|p| p.south);
    let far = |a: f64, b: f64| (a - b).abs() > 1e-6;
    let loose = far(bbox.south, south)
        || far(bbox.north, north)
        || (!bbox.crosses_antimeridian() && (far(bbox.west, west) || far(bbox.east, east)));
    if outside || loose {
        findings.push(
            Finding::error(
                "STAC-BBOX",
                at(path, &["bbox"]),
                format!("{:?} is not the box of the geometry", bbox.to_array()),
                "the box around it",
            )
            .fix("build the item again"),
        );
    }
}

fn rings(shape: &Shape) -> Vec<&Vec<[f64; 2]>> {
    match shape {
        Shape::Polygon(rings) => rings.iter().collect(),
        Shape::MultiPolygon(polygons) => polygons.iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// File extension v2.1, `file:checksum`: a multihash in lower-case hexadecimal; here sha2-256.
fn checksum(path: &str, key: &str, asset: &Object, findings: &mut Vec<Finding>) {
    let Some(checksum) = asset.get("file:checksum") else { return };
    let good = checksum.as_str().is_some_and(|text| {
        let hex = text.len() % 2 == 0 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        // The second byte of a multihash says how many bytes follow.
        let length = text.get(2..4).and_then(|h| usize::from_str_radix(h, 16).ok());
        let bare = text.len() == 64 && length != Some(30);
        hex && !bare && text.len() > 4 && (!text.starts_with("12") || length.is_some_and(|n| text.len() == 4 + 2 * n))
    });
    if !good {
        findings.push(
            Finding::error(
                "FILE-CHECKSUM",
                at(path, &["assets", key, "file:checksum"]),
                short(checksum),
                "multihash: 1220 and 64 lower-case hexadecimal digits",
            )
            .fix("build the item again"),
        );
    }
}
