use serde_json::Value;

use super::finding::{Finding, at, short};
use super::utm;
use crate::LonLatBox;
use crate::json::{Object, floats};

/// Projection extension v2.0: each asset's grid against itself and against the item's place.
pub(super) fn check(path: &str, item: &Object, findings: &mut Vec<Finding>) {
    let none = Object::new();
    let properties = item.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let place = item.get("bbox").and_then(floats).and_then(|b| LonLatBox::of(&b));
    let mut codes = Vec::new();
    for (key, asset) in item.get("assets").and_then(Value::as_object).into_iter().flatten() {
        let Some(asset) = asset.as_object() else { continue };
        let grid = Grid { path, parts: vec!["assets", key], own: asset, shared: properties, place };
        grid.check(findings);
        codes.extend(asset.get("proj:code"));
    }
    if let Some(code) = properties.get("proj:code").filter(|c| c.is_string())
        && !codes.is_empty()
        && !codes.contains(&code)
    {
        findings.push(
            Finding::error(
                "PROJ-CODE",
                at(path, &["properties", "proj:code"]),
                format!("{} is the code of none of the assets", short(code)),
                short(codes[0]),
            )
            .fix("build the item again"),
        );
    }
}

struct Grid<'a> {
    path: &'a str,
    parts: Vec<&'a str>,
    own: &'a Object,
    shared: &'a Object,
    place: Option<LonLatBox>,
}

impl Grid<'_> {
    fn field(&self, name: &str) -> Option<&Value> {
        self.own.get(name).or_else(|| self.shared.get(name)).filter(|v| !v.is_null())
    }

    fn at(&self, name: &str) -> String {
        let holder: Vec<&str> = if self.own.contains_key(name) { self.parts.clone() } else { vec!["properties"] };
        at(self.path, &holder.into_iter().chain([name]).collect::<Vec<_>>())
    }

    fn numbers<const N: usize>(&self, name: &str) -> Option<[f64; N]> {
        floats(self.field(name)?)?.first_chunk::<N>().copied()
    }

    fn code(&self) -> Option<&str> {
        self.field("proj:code")?.as_str()
    }

    fn check(&self, findings: &mut Vec<Finding>) {
        self.crs(findings);
        let transform = self.numbers::<6>("proj:transform");
        if self.field("proj:transform").is_some() && transform.is_none() {
            let found = self.field("proj:transform").map(short).unwrap_or_default();
            findings.push(Finding::error("PROJ-TRANSFORM", self.at("proj:transform"), found, "6 or 9 numbers"));
        }
        let bbox = self.numbers::<4>("proj:bbox");
        let lonlat = bbox.is_some_and(|b| self.is_lonlat(b));
        if lonlat {
            let found = format!("{:?} is longitude and latitude", bbox.unwrap_or_default());
            let right = format!("the box in {}", self.code().unwrap_or("the asset's own CRS"));
            findings.push(Finding::error("PROJ-BBOX-LONLAT", self.at("proj:bbox"), found, right).fix("build the item again"));
        }
        if let Some(transform) = transform {
            self.transform(transform, bbox.filter(|_| !lonlat), findings);
        }
        if let Some(bbox) = bbox.filter(|_| !lonlat) {
            self.ground(bbox, findings);
        }
    }

    /// A code, or the CRS in full; the fields of version 1 are gone.
    fn crs(&self, findings: &mut Vec<Finding>) {
        if let Some(code) = self.code() {
            let good = code.split_once(':').is_some_and(|(authority, code)| !authority.is_empty() && !code.is_empty());
            if !good {
                findings.push(Finding::error("PROJ-CODE", self.at("proj:code"), format!("{code:?}"), "authority and code: \"EPSG:32618\""));
            }
        }
        for (name, other) in [("proj:epsg", "proj:code")] {
            if self.own.contains_key(name) {
                findings.push(Finding::error("PROJ-EPSG", self.at(name), "a field of version 1", format!("{other} of version 2")));
            }
        }
        let nameless = self.own.get("proj:code").is_some_and(Value::is_null);
        let told = self.field("proj:wkt2").is_some() || self.field("proj:projjson").is_some();
        if nameless && !told && self.field("proj:transform").is_some() {
            findings.push(Finding::warning(
                "PROJ-CRS",
                self.at("proj:code"),
                "null, and no other CRS",
                "proj:wkt2 or proj:projjson beside it",
            ));
        }
    }

    fn transform(&self, t: [f64; 6], bbox: Option<[f64; 4]>, findings: &mut Vec<Finding>) {
        let right = "row-major [a, b, c, d, e, f] with x = a*col + b*row + c, y = d*col + e*row + f";
        let fix = "write the numbers as rasterio's Affine orders them, or build the item again";
        let found = format!("{t:?}");
        let shape = self.numbers::<2>("proj:shape");
        if let (Some(shape), Some(bbox)) = (shape.filter(|s| s.iter().all(|n| *n > 0.0)), bbox) {
            if fits(t, shape, bbox) {
                return;
            }
            if fits(from_gdal(t), shape, bbox) {
                findings.push(
                    Finding::error("PROJ-TRANSFORM-ORDER", self.at("proj:transform"), format!("{found} is in GDAL's order"), right)
                        .fix(fix),
                );
            } else {
                let hull = hull(t, shape);
                let found = format!("{found} and proj:shape {shape:?} span {hull:?}");
                findings.push(
                    Finding::error("PROJ-GRID", self.at("proj:transform"), found, format!("proj:bbox {bbox:?}"))
                        .fix("build the item again"),
                );
            }
            return;
        }
        if looks_like_gdal(t) {
            findings.push(
                Finding::error("PROJ-TRANSFORM-ORDER", self.at("proj:transform"), format!("{found} is in GDAL's order"), right).fix(fix),
            );
        } else if t[0] * t[4] - t[1] * t[3] == 0.0 {
            findings.push(
                Finding::error("PROJ-TRANSFORM", self.at("proj:transform"), format!("{found} has no inverse"), right)
                    .fix("build the item again"),
            );
        }
    }

    /// The item's own box in a field that is in the units of the asset's CRS.
    fn is_lonlat(&self, bbox: [f64; 4]) -> bool {
        let geographic = matches!(self.code(), Some("EPSG:4326" | "OGC:CRS84" | "EPSG:4979"));
        let Some(place) = self.place.filter(|_| !geographic) else { return false };
        let same = place.to_array().iter().zip(bbox).all(|(a, b)| (a - b).abs() < 1e-6);
        // A CRS in degrees has the same numbers; its pixels are then small in them.
        let metres = self.numbers::<6>("proj:transform").is_some_and(|t| {
            let size = self.numbers::<2>("proj:shape").map_or(1.0, |s| s[1]);
            let width = bbox[2] - bbox[0];
            (t[0].hypot(t[3]) * size - width).abs() > 0.5 * width.abs()
        });
        same && (metres || utm::is_projected(self.code()))
    }

    /// Whether the grid lies where the item says it does, for the codes whose formulas are short.
    fn ground(&self, bbox: [f64; 4], findings: &mut Vec<Finding>) {
        let (Some(code), Some(place)) = (self.code(), self.place) else { return };
        let Some(middle) = utm::middle(code, bbox) else { return };
        let far = match middle {
            Some((lon, lat)) => {
                let slack = 1.0 + 0.6 * (place.north - place.south);
                let east = if place.crosses_antimeridian() { place.east + 360.0 } else { place.east };
                let around = |lon: f64| lon >= place.west - slack && lon <= east + slack;
                lat < place.south - slack || lat > place.north + slack || !(around(lon) || around(lon + 360.0) || around(lon - 360.0))
            }
            None => true,
        };
        if far {
            let found = match middle {
                Some((lon, lat)) => format!("{code} puts proj:bbox {bbox:?} at {lon:.2}, {lat:.2}"),
                None => format!("proj:bbox {bbox:?} is nowhere in {code}"),
            };
            findings.push(
                Finding::error("PROJ-CODE-PLACE", self.at("proj:code"), found, format!("a CRS in which it lies in {:?}", place.to_array()))
                    .fix("correct proj:code, or build the item again"),
            );
        }
    }
}

