//! CF's grid mappings (CF 1.11, appendix F) as CRS.

use super::attributes::Attributes;
use super::ellipsoid;
use super::file::{File, Variable};
use crate::crs::{Base, Conversion, Crs, Geographic, Unit, method, rotated_pole};
use crate::{Affine, Result};

/// The variable that `grid_mapping` names; in the extended form (CF 1.11, section 5.6) the first that is there and whose coordinates are
/// the variable's own dimensions, else the first that is there.
pub(super) fn of<'f>(file: &'f File, variable: &Variable) -> Option<&'f Variable> {
    // rioxarray's own name for it counts even where `grid_mapping` went lost.
    let habitual = || file.variable(&variable.group, "spatial_ref").filter(|found| SPELLED.iter().any(|name| found.text(name).is_some()));
    let Some(text) = variable.text("grid_mapping") else { return habitual() };
    let mut mappings: Vec<(&str, Vec<&str>)> = Vec::new();
    for word in text.split_whitespace() {
        match (word.strip_suffix(':'), mappings.last_mut()) {
            (Some(name), _) => mappings.push((name, Vec::new())),
            (None, Some((_, coordinates))) => coordinates.push(word),
            (None, None) => mappings.push((word, Vec::new())),
        }
    }
    let is_own = |name: &&str| variable.inner.dimensions.iter().any(|dimension| dimension.name == **name);
    let own = mappings.iter().filter(|(_, coordinates)| coordinates.len() >= 2 && coordinates.iter().all(is_own));
    own.chain(&mappings).find_map(|(name, _)| file.variable(&variable.group, name))
}

/// Attributes that hold a whole CRS: WKT, PROJ's own words, or a code.
const SPELLED: &[&str] = &["crs_wkt", "spatial_ref", "esri_pe_string", "wkt", "WKT"];
const PROJ: &[&str] = &["proj4", "proj4_string", "proj4text", "proj4_params", "proj4string", "proj_string", "PROJ4", "spatial_proj4"];
const CODES: &[&str] = &["epsg_code", "EPSG_code", "EPSG", "epsg", "srid", "EPSG_CODE", "code"];

/// The CRS of a variable: by its grid mapping, by its own attributes, or by those of the file, as writers before CF have them.
///
/// # Errors
/// Misuse, with PROJ's reason, where the grid mapping is there and makes no CRS.
pub(super) fn crs_of(file: &File, variable: &Variable, mapping: Option<&Variable>) -> Result<Option<Crs>> {
    if let Some(mapping) = mapping {
        return crs(mapping);
    }
    let own = |name: &&str| spelled(&variable.text(name)?);
    let whole = |name: &&str| spelled(&file.attributes.get(*name)?.as_string()?);
    let names = || SPELLED.iter().chain(PROJ).chain(["crs", "CRS", "grid_mapping"].iter());
    // A grid mapping that is no variable may be a CRS itself.
    Ok(names().find_map(own).or_else(|| names().find_map(whole)))
}

/// GDAL's own `GeoTransform`, six numbers in GDAL's order, or rasterio's `transform` in affine order.
pub(super) fn written_transform(variable: &Variable, mapping: Option<&Variable>) -> Option<Affine> {
    let written = mapping.map(|mapping| mapping.numbers("GeoTransform")).unwrap_or_default();
    let made = match (&written[..], &variable.numbers("transform")[..]) {
        (&[c, a, b, f, d, e], _) => Affine { a, b, c, d, e, f },
        (_, &[a, b, c, d, e, f]) | (_, &[a, b, c, d, e, f, ..]) => Affine { a, b, c, d, e, f },
        _ => return None,
    };
    made.inverse().map(|_| made)
}

/// WKT, PROJ's words, `EPSG:4326`, or what xarray wrote before CF: `+init=epsg:4326`.
fn spelled(text: &str) -> Option<Crs> {
    let text = text.trim();
    let wordy = text.contains('[') || text.contains('+') || text.contains(':') || text.starts_with('{');
    if !wordy {
        return None;
    }
    if let Some(code) = text.to_ascii_lowercase().strip_prefix("+init=epsg:") {
        let digits: String = code.chars().take_while(char::is_ascii_digit).collect();
        return Crs::parse(&format!("EPSG:{digits}")).ok();
    }
    if text.starts_with('+') && !text.contains("+type=crs") {
        return Crs::parse(&format!("{text} +type=crs")).ok();
    }
    Crs::parse(text).ok()
}

