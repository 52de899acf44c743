//! CF's grid mappings (CF 1.11, appendix F) as CRS.

use super::attributes::Attributes;
use super::file::Variable;
use crate::Result;
use crate::crs::{Base, Conversion, Crs, Ellipsoid, Geographic, Unit, method, rotated_pole};

/// The CRS a grid mapping variable describes: its WKT if it has one, else its attributes.
///
/// # Errors
/// Misuse, with PROJ's reason, where the WKT or the parameters make no CRS.
pub(super) fn crs(mapping: &Variable) -> Result<Option<Crs>> {
    for name in ["crs_wkt", "spatial_ref", "esri_pe_string"] {
        if let Some(crs) = mapping.text(name).and_then(|text| Crs::parse(&text).ok()) {
            return Ok(Some(crs));
        }
    }
    let rotated = mapping.number("grid_north_pole_latitude").is_some();
    let name = mapping.text("grid_mapping_name").or_else(|| rotated.then(|| "rotated_latitude_longitude".to_owned()));
    let Some(name) = name else {
        let proj = ["proj4", "proj4_string", "proj4text", "proj4_params"].iter().find_map(|name| mapping.text(name));
        return proj.map(|text| Crs::parse(&text)).transpose();
    };
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
            None => Ok(None),
        },
    }
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
    let radius = ["earth_radius", "spherical_earth_radius_meters"].iter().find_map(|name| mapping.number(name));
    let semi_major = mapping.number("semi_major_axis").or(radius);
    let flattening = match (mapping.number("inverse_flattening"), mapping.number("semi_minor_axis"), semi_major) {
        (Some(inverse), _, _) => inverse,
        (None, Some(minor), Some(major)) if (major - minor).abs() > 1e-6 => major / (major - minor),
        (None, _, Some(_)) => 0.0,
        (None, _, None) => 298.257_223_563,
    };
    let text = |name: &str, other: &str| mapping.text(name).unwrap_or_else(|| other.to_owned());
    let ellipsoid = Ellipsoid {
        name: text("reference_ellipsoid_name", if flattening == 0.0 { "Sphere" } else { "Spheroid" }),
        semi_major: semi_major.filter(|axis| *axis > 0.0).unwrap_or(6_378_137.0),
        inverse_flattening: flattening,
    };
    Geographic {
        name: text("geographic_crs_name", "unknown"),
        datum: text("horizontal_datum_name", "unknown"),
        ellipsoid,
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
            (Some(&parallel), _) => {
                natural(method::POLAR_STEREOGRAPHIC_B).with(method::POLAR_PARALLEL, parallel).with(method::POLAR_LONGITUDE, longitude)
            }
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
        "geostationary" => {
            let by_x = mapping.text("sweep_angle_axis").as_deref() == Some("x") || mapping.text("fixed_angle_axis").as_deref() == Some("y");
            natural(if by_x { method::GEOSTATIONARY_X } else { method::GEOSTATIONARY_Y })
                .with(method::SATELLITE_HEIGHT, number(&["perspective_point_height"]).unwrap_or(35_785_831.0))
        }
        _ => return None,
    };
    Some(made)
}
