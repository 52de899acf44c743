use serde_json::Value;

use super::GeoKeys;
use super::directory as key;
use super::directory::{Directory, USER_DEFINED, Value as KeyValue};
use super::methods::{ANGULAR, CODED, Coded, LINEAR};
use crate::Result;
use crate::crs::conversion::quantity;
use crate::crs::method::{Measure, PARAMETERS};
use crate::crs::{Crs, Transformer};

/// What GDAL and ArcGIS put before WKT in a citation.
pub(super) const ESRI_PREFIX: &str = "ESRI PE String = ";
/// What we put before WKT that ESRI's dialect cannot say.
pub(super) const WKT_PREFIX: &str = "WKT2 = ";

const GEOGRAPHIC: u16 = 2;
const PROJECTED: u16 = 1;

pub(super) fn keys(crs: &Crs, pixel_is_point: bool) -> GeoKeys {
    let mut keys = Directory::default();
    if describe(&mut keys, crs).is_none() {
        keys = Directory::default();
        keys.set_short(key::MODEL_TYPE, USER_DEFINED);
        keys.set_text(key::CITATION, format!("{WKT_PREFIX}{}", crs.wkt2()));
    }
    keys.set_short(key::RASTER_TYPE, if pixel_is_point { 2 } else { 1 });
    keys.tags()
}

/// `None` where no keys can say it.
fn describe(keys: &mut Directory, crs: &Crs) -> Option<()> {
    let json: Value = serde_json::from_str(crs.projjson()).ok()?;
    match json["type"].as_str()? {
        "GeographicCRS" => {
            keys.set_short(key::MODEL_TYPE, GEOGRAPHIC);
            geographic(keys, crs, &json)
        }
        "ProjectedCRS" => projected(keys, crs, &json),
        "CompoundCRS" => {
            let (horizontal, height) = (part(&json["components"][0])?, part(&json["components"][1])?);
            describe(keys, &horizontal)?;
            keys.set_text(key::CITATION, crs.name());
            keys.set_short(key::VERTICAL, epsg(&height)?);
            keys.set_short(key::VERTICAL_UNITS, unit_code(LINEAR, height.unit_size()).unwrap_or(9001));
            Some(())
        }
        "BoundCRS" => {
            describe(keys, &part(&json["source_crs"])?)?;
            let parameters = json["transformation"]["parameters"].as_array()?;
            let shift: Vec<f64> = parameters.iter().filter_map(shift).collect();
            (shift.len() == parameters.len() && [3, 7].contains(&shift.len())).then(|| keys.set(key::TO_WGS84, KeyValue::Doubles(shift)))
        }
        _ => None,
    }
}

/// One number of a shift to WGS84: metres, seconds of arc, or parts per million.
fn shift(parameter: &Value) -> Option<f64> {
    let (name, value) = (parameter["name"].as_str()?, parameter["value"].as_f64()?);
    let factor = parameter["unit"]["conversion_factor"].as_f64();
    Some(match factor {
        Some(radians) if name.contains("rotation") => (value * radians).to_degrees() * 3600.0,
        Some(fraction) if name.starts_with("Scale") => value * fraction * 1e6,
        // PROJ writes the scale of a bound CRS as a factor.
        None if name.starts_with("Scale") && parameter["unit"] == "unity" => (value - 1.0) * 1e6,
        _ => value,
    })
}

fn part(json: &Value) -> Option<Crs> {
    Crs::parse(&json.to_string()).ok()
}

/// An EPSG code that fits a key and means neither 'undefined' nor 'user-defined'.
fn epsg(crs: &Crs) -> Option<u16> {
    crs.code()?.strip_prefix("EPSG:")?.parse().ok().filter(|code| (1024..USER_DEFINED).contains(code))
}

fn unit_code(units: &[(u16, &str, f64)], size: f64) -> Option<u16> {
    units.iter().find(|(_, _, known)| (known / size - 1.0).abs() < 1e-12).map(|(code, _, _)| *code)
}

fn geographic(keys: &mut Directory, crs: &Crs, json: &Value) -> Option<()> {
    match unit_code(ANGULAR, crs.unit_size()) {
        Some(code) => keys.set_short(key::ANGULAR_UNITS, code),
        None => {
            keys.set_short(key::ANGULAR_UNITS, USER_DEFINED);
            keys.set_number(key::ANGULAR_UNIT_SIZE, crs.unit_size());
        }
    }
    let datum = if json["datum"].is_null() { &json["datum_ensemble"] } else { &json["datum"] };
    let ellipsoid = &datum["ellipsoid"];
    let radius = ellipsoid["radius"].as_f64();
    let semi_major = radius.or_else(|| ellipsoid["semi_major_axis"].as_f64());
    let inverse = ellipsoid["inverse_flattening"].as_f64();
    let inverse = inverse.or_else(|| Some(semi_major? / (semi_major? - ellipsoid["semi_minor_axis"].as_f64()?)));
    if let Some(code) = epsg(crs) {
        keys.set_short(key::GEODETIC_CRS, code);
        keys.set_text(key::GEODETIC_CITATION, crs.name());
    } else {
        keys.set_short(key::GEODETIC_CRS, USER_DEFINED);
        keys.set_short(key::DATUM, USER_DEFINED);
        keys.set_short(key::ELLIPSOID, USER_DEFINED);
        let meridian = &datum["prime_meridian"];
        let name = |json: &Value| json["name"].as_str().unwrap_or("unknown").replace('|', " ");
        let meridian_name = if meridian.is_null() { "Greenwich".to_owned() } else { name(meridian) };
        let parts = [("GCS Name", name(json)), ("Datum", name(datum)), ("Ellipsoid", name(ellipsoid)), ("Primem", meridian_name)];
        keys.set_text(key::GEODETIC_CITATION, parts.map(|(label, name)| format!("{label} = {name}|")).concat());
        let longitude = quantity(&meridian["longitude"], 1f64.to_radians()).to_degrees();
        keys.set_number(key::PRIME_MERIDIAN_LONGITUDE, longitude / crs.unit_size().to_degrees());
        semi_major?;
    }
    if let Some(axis) = semi_major {
        keys.set_number(key::SEMI_MAJOR, axis);
        match inverse.filter(|_| radius.is_none()) {
            Some(inverse) => keys.set_number(key::INVERSE_FLATTENING, inverse),
            None => keys.set_number(key::SEMI_MINOR, axis),
        }
    }
    Some(())
}