/// A code as a number, as `EPSG:32633` or as a URN.
fn coded(mapping: &Variable, name: &str) -> Option<Crs> {
    let code = match mapping.text(name) {
        Some(text) => text.rsplit(':').next().unwrap_or_default().trim().to_owned(),
        None => mapping.number(name).filter(|code| code.fract() == 0.0 && *code > 0.0)?.to_string(),
    };
    code.parse::<u32>().ok()?;
    Crs::parse(&format!("EPSG:{code}")).ok()
}

/// The CRS a grid mapping variable describes: its WKT if it has one, else its CF attributes, else PROJ's words or a code.
///
/// # Errors
/// Misuse, with PROJ's reason, where the parameters make no CRS.
fn crs(mapping: &Variable) -> Result<Option<Crs>> {
    if let Some(crs) = SPELLED.iter().find_map(|name| mapping.text(name).and_then(|text| Crs::parse(&text).ok())) {
        return Ok(Some(crs));
    }
    let rotated = mapping.number("grid_north_pole_latitude").is_some();
    let name = mapping.text("grid_mapping_name").or_else(|| rotated.then(|| "rotated_latitude_longitude".to_owned()));
    let otherwise = || {
        let said = PROJ.iter().find_map(|name| spelled(&mapping.text(name)?));
        said.or_else(|| CODES.iter().find_map(|name| coded(mapping, name)))
    };
    let Some(name) = name.filter(|name| says_enough(name, mapping)) else { return Ok(otherwise()) };
    let own = geographic(mapping);
    let base = match known(&own) {
        Some(code) => Base::crs(&Crs::parse(code)?)?,
        None => Base::Own(own.clone()),
    };
    match name.as_str() {
        "latitude_longitude" => known(&own).map_or_else(|| own.crs(), Crs::parse).map(Some),
        "rotated_latitude_longitude" => {
            let angle = |name: &str| mapping.number(name).unwrap_or(0.0);
            let angles = [angle("grid_north_pole_latitude"), angle("grid_north_pole_longitude"), angle("north_pole_grid_longitude")];
            rotated_pole("Rotated_pole", &base, angles).map(Some)
        }
        name => match conversion(name, mapping) {
            Some(conversion) => {
                conversion.crs(&mapping.text("projected_crs_name").unwrap_or("unnamed".into()), &base, &Unit::metre()).map(Some)
            }
            None => Ok(otherwise()),
        },
    }
}

/// A projection without a single parameter is not described, whatever its name.
fn says_enough(name: &str, mapping: &Variable) -> bool {
    let words =
        ["latitude_of", "longitude_of", "standard_parallel", "straight_vertical", "grid_north_pole", "azimuth", "perspective_point"];
    let said = |attribute: &netcdf_reader::NcAttribute| words.iter().any(|word| attribute.name.starts_with(word));
    name == "latitude_longitude" || mapping.inner.attributes.iter().any(said)
}

/// The height that turns a geostationary imager's radians into metres.
pub(super) fn satellite_height(mapping: &Variable) -> Option<f64> {
    (mapping.text("grid_mapping_name")? == "geostationary").then(|| mapping.number("perspective_point_height"))?
}

/// A registered CRS with this very ellipsoid, where the file says no more than its axes.
fn known(geographic: &Geographic) -> Option<&'static str> {
    let named = geographic.name.to_ascii_uppercase().replace([' ', '_'], "");
    let unnamed = named == "UNKNOWN" || named.contains("WGS84") || named.contains("WGS1984");
    let wgs84 = geographic.ellipsoid.semi_major == 6_378_137.0 && (geographic.ellipsoid.inverse_flattening - 298.257_223_563).abs() < 1e-6;
    (unnamed && wgs84 && geographic.prime_meridian_longitude == 0.0).then_some("EPSG:4326")
}

fn geographic(mapping: &Variable) -> Geographic {
    let text = |name: &str, other: &str| mapping.text(name).unwrap_or_else(|| other.to_owned());
    Geographic {
        name: text("geographic_crs_name", "unknown"),
        datum: text("horizontal_datum_name", "unknown"),
        ellipsoid: ellipsoid::of(mapping),
        prime_meridian: text("prime_meridian_name", "Greenwich"),
        prime_meridian_longitude: mapping.number("longitude_of_prime_meridian").unwrap_or(0.0),
        unit: Unit::degree(),
    }
}

