use serde_json::{Value, json};

use super::directory as key;
use super::directory::{Directory, Key};
use super::methods::{ANGULAR, CODED, Coded, EQUIRECTANGULAR, LINEAR, MERCATOR, POLAR_STEREOGRAPHIC, alternatives};
use crate::crs::conversion::{projected, quantity};
use crate::crs::method::{self, LATITUDE, Measure, PARALLEL_1, PARAMETERS, POLAR_PARALLEL, RECTIFIED, SCALE};
use crate::crs::{Base, Conversion, Crs, Ellipsoid, Geographic, Unit, definition::registered};
use crate::{Error, Result};

/// Whether heights make the CRS a compound one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heights {
    Read,
    Leave,
}

pub(super) fn vertical_unit(keys: &Directory) -> Option<String> {
    let named = keys.code(key::VERTICAL_UNITS).and_then(|code| LINEAR.iter().find(|(known, _, _)| *known == code));
    let of_code = || keys.code(key::VERTICAL).and_then(|code| Crs::parse(&format!("EPSG:{code}")).ok());
    named.map(|(_, name, _)| (*name).to_owned()).or_else(|| of_code().map(|crs| crs.unit().to_owned()))
}

pub(super) fn crs(keys: &Directory, heights: Heights) -> Result<Option<Crs>> {
    if let Some(written) = in_citation(keys) {
        return Ok(Some(written));
    }
    let horizontal = match keys.short(key::MODEL_TYPE) {
        Some(1) => projected_crs(keys)?,
        Some(2) => Some(geographic_crs(keys)?),
        Some(3) => return Err(unsupported(key::MODEL_TYPE, "a geocentric CRS", "a raster lies in a projected or geographic one")),
        _ if keys.short(key::PROJECTED_CRS).is_some() => projected_crs(keys)?,
        _ if keys.short(key::GEODETIC_CRS).is_some() => Some(geographic_crs(keys)?),
        _ => None,
    };
    let Some(horizontal) = horizontal.map(|crs| shifted(keys, crs)).transpose()? else { return Ok(None) };
    match keys.code(key::VERTICAL) {
        Some(vertical) if heights == Heights::Read => with_height(&horizontal, vertical).map(Some),
        _ => Ok(Some(horizontal)),
    }
}

fn unsupported(key: Key, found: impl Into<String>, right: &str) -> Error {
    Error::unsupported(format!("geo key {key}"), found, right)
}

/// WKT that a writer put into a citation because no keys could say it.
fn in_citation(keys: &Directory) -> Option<Crs> {
    let cited = |prefix: &str| {
        let citations = [key::CITATION, key::PROJECTED_CITATION, key::GEODETIC_CITATION];
        citations.iter().find_map(|&key| Crs::parse(keys.text(key)?.strip_prefix(prefix)?).ok())
    };
    cited(super::write::WKT_PREFIX).or_else(|| cited(super::write::ESRI_PREFIX))
}

/// The name after `label` in a citation of parts (`GCS Name = WGS 84|Datum = ...|`).
fn cited<'k>(keys: &'k Directory, key: Key, label: &str) -> Option<&'k str> {
    keys.text(key)?.split('|').find_map(|part| part.trim().strip_prefix(label)?.trim().strip_prefix('=')).map(str::trim)
}

/// A citation that is plainly a name.
fn named(keys: &Directory, key: Key) -> Option<&str> {
    keys.text(key).filter(|text| !text.contains(" = ") && !text.contains('\n') && !text.starts_with("IMAGINE"))
}

/// By EPSG code, or by ESRI's where EPSG has none of that number.
fn by_code(key: Key, code: u16) -> Result<Crs> {
    let epsg = Crs::parse(&format!("EPSG:{code}"));
    epsg.or_else(|_| Crs::parse(&format!("ESRI:{code}"))).map_err(|_| unsupported(key, format!("code {code}, which no registry has"), ""))
}

fn geographic_crs(keys: &Directory) -> Result<Crs> {
    match keys.code(key::GEODETIC_CRS) {
        Some(code) => by_code(key::GEODETIC_CRS, code),
        None => Crs::parse(&base(keys)?.json().to_string()),
    }
}

