//! Nodata as text in JSON: exact for 64-bit integers, and NaN has a name.

use serde::{Deserialize, Deserializer, Serializer};
use swath_raster::Nodata;

pub fn serialize<S: Serializer>(value: &Option<Nodata>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(nodata) => serializer.serialize_str(&nodata.to_string()),
        None => serializer.serialize_none(),
    }
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Nodata>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let whole = text.parse().map(Nodata::Int).or_else(|_| text.parse().map(Nodata::Uint));
    whole
        .or_else(|_| text.parse().map(Nodata::Float))
        .map(Some)
        .map_err(|_| serde::de::Error::custom(format!("nodata {text:?} is no number")))
}
