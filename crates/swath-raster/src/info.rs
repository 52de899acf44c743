use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::crs::Crs;
use crate::{Grid, Nodata, SampleType, Shape};

/// What a reader says of one raster before any pixel is read.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterInfo {
    /// The NetCDF variable or the TIFF page; empty for a file's only raster.
    pub name: String,
    pub format: Format,
    /// Without a georeference the transform is the identity and `georeference` says so.
    pub grid: Grid,
    pub georeference: Georeference,
    pub sample: SampleType,
    pub bands: Vec<BandInfo>,
    pub block: Shape,
    /// In the words of a plan: `none`, `lzw`, `deflate`, `zstd`, `jpeg`, ...
    pub compression: String,
    pub interleave: Interleave,
    /// Finest first.
    pub overviews: Vec<Shape>,
    pub mask: MaskKind,
    /// TIFF: the raster counts its samples at pixel centres (PixelIsPoint). The transform is always that of corners.
    pub pixel_is_point: bool,
    pub metadata: BTreeMap<String, String>,
    /// Further metadata, by GDAL's name of its domain: `RPC` has the rational polynomial coefficients, by GDAL's names of them.
    pub domains: Domains,
}

/// Items by the name of their domain.
pub type Domains = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct BandInfo {
    pub name: Option<String>,
    pub unit: Option<String>,
    pub scale: Option<f64>,
    pub offset: Option<f64>,
    /// The float type that samples have once scale and offset are applied, where the file says.
    pub unscaled: Option<SampleType>,
    pub nodata: Option<Nodata>,
    pub color: ColorInterp,
    /// RGBA for each value, where the band has a palette.
    pub palette: Option<Vec<[u8; 4]>>,
    /// Class names by value; empty where there are none.
    pub categories: Vec<String>,
    /// When the band was seen, for a NetCDF time axis.
    pub time: Option<TimeStep>,
    pub metadata: BTreeMap<String, String>,
    pub domains: Domains,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorInterp {
    #[default]
    Undefined,
    Gray,
    Palette,
    Red,
    Green,
    Blue,
    Alpha,
    Cyan,
    Magenta,
    Yellow,
    Black,
    /// Any other that GDAL has, by its name: `NIR`, `Coastal`, ...
    Other(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Tiff,
    NetCdf,
}

impl Format {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiff => "GeoTIFF",
            Self::NetCdf => "NetCDF",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interleave {
    Pixel,
    Band,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskKind {
    AllValid,
    Nodata,
    /// A mask of the whole dataset, inside the file or beside it (`.msk`).
    PerDataset,
    Alpha,
}

/// How pixels are tied to the ground.
#[derive(Debug, Clone, PartialEq)]
pub enum Georeference {
    None,
    Affine,
    /// Ground control points: col, row, x, y, z.
    Gcps(Vec<[f64; 5]>),
    /// Two-dimensional coordinate arrays, named.
    Curvilinear {
        x: String,
        y: String,
    },
    /// One-dimensional but uneven axes, named.
    Uneven {
        axis: String,
    },
}

/// Points that tie a raster to the ground: column, row, x, y, z; of pixel centres, columns and rows counted from the corner.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlPoints {
    pub crs: Crs,
    pub points: Vec<[f64; 5]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    Standard,
    ProlepticGregorian,
    Julian,
    NoLeap,
    AllLeap,
    Day360,
}

/// One step of a time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeStep {
    pub calendar: Calendar,
    /// ISO 8601 in the file's own calendar: `2005-02-30T00:00:00`.
    pub label: String,
    /// The same instant where the common calendar has such a day, else the nearest earlier day that it has.
    pub instant: Option<DateTime<Utc>>,
    /// From the bounds variable.
    pub bounds: Option<(DateTime<Utc>, DateTime<Utc>)>,
}