fn projected_crs(keys: &Directory) -> Result<Option<Crs>> {
    let unit = linear_unit(keys)?;
    if let Some(code) = keys.code(key::PROJECTED_CRS) {
        return in_unit(by_code(key::PROJECTED_CRS, code)?, unit.as_ref()).map(Some);
    }
    let unit = unit.unwrap_or_else(Unit::metre);
    let name = cited(keys, key::PROJECTED_CITATION, "PCS Name").or_else(|| named(keys, key::PROJECTED_CITATION));
    let name = name.or_else(|| named(keys, key::CITATION)).unwrap_or("unnamed");
    if let Some(number) = keys.code(key::METHOD) {
        return conversion(keys, number)?.crs(name, &base(keys)?, &unit).map(Some);
    }
    if let Some(code) = keys.code(key::PROJECTION) {
        let zone = registered("coordinateOperation", code);
        let zone = zone.ok_or_else(|| unsupported(key::PROJECTION, format!("code {code}, which no registry has"), ""))?;
        return projected(name, &base(keys)?, zone, &unit, ["east", "north"]).map(Some);
    }
    // Nothing but a name: it may be one that the registry knows.
    Ok(Crs::parse(name).ok().filter(|crs| !crs.is_geographic()))
}

/// The CRS with its axes in another unit than the registry has, as some writers ask.
fn in_unit(crs: Crs, unit: Option<&Unit>) -> Result<Crs> {
    let Some(unit) = unit.filter(|unit| (unit.size / crs.unit_size() - 1.0).abs() > 1e-9 && !crs.is_geographic()) else {
        return Ok(crs);
    };
    let Base::Known(mut json) = Base::crs(&crs)? else { return Ok(crs) };
    let Some(axes) = json["coordinate_system"]["axis"].as_array_mut() else { return Ok(crs) };
    axes.iter_mut().for_each(|axis| axis["unit"] = json!({ "type": "LinearUnit", "name": unit.name, "conversion_factor": unit.size }));
    if let Some(fields) = json.as_object_mut() {
        fields.remove("id");
    }
    Crs::parse(&json.to_string())
}

fn linear_unit(keys: &Directory) -> Result<Option<Unit>> {
    match keys.short(key::LINEAR_UNITS) {
        None | Some(0) => Ok(None),
        Some(key::USER_DEFINED) => {
            let size = keys.number(key::LINEAR_UNIT_SIZE).filter(|size| *size > 0.0);
            Ok(size.map(|size| Unit { name: "unknown".to_owned(), size }))
        }
        Some(code) => match LINEAR.iter().find(|(known, _, _)| *known == code) {
            Some(&(_, name, size)) => Ok(Some(Unit { name: name.to_owned(), size })),
            None => Err(unsupported(key::LINEAR_UNITS, format!("unit {code}"), "supported: the lengths of the EPSG registry")),
        },
    }
}

fn angular_unit(keys: &Directory) -> Result<Unit> {
    match keys.short(key::ANGULAR_UNITS) {
        None | Some(0) => Ok(Unit::degree()),
        Some(key::USER_DEFINED) => {
            let size = keys.number(key::ANGULAR_UNIT_SIZE).filter(|size| *size > 0.0);
            Ok(size.map_or_else(Unit::degree, |size| Unit { name: "unknown".to_owned(), size }))
        }
        Some(code) => match ANGULAR.iter().find(|(known, _, _)| *known == code) {
            Some(&(_, name, size)) => Ok(Unit { name: name.to_owned(), size }),
            None => Err(unsupported(key::ANGULAR_UNITS, format!("unit {code}"), "supported: degree, grad, radian, minute, second")),
        },
    }
}

/// The geographic CRS that the keys describe, registered or of their own.
fn base(keys: &Directory) -> Result<Base> {
    if let Some(code) = keys.code(key::GEODETIC_CRS) {
        return Base::crs(&by_code(key::GEODETIC_CRS, code)?).map(|base| on_own_ellipsoid(keys, base));
    }
    let datum = keys.code(key::DATUM).and_then(|code| registered("datum", code));
    let own = own_base(keys, datum.is_some())?;
    let Some(datum) = datum else { return Ok(Base::Own(own)) };
    let mut json = Base::Own(own).json();
    let place = if datum["type"] == "DatumEnsemble" { "datum_ensemble" } else { "datum" };
    if let Some(fields) = json.as_object_mut() {
        fields.remove("datum");
        fields.insert(place.to_owned(), datum);
    }
    Ok(Base::Known(json))
}

