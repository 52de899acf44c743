use serde_json::{Value, json};
use swath_raster::crs::Crs;

use super::cf::{Words, words};

/// A parameter: its name in PROJJSON, and in CF.
type Names = &'static [(&'static str, &'static str)];

/// Methods of conversion (EPSG's names) with CF's name and parameters (CF 1.11, Appendix F).
const METHODS: &[(&str, &str, Names)] = &[
    (
        "Transverse Mercator",
        "transverse_mercator",
        &[
            ("Latitude of natural origin", "latitude_of_projection_origin"),
            ("Longitude of natural origin", "longitude_of_central_meridian"),
            ("Scale factor at natural origin", "scale_factor_at_central_meridian"),
        ],
    ),
    (
        "Lambert Azimuthal Equal Area",
        "lambert_azimuthal_equal_area",
        &[
            ("Latitude of natural origin", "latitude_of_projection_origin"),
            ("Longitude of natural origin", "longitude_of_projection_origin"),
        ],
    ),
    (
        "Polar Stereographic (variant A)",
        "polar_stereographic",
        &[
            ("Latitude of natural origin", "latitude_of_projection_origin"),
            ("Longitude of natural origin", "straight_vertical_longitude_from_pole"),
            ("Scale factor at natural origin", "scale_factor_at_projection_origin"),
        ],
    ),
    (
        "Polar Stereographic (variant B)",
        "polar_stereographic",
        &[("Latitude of standard parallel", "standard_parallel"), ("Longitude of origin", "straight_vertical_longitude_from_pole")],
    ),
    (
        "Popular Visualisation Pseudo Mercator",
        "mercator",
        &[
            ("Latitude of natural origin", "latitude_of_projection_origin"),
            ("Longitude of natural origin", "longitude_of_projection_origin"),
        ],
    ),
    (
        "Albers Equal Area",
        "albers_conical_equal_area",
        &[("Latitude of false origin", "latitude_of_projection_origin"), ("Longitude of false origin", "longitude_of_central_meridian")],
    ),
    (
        "Lambert Conic Conformal (2SP)",
        "lambert_conformal_conic",
        &[("Latitude of false origin", "latitude_of_projection_origin"), ("Longitude of false origin", "longitude_of_central_meridian")],
    ),
];

/// Names for every method.
const SHARED: Names = &[
    ("False easting", "false_easting"),
    ("False northing", "false_northing"),
    ("Easting at false origin", "false_easting"),
    ("Northing at false origin", "false_northing"),
];

/// CF's name of a mapping with its parameters; nothing where CF has no name for it: `crs_wkt` then says all.
pub(super) fn of(crs: &Crs) -> Words {
    let json: Value = serde_json::from_str(crs.projjson()).unwrap_or_default();
    let mut out = Words::new();
    match json["type"].as_str() {
        Some("GeographicCRS") => {
            out.insert("grid_mapping_name".into(), "latitude_longitude".into());
            out.append(&mut ellipsoid(&json));
        }
        Some("ProjectedCRS") => {
            let method = json["conversion"]["method"]["name"].as_str().unwrap_or_default();
            let Some((_, name, names)) = METHODS.iter().find(|(own, ..)| *own == method) else { return out };
            out.insert("grid_mapping_name".into(), (*name).into());
            parameters(&json["conversion"]["parameters"], names, &mut out);
            out.append(&mut ellipsoid(&json["base_crs"]));
        }
        _ => return out,
    }
    let name = if json["type"] == "ProjectedCRS" { "projected_crs_name" } else { "geographic_crs_name" };
    out.insert(name.into(), crs.name().into());
    out
}

fn parameters(list: &Value, names: Names, out: &mut Words) {
    let mut parallels = Vec::new();
    for parameter in list.as_array().into_iter().flatten() {
        let (Some(name), Some(value)) = (parameter["name"].as_str(), parameter["value"].as_f64()) else { continue };
        if name.contains("standard parallel") && name != "Latitude of standard parallel" {
            parallels.push(value);
        }
        if let Some((_, cf)) = names.iter().chain(SHARED).find(|(own, _)| *own == name) {
            out.insert((*cf).into(), json!(value));
        }
    }
    if let Some(parallel) = out.get("standard_parallel").and_then(Value::as_f64) {
        // CF wants the pole too.
        out.insert("latitude_of_projection_origin".into(), json!(if parallel < 0.0 { -90.0 } else { 90.0 }));
    }
    if !parallels.is_empty() {
        out.insert("standard_parallel".into(), json!(parallels));
    }
}

fn ellipsoid(base: &Value) -> Words {
    let own = |key: &str| {
        let ellipsoid = ["datum", "datum_ensemble"].iter().map(|d| &base[*d]["ellipsoid"]).find(|e| e.is_object())?;
        // A length is a number, or a number with its unit, which is the metre where it is not said.
        ellipsoid[key].as_f64()
    };
    let mut out = words(json!({ "longitude_of_prime_meridian": 0.0 }));
    let meridian = base["datum"]["prime_meridian"]["longitude"].as_f64();
    if let Some(meridian) = meridian {
        out.insert("longitude_of_prime_meridian".into(), json!(meridian));
    }
    for (key, name) in [
        ("semi_major_axis", "semi_major_axis"),
        ("inverse_flattening", "inverse_flattening"),
        ("semi_minor_axis", "semi_minor_axis"),
        ("radius", "earth_radius"),
    ] {
        if let Some(value) = own(key) {
            out.insert(name.into(), json!(value));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(crs: &str, expected: &[(&str, Value)]) {
        let words = of(&Crs::parse(crs).unwrap());
        for (name, value) in expected {
            assert_eq!(words.get(*name), Some(value), "{name} of {crs}: {words:?}");
        }
    }

    #[test]
    fn common_projections_have_their_name_in_cf() {
        check("EPSG:4326", &[("grid_mapping_name", json!("latitude_longitude")), ("semi_major_axis", json!(6_378_137.0))]);
        check(
            "EPSG:32718",
            &[
                ("grid_mapping_name", json!("transverse_mercator")),
                ("longitude_of_central_meridian", json!(-75.0)),
                ("scale_factor_at_central_meridian", json!(0.9996)),
                ("false_northing", json!(10_000_000.0)),
            ],
        );
        check("EPSG:3035", &[("latitude_of_projection_origin", json!(52.0)), ("false_easting", json!(4_321_000.0))]);
        check("EPSG:3031", &[("standard_parallel", json!(-71.0)), ("latitude_of_projection_origin", json!(-90.0))]);
        check("EPSG:5070", &[("standard_parallel", json!([29.5, 45.5])), ("longitude_of_central_meridian", json!(-96.0))]);
    }
}
