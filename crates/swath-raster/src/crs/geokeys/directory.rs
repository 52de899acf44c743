use std::collections::BTreeMap;

use super::GeoKeys;
use crate::{Error, Result};

/// The number of a key (OGC 19-008r4, annex B).
pub(super) type Key = u16;

pub(super) const MODEL_TYPE: Key = 1024;
pub(super) const RASTER_TYPE: Key = 1025;
pub(super) const CITATION: Key = 1026;
pub(super) const GEODETIC_CRS: Key = 2048;
pub(super) const GEODETIC_CITATION: Key = 2049;
pub(super) const DATUM: Key = 2050;
pub(super) const PRIME_MERIDIAN: Key = 2051;
pub(super) const ANGULAR_UNITS: Key = 2054;
pub(super) const ANGULAR_UNIT_SIZE: Key = 2055;
pub(super) const ELLIPSOID: Key = 2056;
pub(super) const SEMI_MAJOR: Key = 2057;
pub(super) const SEMI_MINOR: Key = 2058;
pub(super) const INVERSE_FLATTENING: Key = 2059;
pub(super) const PRIME_MERIDIAN_LONGITUDE: Key = 2061;
pub(super) const TO_WGS84: Key = 2062;
pub(super) const PROJECTED_CRS: Key = 3072;
pub(super) const PROJECTED_CITATION: Key = 3073;
pub(super) const PROJECTION: Key = 3074;
pub(super) const METHOD: Key = 3075;
pub(super) const LINEAR_UNITS: Key = 3076;
pub(super) const LINEAR_UNIT_SIZE: Key = 3077;
pub(super) const VERTICAL: Key = 4096;
pub(super) const VERTICAL_UNITS: Key = 4099;

/// The code that says 'described by the other keys'.
pub(super) const USER_DEFINED: u16 = 32767;

const DOUBLES: u16 = 34736;
const ASCII: u16 = 34737;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Short(u16),
    Doubles(Vec<f64>),
    Text(String),
}

/// Keys and their values, whichever tag they lie in.
#[derive(Debug, Default)]
pub(super) struct Directory(BTreeMap<Key, Value>);

impl Directory {
    /// # Errors
    /// Damaged where a key points outside the tag that is to hold it. A directory cut short gives the keys it has.
    pub fn parse(keys: &GeoKeys) -> Result<Self> {
        let mut found = BTreeMap::new();
        for entry in keys.directory.get(4..).unwrap_or_default().chunks_exact(4) {
            let &[key, location, count, offset] = entry else { continue };
            let (start, end) = (usize::from(offset), usize::from(offset) + usize::from(count));
            let outside = || Error::damaged(format!("geo key {key}"), format!("its value reaches to {end}"), "past the end of its tag");
            let value = match location {
                0 => Value::Short(offset),
                DOUBLES => Value::Doubles(keys.doubles.get(start..end).ok_or_else(outside)?.to_vec()),
                ASCII => Value::Text(text(&keys.ascii, start, end).ok_or_else(outside)?),
                // A short may also lie further on in the directory itself.
                34735 => Value::Short(*keys.directory.get(start).ok_or_else(outside)?),
                _ => continue,
            };
            found.insert(key, value);
        }
        Ok(Self(found))
    }
    pub fn short(&self, key: Key) -> Option<u16> {
        match self.0.get(&key)? {
            Value::Short(value) => Some(*value),
            _ => None,
        }
    }
    /// A code that says something: neither 0 (undefined) nor 32767 (user-defined).
    pub fn code(&self, key: Key) -> Option<u16> {
        self.short(key).filter(|code| *code != 0 && *code != USER_DEFINED)
    }
    /// A finite number; some writers put whole ones into the directory itself.
    pub fn number(&self, key: Key) -> Option<f64> {
        self.numbers(key).first().copied().or_else(|| self.short(key).map(f64::from)).filter(|value| value.is_finite())
    }
    pub fn numbers(&self, key: Key) -> &[f64] {
        match self.0.get(&key) {
            Some(Value::Doubles(values)) => values,
            _ => &[],
        }
    }
    pub fn text(&self, key: Key) -> Option<&str> {
        match self.0.get(&key)? {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
    pub fn set(&mut self, key: Key, value: Value) {
        self.0.insert(key, value);
    }
    pub fn set_short(&mut self, key: Key, value: u16) {
        self.set(key, Value::Short(value));
    }
    pub fn set_number(&mut self, key: Key, value: f64) {
        self.set(key, Value::Doubles(vec![value]));
    }
    pub fn set_text(&mut self, key: Key, value: impl Into<String>) {
        self.set(key, Value::Text(value.into()));
    }
    /// The three tags, keys in rising order as clause 7.1.2 asks.
    pub fn tags(&self) -> GeoKeys {
        // Readers look for heights from GeoTIFF 1.1 on.
        let minor = u16::from(self.0.contains_key(&VERTICAL));
        let mut out = GeoKeys { directory: vec![1, 1, minor, 0], ..GeoKeys::default() };
        for (key, value) in &self.0 {
            let (location, count, offset) = match value {
                Value::Short(value) => (0, 1, usize::from(*value)),
                Value::Doubles(values) => {
                    out.doubles.extend(values);
                    (DOUBLES, values.len(), out.doubles.len() - values.len())
                }
                Value::Text(text) => {
                    // The tag is ASCII and ends each value with a bar.
                    let text: String = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
                    let start = out.ascii.len();
                    out.ascii.push_str(&text);
                    out.ascii.push('|');
                    (ASCII, text.len() + 1, start)
                }
            };
            let (Ok(count), Ok(offset)) = (u16::try_from(count), u16::try_from(offset)) else { continue };
            out.directory.extend([*key, location, count, offset]);
            out.directory[3] += 1;
        }
        out
    }
}

/// Bytes `start..end` of the ASCII tag without the closing bar; the last value may miss it.
fn text(ascii: &str, start: usize, end: usize) -> Option<String> {
    let bytes = ascii.as_bytes();
    let bytes = bytes.get(start..end.min(bytes.len()))?;
    let text = String::from_utf8_lossy(bytes);
    Some(text.trim_end_matches(['|', '\0', ' ']).to_owned())
}