/// A registered CRS whose keys give another ellipsoid than the registry: the keys win, as they do with GDAL.
fn on_own_ellipsoid(keys: &Directory, base: Base) -> Base {
    let both = keys.number(key::SEMI_MAJOR).zip(keys.number(key::INVERSE_FLATTENING));
    let Some((semi_major, inverse)) = both.filter(|(axis, inverse)| *axis > 1e5 && *inverse > 100.0) else { return base };
    let mut json = base.json();
    let place = if json["datum"].is_null() { "datum_ensemble" } else { "datum" };
    let (datum, ellipsoid) = (json[place]["name"].clone(), json[place]["ellipsoid"].clone());
    let known = ellipsoid["semi_major_axis"].as_f64().zip(ellipsoid["inverse_flattening"].as_f64());
    // Digits lost in writing are no other ellipsoid.
    let differs = |a: f64, b: f64| (a / b - 1.0).abs() > 1e-7;
    if known.is_none_or(|(axis, flattening)| !differs(axis, semi_major) && !differs(flattening, inverse)) {
        return base;
    }
    let own = json!({
        "type": "GeodeticReferenceFrame",
        "name": datum,
        "ellipsoid": { "name": ellipsoid["name"], "semi_major_axis": semi_major, "inverse_flattening": inverse },
    });
    if let Some(fields) = json.as_object_mut() {
        ["id", "ids", "datum_ensemble", "datum", "scope", "area", "bbox", "usages", "remarks"]
            .iter()
            .for_each(|name| drop(fields.remove(*name)));
        fields.insert("datum".to_owned(), own);
    }
    Base::Known(json)
}

fn own_base(keys: &Directory, datum_is_known: bool) -> Result<Geographic> {
    let citation = key::GEODETIC_CITATION;
    let part = |label: &str, other: &str| cited(keys, citation, label).unwrap_or(other).to_owned();
    let name = cited(keys, citation, "GCS Name").or_else(|| named(keys, citation)).unwrap_or("unknown").to_owned();
    let meridian = keys.code(key::PRIME_MERIDIAN).filter(|code| *code != 8901).and_then(|code| registered("meridian", code));
    let unit = angular_unit(keys)?;
    let longitude = keys.number(key::PRIME_MERIDIAN_LONGITUDE).unwrap_or(0.0) * unit.size.to_degrees();
    let (prime_meridian, prime_meridian_longitude) = match meridian {
        Some(json) => (json["name"].as_str().unwrap_or("unnamed").to_owned(), quantity(&json["longitude"], 1f64.to_radians()).to_degrees()),
        None if longitude == 0.0 => (part("Primem", "Greenwich"), 0.0),
        None => (part("Primem", "unnamed"), longitude),
    };
    let ellipsoid = match ellipsoid(keys, &part("Ellipsoid", "unnamed")) {
        Some(ellipsoid) => ellipsoid,
        // The datum brings its own, and this one is thrown away.
        None if datum_is_known => Ellipsoid { name: String::new(), semi_major: 6_378_137.0, inverse_flattening: 0.0 },
        None => {
            return Err(unsupported(key::GEODETIC_CRS, "a user-defined CRS without datum and ellipsoid", "right: a code, or both axes"));
        }
    };
    Ok(Geographic { datum: part("Datum", "unknown"), name, ellipsoid, prime_meridian, prime_meridian_longitude, unit })
}

fn ellipsoid(keys: &Directory, name: &str) -> Option<Ellipsoid> {
    if let Some(json) = keys.code(key::ELLIPSOID).and_then(|code| registered("ellipsoid", code)) {
        let axis = if json["radius"].is_null() { &json["semi_major_axis"] } else { &json["radius"] };
        let semi_major = quantity(axis, 1.0);
        let minor = (!json["semi_minor_axis"].is_null()).then(|| quantity(&json["semi_minor_axis"], 1.0));
        let inverse_flattening = json["inverse_flattening"].as_f64().or(minor.map(|minor| flattening(semi_major, minor))).unwrap_or(0.0);
        return Some(Ellipsoid { name: json["name"].as_str().unwrap_or(name).to_owned(), semi_major, inverse_flattening });
    }
    let semi_major = keys.number(key::SEMI_MAJOR).filter(|axis| *axis > 0.0)?;
    let minor = keys.number(key::SEMI_MINOR).filter(|axis| *axis > 0.0);
    let inverse_flattening = keys.number(key::INVERSE_FLATTENING).or(minor.map(|minor| flattening(semi_major, minor))).unwrap_or(0.0);
    Some(Ellipsoid { name: name.to_owned(), semi_major, inverse_flattening })
}

fn flattening(major: f64, minor: f64) -> f64 {
    if (major - minor).abs() < 1e-6 { 0.0 } else { major / (major - minor) }
}

/// The projection from its method and parameter keys.
fn conversion(keys: &Directory, number: u16) -> Result<Conversion> {
    let mut of_number = CODED.iter().filter(|coded| coded.number == number);
    let first = of_number
        .next()
        .ok_or_else(|| unsupported(key::METHOD, format!("projection method {number}"), "supported: 1, 3, 7 to 28, 9815"))?;
    let degrees = angular_unit(keys)?.size.to_degrees();
    let plain = values(keys, first, degrees);
    let Some(second) = of_number.next() else { return Ok(plain) };
    let other = values(keys, second, degrees);
    let sphere = || ellipsoid(keys, "").is_some_and(|ellipsoid| ellipsoid.inverse_flattening == 0.0);
    let takes_other = match number {
        // A standard parallel of its own, unless a scale says it all.
        MERCATOR => other.value(PARALLEL_1).is_some_and(|parallel| parallel != 0.0) && plain.value(SCALE).is_none_or(|scale| scale == 1.0),
        // The latitude is that of the pole, or else that of true scale.
        POLAR_STEREOGRAPHIC => other.value(POLAR_PARALLEL).is_some_and(|parallel| (parallel.abs() - 90.0).abs() > 1e-9),
        EQUIRECTANGULAR => keys.code(key::GEODETIC_CRS).is_none() && sphere(),
        _ => false,
    };
    Ok(if takes_other { other } else { plain })
}

