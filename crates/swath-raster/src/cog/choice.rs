use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Nodata;

/// How many overviews: `"auto"`, `"none"` or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overviews {
    /// Until the smallest fits in one block.
    Auto,
    None,
    Count(u8),
}

/// The value that means 'nothing here' in what is written: `"keep"`, `"none"`, or a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NodataChoice {
    /// The source's.
    Keep,
    /// None, whatever the source says.
    Remove,
    /// This one, whatever the source says.
    Set(Nodata),
}

/// Whether the file has a mask of the whole dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskChoice {
    /// Where the source has one.
    Keep,
    /// Always: from the source's mask, its alpha band or its nodata. The alpha band and the nodata value are then not written.
    Add,
    /// Never.
    Drop,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Uint(u64),
    Int(i64),
    Float(f64),
    Text(String),
}

impl Serialize for Overviews {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => to.serialize_str("auto"),
            Self::None => to.serialize_str("none"),
            Self::Count(n) => to.serialize_u8(*n),
        }
    }
}

impl<'de> Deserialize<'de> for Overviews {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Word::deserialize(from)? {
            Word::Text(t) if t == "auto" => Ok(Self::Auto),
            Word::Text(t) if t == "none" => Ok(Self::None),
            Word::Uint(n) if n <= 31 => Ok(Self::Count(n as u8)),
            _ => Err(D::Error::custom("overviews is `auto`, `none` or a number up to 31")),
        }
    }
}

impl Serialize for NodataChoice {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep => to.serialize_str("keep"),
            Self::Remove => to.serialize_str("none"),
            Self::Set(Nodata::Int(v)) => to.serialize_i64(*v),
            Self::Set(Nodata::Uint(v)) => to.serialize_u64(*v),
            Self::Set(Nodata::Float(v)) if v.is_finite() => to.serialize_f64(*v),
            Self::Set(v) => to.serialize_str(&v.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for NodataChoice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Word::deserialize(from)? {
            Word::Uint(v) => Ok(Self::Set(Nodata::Uint(v))),
            Word::Int(v) => Ok(Self::Set(Nodata::Int(v))),
            Word::Float(v) => Ok(Self::Set(Nodata::Float(v))),
            Word::Text(t) if t == "keep" => Ok(Self::Keep),
            Word::Text(t) if t == "none" => Ok(Self::Remove),
            Word::Text(t) => match t.parse() {
                Ok(v) => Ok(Self::Set(Nodata::Float(v))),
                Err(_) => Err(D::Error::custom("nodata is `keep`, `none`, `nan` or a number")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cog::CogOptions;

    #[test]
    fn options_survive_json() {
        for nodata in
            [NodataChoice::Keep, NodataChoice::Remove, NodataChoice::Set(Nodata::Int(-9999)), NodataChoice::Set(Nodata::Float(f64::NAN))]
        {
            for overviews in [Overviews::Auto, Overviews::None, Overviews::Count(3)] {
                let options = CogOptions { nodata, overviews, ..CogOptions::default() };
                let text = serde_json::to_string(&options).unwrap();
                assert_eq!(serde_json::from_str::<CogOptions>(&text).unwrap(), options, "{text}");
            }
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_str::<CogOptions>(r#"{"compres": "zstd"}"#).is_err());
    }
}
