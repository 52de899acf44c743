use super::attributes::Attributes;
use super::file::Variable;
use crate::crs::Ellipsoid;

/// Data: ellipsoids by the names that grid mappings give them, in lower case letters and digits; semi-major axis in metres, and inverse
/// flattening, 0 for a sphere (EPSG registry).
const NAMED: &[(&str, f64, f64)] = &[
    ("wgs84", 6_378_137.0, 298.257_223_563),
    ("wgs72", 6_378_135.0, 298.26),
    ("grs80", 6_378_137.0, 298.257_222_101),
    ("grs1980", 6_378_137.0, 298.257_222_101),
    ("grs67", 6_378_160.0, 298.247_167_427),
    ("airy1830", 6_377_563.396, 299.324_964_6),
    ("airy", 6_377_563.396, 299.324_964_6),
    ("bessel1841", 6_377_397.155, 299.152_812_8),
    ("bessel", 6_377_397.155, 299.152_812_8),
    ("clarke1866", 6_378_206.4, 294.978_698_213_898),
    ("clarke1880", 6_378_249.145, 293.465),
    ("clarke1880rgs", 6_378_249.145, 293.465),
    ("international1924", 6_378_388.0, 297.0),
    ("international", 6_378_388.0, 297.0),
    ("hayford1909", 6_378_388.0, 297.0),
    ("krassowsky1940", 6_378_245.0, 298.3),
    ("krassovsky1940", 6_378_245.0, 298.3),
    ("krass", 6_378_245.0, 298.3),
    ("australiannational", 6_378_160.0, 298.25),
    ("everest1830", 6_377_276.345, 300.8017),
    ("sphere", 6_370_997.0, 0.0),
];

/// The figure of the earth that a grid mapping has: by its axes, by its radius, by its name; else that of WGS 84 (CF 1.11, appendix F).
pub(super) fn of(mapping: &Variable) -> Ellipsoid {
    let radius = ["earth_radius", "spherical_earth_radius_meters"].iter().find_map(|name| mapping.number(name));
    let name = mapping.text("reference_ellipsoid_name").or_else(|| mapping.text("ellipsoid")).or_else(|| mapping.text("spheroid"));
    let semi_major = mapping.number("semi_major_axis").or(radius).filter(|axis| *axis > 0.0);
    if let (None, Some((_, semi_major, inverse_flattening))) = (semi_major, name.as_deref().and_then(named)) {
        return Ellipsoid { name: name.unwrap_or_default(), semi_major, inverse_flattening };
    }
    let inverse_flattening = match (mapping.number("inverse_flattening"), mapping.number("semi_minor_axis"), semi_major) {
        (Some(inverse), _, _) => inverse,
        (None, Some(minor), Some(major)) if (major - minor).abs() > 1e-6 => major / (major - minor),
        (None, _, Some(_)) => 0.0,
        (None, _, None) => 298.257_223_563,
    };
    let name = name.unwrap_or_else(|| if inverse_flattening == 0.0 { "Sphere" } else { "Spheroid" }.to_owned());
    Ellipsoid { name, semi_major: semi_major.unwrap_or(6_378_137.0), inverse_flattening }
}

fn named(name: &str) -> Option<(&'static str, f64, f64)> {
    let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    NAMED.iter().copied().find(|(known, ..)| *known == plain)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_are_known_in_any_spelling() {
        for name in ["WGS 84", "GRS 1980", "Bessel_1841", "International 1924", "Clarke 1866", "airy"] {
            assert!(named(name).is_some(), "{name}");
        }
        assert!(named("unknown").is_none());
    }
}