fn conversion(name: &str, mapping: &Variable) -> Option<Conversion> {
    let number = |names: &[&str]| names.iter().find_map(|name| mapping.number(name));
    let parallels = mapping.numbers("standard_parallel");
    let latitude = number(&["latitude_of_projection_origin"]).unwrap_or(0.0);
    let longitude = number(&["longitude_of_central_meridian", "longitude_of_projection_origin", "straight_vertical_longitude_from_pole"])
        .unwrap_or(0.0);
    let scale = number(&["scale_factor_at_projection_origin", "scale_factor_at_central_meridian"]);
    let easting = number(&["false_easting"]).unwrap_or(0.0);
    let northing = number(&["false_northing"]).unwrap_or(0.0);
    let natural = |method| {
        let origin = Conversion::new(method).with(method::LATITUDE, latitude).with(method::LONGITUDE, longitude);
        origin.with(method::EASTING, easting).with(method::NORTHING, northing)
    };
    let scaled = |method| natural(method).with(method::SCALE, scale.unwrap_or(1.0));
    let conic = |method| {
        let first = parallels.first().copied().unwrap_or(latitude);
        let origin = Conversion::new(method).with(method::FALSE_LATITUDE, latitude).with(method::FALSE_LONGITUDE, longitude);
        let parallels = origin.with(method::PARALLEL_1, first).with(method::PARALLEL_2, parallels.get(1).copied().unwrap_or(first));
        parallels.with(method::FALSE_EASTING, easting).with(method::FALSE_NORTHING, northing)
    };
    let made = match name {
        "transverse_mercator" => scaled(method::TRANSVERSE_MERCATOR),
        "lambert_conformal_conic" if parallels.len() > 1 => conic(method::LAMBERT_CONIC_2SP),
        "lambert_conformal_conic" => match (parallels.first(), scale) {
            (Some(&parallel), None) if parallel != latitude => conic(method::LAMBERT_CONIC_2SP),
            _ => scaled(method::LAMBERT_CONIC_1SP),
        },
        "lambert_azimuthal_equal_area" => natural(method::LAMBERT_AZIMUTHAL),
        "albers_conical_equal_area" => conic(method::ALBERS),
        "azimuthal_equidistant" => natural(method::AZIMUTHAL_EQUIDISTANT),
        "polar_stereographic" => match (parallels.first(), scale) {
            // The pole is the one on the side of the parallel, unless the origin says otherwise.
            (Some(&parallel), _) => natural(method::POLAR_STEREOGRAPHIC_B)
                .with(method::POLAR_PARALLEL, if latitude < 0.0 { -parallel.abs() } else { parallel })
                .with(method::POLAR_LONGITUDE, longitude),
            (None, _) => scaled(method::POLAR_STEREOGRAPHIC_A),
        },
        "stereographic" if (latitude.abs() - 90.0).abs() < 1e-9 => scaled(method::POLAR_STEREOGRAPHIC_A),
        "stereographic" => scaled(method::OBLIQUE_STEREOGRAPHIC),
        "mercator" => match parallels.first() {
            Some(&parallel) => natural(method::MERCATOR_B).with(method::PARALLEL_1, parallel),
            None => scaled(method::MERCATOR_A),
        },
        "sinusoidal" => natural(method::SINUSOIDAL),
        "orthographic" => natural(method::ORTHOGRAPHIC),
        "gnomonic" => natural(method::GNOMONIC),
        "lambert_cylindrical_equal_area" => {
            natural(method::CYLINDRICAL_EQUAL_AREA).with(method::PARALLEL_1, parallels.first().copied().unwrap_or(0.0))
        }
        "oblique_mercator" => {
            let azimuth = number(&["azimuth_of_central_line"]).unwrap_or(0.0);
            Conversion::new(method::OBLIQUE_MERCATOR_B)
                .with(method::CENTRE_LATITUDE, latitude)
                .with(method::CENTRE_LONGITUDE, longitude)
                .with(method::AZIMUTH, azimuth)
                .with(method::RECTIFIED, azimuth)
                .with(method::CENTRE_SCALE, scale.unwrap_or(1.0))
                .with(method::CENTRE_EASTING, easting)
                .with(method::CENTRE_NORTHING, northing)
        }
        "vertical_perspective" => {
            let height = number(&["perspective_point_height"])?;
            Conversion::new(method::VERTICAL_PERSPECTIVE)
                .with(method::TOPOCENTRIC_LATITUDE, latitude)
                .with(method::TOPOCENTRIC_LONGITUDE, longitude)
                .with(method::VIEWPOINT_HEIGHT, height)
                .with(method::EASTING, easting)
                .with(method::NORTHING, northing)
        }
        "geostationary" => {
            let by_x = mapping.text("sweep_angle_axis").as_deref() == Some("x") || mapping.text("fixed_angle_axis").as_deref() == Some("y");
            natural(if by_x { method::GEOSTATIONARY_X } else { method::GEOSTATIONARY_Y })
                .with(method::SATELLITE_HEIGHT, number(&["perspective_point_height"]).unwrap_or(35_785_831.0))
        }
        _ => return None,
    };
    Some(made)
}
