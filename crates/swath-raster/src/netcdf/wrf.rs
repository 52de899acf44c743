use netcdf_reader::NcAttrValue;

use super::file::File;
use crate::Result;
use crate::crs::{Base, Conversion, Crs, Ellipsoid, Geographic, Unit, method};

/// The sphere of WRF, in metres.
const RADIUS: f64 = 6_370_000.0;

/// The CRS that a file of the Weather Research and Forecasting model tells by its own global attributes (WRF user's guide, output format).
pub(super) fn crs(file: &File) -> Option<Result<Crs>> {
    let number = |name: &str| file.attributes.get(name).and_then(NcAttrValue::as_f64);
    let kind = number("MAP_PROJ")?;
    let (first, second) = (number("TRUELAT1")?, number("TRUELAT2").unwrap_or(0.0));
    let meridian = number("STAND_LON")?;
    let centre = number("MOAD_CEN_LAT").or_else(|| number("CEN_LAT"))?;
    let sphere = Geographic {
        name: "WRF sphere".to_owned(),
        datum: "WRF sphere".to_owned(),
        ellipsoid: Ellipsoid { name: "Sphere".to_owned(), semi_major: RADIUS, inverse_flattening: 0.0 },
        prime_meridian: "Greenwich".to_owned(),
        prime_meridian_longitude: 0.0,
        unit: Unit::degree(),
    };
    let conversion = match kind as i64 {
        1 => Conversion::new(method::LAMBERT_CONIC_2SP).with(method::PARALLEL_1, first).with(method::PARALLEL_2, second),
        2 => Conversion::new(method::POLAR_STEREOGRAPHIC_B).with(method::POLAR_PARALLEL, first).with(method::POLAR_LONGITUDE, meridian),
        3 => Conversion::new(method::MERCATOR_B).with(method::PARALLEL_1, first).with(method::LONGITUDE, meridian),
        6 if number("POLE_LAT").is_none_or(|latitude| latitude == 90.0) => return Some(sphere.crs()),
        _ => return None,
    };
    let conversion = match kind as i64 {
        1 => conversion.with(method::FALSE_LATITUDE, centre).with(method::FALSE_LONGITUDE, meridian),
        _ => conversion,
    };
    Some(conversion.crs("WRF", &Base::Own(sphere), &Unit::metre()))
}