fn values(keys: &Directory, coded: &Coded, degrees: f64) -> Conversion {
    let mut conversion = Conversion::new(coded.method);
    for (&parameter, &first) in coded.method.parameters.iter().zip(coded.keys) {
        let Some(value) = std::iter::once(&first).chain(alternatives(parameter)).find_map(|&key| keys.number(key)) else { continue };
        let is_angle = PARAMETERS.iter().any(|(code, _, measure)| *code == parameter && *measure == Measure::Angle);
        conversion = conversion.with(parameter, if is_angle { value * degrees } else { value });
    }
    if [method::OBLIQUE_MERCATOR_A, method::OBLIQUE_MERCATOR_B].contains(&coded.method) && conversion.value(RECTIFIED).is_none() {
        conversion = conversion.with(RECTIFIED, 90.0);
    }
    if coded.method == method::POLAR_STEREOGRAPHIC_A && conversion.value(LATITUDE).is_none() {
        conversion = conversion.with(LATITUDE, 90.0);
    }
    conversion
}

/// Bound to WGS84 by the shift of three or seven numbers that the keys give, unless it is nought.
fn shifted(keys: &Directory, crs: Crs) -> Result<Crs> {
    let shift = keys.numbers(key::TO_WGS84);
    let registered = keys.code(key::GEODETIC_CRS).is_some() || keys.code(key::PROJECTED_CRS).is_some();
    if registered || ![3, 7].contains(&shift.len()) || shift.iter().all(|value| *value == 0.0) {
        return Ok(crs);
    }
    let names = [
        ("X-axis translation", 8605, "metre"),
        ("Y-axis translation", 8606, "metre"),
        ("Z-axis translation", 8607, "metre"),
        ("X-axis rotation", 8608, "arc-second"),
        ("Y-axis rotation", 8609, "arc-second"),
        ("Z-axis rotation", 8610, "arc-second"),
        ("Scale difference", 8611, "parts per million"),
    ];
    let unit = |name: &str| match name {
        "arc-second" => json!({ "type": "AngularUnit", "name": name, "conversion_factor": std::f64::consts::PI / 648_000.0 }),
        "parts per million" => json!({ "type": "ScaleUnit", "name": name, "conversion_factor": 1e-6 }),
        name => json!(name),
    };
    let parameter = |((name, code, of), value): (&(&str, u16, &str), &f64)| json!({ "name": name, "value": value, "unit": unit(of), "id": { "authority": "EPSG", "code": code } });
    let parameters: Vec<Value> = names.iter().zip(shift).map(parameter).collect();
    let (method, code) = if shift.len() == 3 {
        ("Geocentric translations (geog2D domain)", 9603)
    } else {
        ("Position Vector transformation (geog2D domain)", 9606)
    };
    let json = json!({
        "type": "BoundCRS",
        "source_crs": Base::crs(&crs)?.json(),
        "target_crs": Base::crs(&Crs::parse("EPSG:4326")?)?.json(),
        "transformation": {
            "name": "Transformation to WGS84",
            "method": { "name": method, "id": { "authority": "EPSG", "code": code } },
            "parameters": parameters,
        },
    });
    Crs::parse(&json.to_string())
}

fn with_height(horizontal: &Crs, vertical: u16) -> Result<Crs> {
    // Once the code of heights above the ellipsoid of WGS 84.
    if (horizontal.code(), vertical) == (Some("EPSG:4326"), 5030) {
        return Crs::parse("EPSG:4979");
    }
    if let Some(code) = horizontal.code() {
        return Crs::parse(&format!("{code}+{vertical}")).or_else(|_| Ok(horizontal.clone()));
    }
    let Ok(height) = Crs::parse(&format!("EPSG:{vertical}")) else { return Ok(horizontal.clone()) };
    let json = json!({
        "type": "CompoundCRS",
        "name": format!("{} + {}", horizontal.name(), height.name()),
        "components": [Base::crs(horizontal)?.json(), Base::crs(&height)?.json()],
    });
    Crs::parse(&json.to_string())
}
