use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use swath_raster::RasterInfo;

use super::summary::DatasetSummary;
use crate::View;
use crate::plan_file::{CogTable, NodataValue, VariableTable};

/// A plan joined with the files it speaks of.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Resolved {
    pub datasets: Vec<ResolvedDataset>,
    /// Files beside the raw ones that no dataset takes.
    pub ignored: Vec<IgnoredFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolvedDataset {
    pub id: String,
    pub summary: DatasetSummary,
    /// By id.
    pub items: Vec<ResolvedItem>,
    /// Item x variable without a file.
    pub holes: Vec<Hole>,
    /// Files that differ from their siblings.
    pub odd: Vec<OddFile>,
    /// What holds for many files at once.
    pub notes: Vec<String>,
    /// Files the plan takes but that cannot be read; the rest is built without them.
    pub unreadable: Vec<UnreadableFile>,
    /// Files, or rasters within files, that match but are left out.
    pub ignored: Vec<IgnoredFile>,
}

/// One tile at one time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolvedItem {
    /// Fit for a folder name and a URL.
    pub id: String,
    pub tile: Option<String>,
    /// The nominal moment; the first one of a span.
    pub datetime: DateTime<Utc>,
    /// First and last moment, where the item stands for more than one.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What names captured beyond tile, date and variable.
    pub fields: BTreeMap<String, String>,
    /// By variable, in the order of the plan, else of the names.
    pub assets: Vec<ResolvedAsset>,
}

/// One file to write: which pixels it takes, and what it is called.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolvedAsset {
    /// The asset's key, and its file's stem.
    pub variable: String,
    pub path: PathBuf,
    /// The raster inside the file: a NetCDF variable; empty where the file has one only.
    pub raster: String,
    /// 0-based bands of that raster, in order.
    pub bands: Vec<usize>,
    /// As many as `bands`.
    pub band_names: Vec<String>,
    /// What the plan says of each band, as many as `bands`.
    pub band_words: Vec<VariableTable>,
    pub title: Option<String>,
    pub unit: Option<String>,
    /// Takes the place of the file's own.
    pub nodata: Option<NodataValue>,
    pub categorical: bool,
    /// Takes the place of the file's own.
    pub crs: Option<String>,
    /// How the raster is taken.
    pub view: View,
    /// The dataset's settings over the plan's.
    pub cog: CogTable,
    /// What the file says of the raster; no part of what is to be done with it.
    #[serde(skip)]
    pub header: Arc<RasterInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hole {
    pub item: String,
    pub tile: Option<String>,
    pub variable: String,
}

/// A file that differs from its siblings: `nodata is none; its siblings have -9999`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OddFile {
    pub path: String,
    pub variable: String,
    /// `crs`, `type`, `nodata`, `bands`, `pixel size`, `grid`.
    pub what: &'static str,
    pub found: String,
    pub usual: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadableFile {
    pub path: PathBuf,
    /// The reader's own words, which name the file.
    pub error: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredFile {
    pub path: String,
    pub reason: String,
}
