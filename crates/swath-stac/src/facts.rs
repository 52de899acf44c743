//! What a builder knows of its data, as plain values: the input of [`crate::item::build`] and [`crate::collection::build`].

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::json::Object;

/// One item: a piece of a map at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemFacts {
    pub id: String,
    /// The id of its dataset.
    pub collection: Option<String>,
    pub title: Option<String>,
    /// Outer ring of the footprint in longitude, latitude (WGS84), longitudes continuous across the antimeridian; the last point may
    /// repeat the first. A ring around a pole ends 360 degrees from where it began. `None` where the assets have no CRS.
    pub ring: Option<Vec<(f64, f64)>>,
    pub time: Time,
    /// Further properties, in the order to be written: `gsd`, `platform`, fields of the file name.
    pub properties: Object,
    pub assets: Vec<AssetFacts>,
}

/// When an item was; a nominal instant and a period may both be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Time {
    pub datetime: Option<DateTime<Utc>>,
    /// First and last instant, both inclusive.
    pub period: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Time {
    pub fn at(datetime: DateTime<Utc>) -> Self {
        Self { datetime: Some(datetime), period: None }
    }
    pub fn between(start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self { datetime: None, period: Some((start, end)) }
    }
}

/// One file of an item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetFacts {
    pub key: String,
    /// The file's name beside the item: `b1.tif`.
    pub href: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// `data` when empty.
    pub roles: Vec<String>,
    /// A cloud-optimized GeoTIFF when `None`.
    pub media_type: Option<String>,
    pub grid: GridFacts,
    /// In the order of the file.
    pub bands: Vec<BandFacts>,
    /// Bytes.
    pub size: Option<u64>,
    pub sha256: Option<[u8; 32]>,
    /// Bytes a reader needs to know the file's structure.
    pub header_size: Option<u64>,
    /// In metres; `None` where the grid is not in metres.
    pub spatial_resolution: Option<f64>,
}

/// How a file's pixels lie on the ground.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GridFacts {
    /// `EPSG:32618`; `None` where no code says it.
    pub code: Option<String>,
    /// Written only when there is no code.
    pub wkt2: Option<String>,
    /// Written only when there is no code.
    pub projjson: Option<Value>,
    /// Row-major: `x = a*col + b*row + c`, `y = d*col + e*row + f`.
    pub transform: Option<[f64; 6]>,
    /// Rows, then columns.
    pub shape: Option<[u64; 2]>,
    /// West, south, east, north in the grid's own CRS.
    pub bbox: Option<[f64; 4]>,
}

impl GridFacts {
    pub fn has_crs(&self) -> bool {
        self.code.is_some() || self.wkt2.is_some() || self.projjson.is_some()
    }
}

/// One band of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BandFacts {
    pub name: Option<String>,
    pub description: Option<String>,
    /// STAC's word for the machine type: `uint16`, `float32`, `cfloat64`.
    pub data_type: Option<String>,
    pub nodata: Option<Nodata>,
    /// UCUM.
    pub unit: Option<String>,
    /// Only where a reader must apply it.
    pub scale: Option<f64>,
    pub offset: Option<f64>,
    pub statistics: Option<Statistics>,
    pub classes: Vec<Class>,
    /// Fields of the eo extension, `eo:common_name` and so on; only for spectral bands.
    pub eo: Object,
}

/// The value that means 'nothing here', exact for 64-bit integers too.
#[derive(Debug, Clone, Copy)]
pub enum Nodata {
    Int(i64),
    Uint(u64),
    Float(f64),
}

impl PartialEq for Nodata {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (a, b) => a.as_f64() == b.as_f64() || (a.as_f64().is_nan() && b.as_f64().is_nan()),
        }
    }
}

impl Nodata {
    /// As JSON: a number, or one of the strings `nan`, `inf`, `-inf` (STAC 1.1.0, common metadata, `nodata`).
    ///
    /// ```
    /// # use swath_stac::facts::Nodata;
    /// assert_eq!(Nodata::Float(f64::NAN).to_json(), "nan");
    /// assert_eq!(Nodata::Float(-9999.0).to_json(), -9999);
    /// assert_eq!(Nodata::from_json(&"-inf".into()), Some(Nodata::Float(f64::NEG_INFINITY)));
    /// ```
    pub fn to_json(self) -> Value {
        match self {
            Self::Int(v) => v.into(),
            Self::Uint(v) => v.into(),
            Self::Float(v) if v.is_nan() => "nan".into(),
            Self::Float(v) if v.is_infinite() => if v > 0.0 { "inf" } else { "-inf" }.into(),
            Self::Float(v) if v.fract() == 0.0 && v.abs() < 9e15 => (v as i64).into(),
            Self::Float(v) => v.into(),
        }
    }

    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(n) => n.as_i64().map(Self::Int).or_else(|| n.as_u64().map(Self::Uint)).or_else(|| n.as_f64().map(Self::Float)),
            Value::String(s) => match s.as_str() {
                "nan" => Some(Self::Float(f64::NAN)),
                "inf" => Some(Self::Float(f64::INFINITY)),
                "-inf" => Some(Self::Float(f64::NEG_INFINITY)),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(v) => v as f64,
            Self::Uint(v) => v as f64,
            Self::Float(v) => v,
        }
    }
}

/// What the pixels of one band amount to; values that are not finite are not written.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Statistics {
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub mean: Option<f64>,
    pub stddev: Option<f64>,
    /// Valid pixels.
    pub count: Option<u64>,
    /// 0 to 100.
    pub valid_percent: Option<f64>,
}

/// One class of a categorical band.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Class {
    pub value: i64,
    /// Letters, digits, `-` and `_`.
    pub name: Option<String>,
    pub description: String,
    /// `RRGGBB`.
    pub color_hint: Option<String>,
}

/// A dataset, or the root of the catalog.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CollectionFacts {
    pub id: String,
    pub title: Option<String>,
    pub description: String,
    /// An SPDX identifier or expression, or `other` together with `license_url`.
    pub license: String,
    pub license_url: Option<String>,
    pub keywords: Vec<String>,
    pub providers: Vec<Provider>,
    pub source: Option<Source>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provider {
    pub name: String,
    pub description: Option<String>,
    /// `licensor`, `producer`, `processor`, `host`.
    pub roles: Vec<String>,
    pub url: Option<String>,
}

/// Where the raw files came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    pub url: Option<String>,
    /// `2024-03-01`.
    pub accessed: Option<String>,
    pub citation: Option<String>,
}