/// The box around the corners.
fn hull(t: [f64; 6], [rows, columns]: [f64; 2]) -> [f64; 4] {
    let corner = |col: f64, row: f64| (t[0] * col + t[1] * row + t[2], t[3] * col + t[4] * row + t[5]);
    let corners = [corner(0.0, 0.0), corner(columns, 0.0), corner(0.0, rows), corner(columns, rows)];
    corners.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, &(x, y)| {
        [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
    })
}

/// To a hundredth of a pixel.
fn fits(t: [f64; 6], shape: [f64; 2], bbox: [f64; 4]) -> bool {
    let slack = 0.01 * (t[0].hypot(t[3])).min(t[1].hypot(t[4])) + 1e-9;
    hull(t, shape).iter().zip(bbox).all(|(a, b)| (a - b).abs() <= slack)
}

/// GDAL's `[c, a, b, f, d, e]` as `[a, b, c, d, e, f]`.
fn from_gdal(t: [f64; 6]) -> [f64; 6] {
    [t[1], t[2], t[0], t[4], t[5], t[3]]
}

/// Without a box to compare with: an origin where the pixel's width should be, the width after it, and no height at the end of its row.
fn looks_like_gdal(t: [f64; 6]) -> bool {
    let north_up = t[1] != 0.0 && t[2] == 0.0 && t[4] == 0.0 && t[5] != 0.0;
    let plain = t[0] != 0.0 && t[4] != 0.0;
    north_up && !plain
}
