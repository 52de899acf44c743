use serde::{Deserialize, Serialize};
use swath_raster::crs::Crs;
use swath_raster::warp::Method;
use swath_raster::{Bounds, Grid};

use super::reduce::{Over, Reduce};

/// What array is wanted. The default is everything, on the data's own grid, unchanged.
#[derive(Debug, Clone, Default)]
pub struct StackRequest {
    /// Asset keys, band names, or `asset:band`; empty for every raster asset.
    pub assets: Vec<String>,
    /// West, south, east, north in degrees: the data is cut to it.
    pub bbox: Option<Bounds>,
    /// The frame in units of the target's CRS, filled whether there is data or not.
    pub bounds: Option<Bounds>,
    pub crs: Option<Crs>,
    /// Pixel width and height in units of the CRS.
    pub resolution: Option<(f64, f64)>,
    /// The grid of the array, to the pixel; then `crs`, `resolution`, `bounds` and `bbox` are not looked at.
    pub grid: Option<Grid>,
    pub resampling: Method,
    pub groupby: GroupBy,
    /// The items of each time step, by their places among the items, in the order in which they fill it: in the stead of `groupby`.
    /// These stay steps even where no file of them meets the grid.
    pub steps: Option<Vec<Vec<usize>>>,
    pub order: Order,
    pub reduce: Reduce,
    /// Which time steps a reduction makes one of.
    pub over: Over,
    pub errors: OnError,
    pub values: Values,
    /// Bytes that the array may take; `None` for no limit.
    pub limit_bytes: Option<u64>,
}

/// Which items share a time step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// The same instant.
    #[default]
    Time,
    /// The same day by the sun: the instant moved by whole hours of longitude.
    SolarDay,
    /// Every item is a step of its own.
    None,
}

/// Which item of a time step lies on top: of two valid pixels its own stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By datetime, then id.
    #[default]
    Oldest,
    /// By datetime from the last on, then id.
    Newest,
    /// In the order in which the items were given, as a search sorted them.
    First,
    /// In that order from its end on: each item over those before it.
    Last,
}

impl Order {
    /// In words, after `order`.
    pub const fn said(self) -> &'static str {
        match self {
            Self::Oldest => "in each step by datetime, then id: of two valid pixels the first stays",
            Self::Newest => "in each step by datetime from the last on, then id: of two valid pixels the newest stays",
            Self::First => "in each step as the items were given: of two valid pixels the first stays",
            Self::Last => "in each step as the items were given: of two valid pixels the last stays",
        }
    }
}

/// What a missing or damaged asset does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The first one ends the run.
    #[default]
    Raise,
    /// Its pixels stay empty; it is counted and named.
    Nodata,
}

/// Which values the array holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Values {
    /// As stored.
    #[default]
    Stored,
    /// `stored * scale + offset` as floating point, NaN where there is no data.
    Rescaled,
}

macro_rules! named {
    ($type:ident { $($variant:ident $name:literal),* $(,)? }) => {
        impl $type {
            pub const NAMES: &'static [&'static str] = &[$($name),*];
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
named!(GroupBy { Time "time", SolarDay "solar_day", None "none" });
named!(Order { Oldest "oldest", Newest "newest", First "first", Last "last" });
named!(OnError { Raise "raise", Nodata "nodata" });
