use super::directory::{Directory, GEODETIC_CRS, PROJECTED_CRS, VERTICAL};
use crate::crs::Crs;
use crate::{Error, Result};

pub(super) fn crs(keys: &Directory) -> Result<Option<Crs>> {
    if keys.is_empty() {
        return Ok(None);
    }
    let Some(code) = keys.code(PROJECTED_CRS).or_else(|| keys.code(GEODETIC_CRS)) else {
        return Err(Error::unsupported("geo keys", "a user-defined CRS", ""));
    };
    match keys.code(VERTICAL) {
        Some(vertical) => Crs::parse(&format!("EPSG:{code}+{vertical}")),
        None => Crs::parse(&format!("EPSG:{code}")),
    }
    .map(Some)
}