fn projected(keys: &mut Directory, crs: &Crs, json: &Value) -> Option<()> {
    keys.set_short(key::MODEL_TYPE, PROJECTED);
    keys.set_text(key::CITATION, crs.name());
    match unit_code(LINEAR, crs.unit_size()) {
        Some(code) => keys.set_short(key::LINEAR_UNITS, code),
        None => {
            keys.set_short(key::LINEAR_UNITS, USER_DEFINED);
            keys.set_number(key::LINEAR_UNIT_SIZE, crs.unit_size());
        }
    }
    if let Some(code) = epsg(crs) {
        keys.set_short(key::PROJECTED_CRS, code);
        return Some(());
    }
    keys.set_short(key::PROJECTED_CRS, USER_DEFINED);
    let base = part(&json["base_crs"])?;
    let base_json: Value = serde_json::from_str(base.projjson()).ok()?;
    let base_is_said = geographic(keys, &base, &base_json).is_some();
    let method_is_said = method(keys, crs, &base, &json["conversion"]).is_some();
    if base_is_said && method_is_said && is_said_back(keys, crs) {
        return Some(());
    }
    in_citation(keys, crs, &base, &base_json)
}

/// As GDAL does for projections that no keys can say: WKT 1 in the citation of a user-defined model.
fn in_citation(keys: &mut Directory, crs: &Crs, base: &Crs, base_json: &Value) -> Option<()> {
    *keys = Directory::default();
    keys.set_short(key::MODEL_TYPE, USER_DEFINED);
    keys.set_text(key::CITATION, crs.name());
    keys.set_short(key::LINEAR_UNITS, unit_code(LINEAR, crs.unit_size())?);
    geographic(keys, base, base_json)?;
    crs.wkt1().into_iter().find_map(|wkt| {
        keys.set_text(key::PROJECTED_CITATION, format!("{ESRI_PREFIX}{wkt}"));
        is_said_back(keys, crs).then_some(())
    })
}

/// Whether a reader of these keys has the same CRS again.
fn is_said_back(keys: &Directory, crs: &Crs) -> bool {
    matches!(keys.tags().to_crs(), Ok(Some(back)) if back.is_equivalent(crs) || projects_alike(&back, crs).unwrap_or(false))
}

/// Whether both put points all over the world at the same place: PROJ compares by words, and calls a geostationary CRS that came
/// back from WKT 1 another one.
fn projects_alike(a: &Crs, b: &Crs) -> Result<bool> {
    let project = |crs: &Crs| -> Result<Vec<(f64, f64)>> {
        let rows = (-8..=8).map(|row| f64::from(row) * 10.0);
        let mut points: Vec<(f64, f64)> = rows.flat_map(|y| (-12..12).map(move |col| (f64::from(col) * 15.0, y))).collect();
        Transformer::new(&crs.geographic()?, crs)?.points(&mut points)?;
        Ok(points)
    };
    let (a, b) = (project(a)?, project(b)?);
    let near = |(a, b): (&(f64, f64), &(f64, f64))| a == b || ((a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6);
    Ok(a.iter().any(|point| point.0.is_finite()) && a.iter().zip(&b).all(near))
}

/// The projection by number and parameters.
fn method(keys: &mut Directory, crs: &Crs, base: &Crs, conversion: &Value) -> Option<()> {
    // Keys count angles in the unit of the geographic CRS.
    let degrees = base.unit_size().to_degrees();
    let coded = coded(&conversion["method"])?;
    let parameters = conversion["parameters"].as_array()?;
    keys.set_short(key::PROJECTION, USER_DEFINED);
    keys.set_short(key::METHOD, coded.number);
    for (code, key) in coded.method.parameters.iter().zip(coded.keys) {
        let (_, name, measure) = PARAMETERS.iter().find(|(known, _, _)| known == code)?;
        let found = parameters.iter().find(|p| p["id"]["code"].as_u64() == Some(u64::from(*code)) || p["name"].as_str() == Some(name))?;
        let value = found["value"].as_f64()?;
        let own = found["unit"]["conversion_factor"].as_f64();
        let value = match measure {
            Measure::Angle => own.map_or(value, |size| (value * size).to_degrees()) / degrees,
            Measure::Length => value * own.unwrap_or(1.0) / crs.unit_size(),
            Measure::Metres | Measure::Scale => value,
        };
        keys.set_number(*key, value);
    }
    // Parameters that the keys of this method have no place for must say nothing.
    let spare =
        parameters.iter().filter(|p| !coded.method.parameters.iter().any(|code| p["id"]["code"].as_u64() == Some(u64::from(*code))));
    let harmless = |p: &Value| p["value"].as_f64() == Some(0.0) || coded.method.parameters.len() == parameters.len();
    spare.into_iter().all(harmless).then_some(())
}

fn coded(method: &Value) -> Option<&'static Coded> {
    let code = method["id"]["code"].as_u64();
    let name = method["name"].as_str()?;
    CODED.iter().find(|coded| coded.method.name == name || (coded.method.code > 0 && code == Some(u64::from(coded.method.code))))
}
