use super::GeoKeys;
use super::directory::{CITATION, Directory, GEODETIC_CRS, LINEAR_UNITS, MODEL_TYPE, PROJECTED_CRS, RASTER_TYPE};
use crate::crs::Crs;

pub(super) fn keys(crs: &Crs, pixel_is_point: bool) -> GeoKeys {
    let mut keys = Directory::default();
    keys.set_short(MODEL_TYPE, if crs.is_geographic() { 2 } else { 1 });
    keys.set_short(RASTER_TYPE, if pixel_is_point { 2 } else { 1 });
    keys.set_text(CITATION, crs.name());
    let code = crs.code().and_then(|code| code.strip_prefix("EPSG:")).and_then(|code| code.parse().ok());
    if let Some(code) = code {
        keys.set_short(if crs.is_geographic() { GEODETIC_CRS } else { PROJECTED_CRS }, code);
        if !crs.is_geographic() {
            keys.set_short(LINEAR_UNITS, 9001);
        }
    }
    keys.tags()
}
