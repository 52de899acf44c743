use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use swath_raster::{Format, RasterInfo};

use super::columns::Sample;
use super::draft::{Draft, When};
use super::facts::Facts;
use super::roles::{Naming, Role};
use super::{identify, settle, values};
use crate::lattice::{Header, IgnoredFile, UnreadableFile, copy_of, fit, list, natural, open_headers, tiff_datetime, why_no_raster};
use crate::plan_file::Stamp;
use crate::stop::stopped;
use crate::{Error, Family, Result, Stop};

/// What a folder of raw files was understood to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inference {
    pub dir: PathBuf,
    pub datasets: Vec<InferredDataset>,
    /// Files that are no rasters, or that are passed over, and why.
    pub ignored: Vec<IgnoredFile>,
    /// Rasters that cannot be opened.
    pub unreadable: Vec<UnreadableFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InferredDataset {
    pub id: String,
    /// Relative to the folder read; one per ending.
    pub patterns: Vec<String>,
    pub datetime: DateSource,
    pub item_id: String,
    pub variables: Vec<InferredVariable>,
    /// Names of the bands, for multi-band files.
    pub bands: Vec<String>,
    pub files: usize,
    pub items: usize,
    pub tiles: Vec<String>,
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    pub crs: Vec<String>,
    pub notes: Vec<String>,
    /// Keys that a person may want, as lines of the plan.
    pub offers: Vec<&'static str>,
    /// Time axes inside the files make the items.
    pub has_time_axis: bool,
    pub title: Option<String>,
}

/// Where the dates of a dataset's items come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateSource {
    Name,
    NameInterval,
    TimeAxis,
    /// TIFF's DateTime tag, in all files.
    Header,
    /// Nowhere: a person must say.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InferredVariable {
    pub name: String,
    pub title: Option<String>,
    pub unit: Option<String>,
    pub types: Vec<String>,
    /// Columns x rows, each that occurs.
    pub sizes: Vec<String>,
    pub nodata: NodataFinding,
    /// Value and name of each class that headers name.
    pub classes: Vec<(i64, String)>,
    pub why_categorical: Option<String>,
}

/// What was found out about the value that means 'nothing here'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodataFinding {
    /// All files have this tag.
    Tag(String),
    Differs(Vec<String>),
    /// A mask or an alpha band says it.
    Masked,
    /// No tag, but plain to see.
    Proposed {
        value: String,
        reason: String,
    },
    /// No tag, and doubtful.
    Suspected {
        value: String,
        reason: String,
    },
    None(String),
}

/// Reads names and headers below `dir` and works out its datasets. Nothing is written.
///
/// # Errors
/// Absent where there is no such folder or no raster in it that can be read, with the reasons.
pub fn infer(dir: &Path) -> Result<Inference> {
    infer_until(dir, &Stop::default())
}

/// As [`infer`], until somebody says stop.
///
/// # Errors
/// As [`infer`]; Misuse once it was stopped.
pub fn infer_until(dir: &Path, stop: &Stop) -> Result<Inference> {
    if dir.is_file() {
        return Err(Error::misuse(dir.display().to_string(), "is a file", "the folder that holds the raw files is expected"));
    }
    let (found, mut ignored) = list(dir)?;
    let names: BTreeSet<String> = found.iter().map(|f| f.rel.clone()).collect();
    let mut rasters = Vec::new();
    for found in found {
        let copy = copy_of(&found.rel, |r| names.contains(r)).map(|original| format!("by its name a copy of {original}"));
        match copy.or_else(|| why_no_raster(&found)) {
            Some(reason) => ignored.push(IgnoredFile { path: found.rel, reason }),
            None => rasters.push(found),
        }
    }
    let headers = open_headers(rasters, stop);
    if stop.is_told() {
        return Err(stopped(&dir.display().to_string()));
    }
    let mut unreadable = Vec::new();
    let mut samples = Vec::new();
    let mut by_rel: BTreeMap<&str, (&Path, &[Arc<RasterInfo>])> = BTreeMap::new();
    for Header { found, rasters } in &headers {
        match rasters {
            Ok(infos) => {
                let plain: Vec<&RasterInfo> = infos.iter().map(Arc::as_ref).collect();
                samples.push(Sample { rel: found.rel.clone(), facts: Facts::of(&plain) });
                by_rel.insert(&found.rel, (&found.path, infos));
            }
            Err(e) => unreadable.push(UnreadableFile { path: found.path.clone(), error: e.to_string() }),
        }
    }
    if samples.is_empty() {
        return Err(nothing(dir, &ignored, &unreadable));
    }
    let drafts = settle::drafts(&samples);
    let ids = identify::ids(&drafts, dir);
    let datasets = drafts.iter().zip(ids).map(|(draft, id)| dataset(draft, id, &by_rel)).collect();
    Ok(Inference { dir: dir.to_path_buf(), datasets, ignored, unreadable })
}

fn nothing(dir: &Path, ignored: &[IgnoredFile], unreadable: &[UnreadableFile]) -> Error {
    let why = match (unreadable.first(), ignored.iter().find(|i| !i.reason.starts_with("hidden"))) {
        (Some(file), _) => file.error.clone(),
        (None, Some(file)) => format!("{}: {}", file.path, file.reason),
        (None, None) => "it is empty".to_owned(),
    };
    let found = format!("no raster that can be read; {} files were looked at, the first: {why}", ignored.len() + unreadable.len());
    Error::new(Family::Absent, dir.display().to_string(), found, "GeoTIFF or NetCDF files are expected")
}

fn dataset(draft: &Draft<'_>, id: String, by_rel: &BTreeMap<&str, (&Path, &[Arc<RasterInfo>])>) -> InferredDataset {
    let opened: Vec<values::Opened<'_>> = draft.members.iter().filter_map(|m| by_rel.get(m.sample.rel.as_str()).copied()).collect();
    let infos = || opened.iter().flat_map(|(_, infos)| infos.iter().map(Arc::as_ref));
    let (bands, mut notes) = band_names(draft, &opened);
    let header_dates = opened.iter().all(|(_, infos)| infos.first().and_then(|i| tiff_datetime(i)).is_some());
    let datetime = match draft.dates {
        When::Captured => DateSource::Name,
        When::Between => DateSource::NameInterval,
        When::Axis => DateSource::TimeAxis,
        When::Unknown if header_dates => DateSource::Header,
        When::Unknown => DateSource::Unknown,
    };
    let has_time_axis = draft.dates == When::Axis;
    let (first, last) = range(draft, infos().collect());
    let keys: BTreeSet<(&[String], &str)> = draft.members.iter().map(|m| (m.key.as_slice(), m.date.as_str())).collect();
    let steps: BTreeSet<(&[String], &str)> = draft
        .members
        .iter()
        .zip(&opened)
        .flat_map(|(m, (_, infos))| {
            infos.iter().flat_map(|i| &i.bands).filter_map(|b| Some((m.key.as_slice(), b.time.as_ref()?.label.as_str())))
        })
        .collect();
    let tile_at = draft.identity.iter().position(|n| n == "tile");
    let mut tiles: Vec<String> =
        tile_at.map_or_else(Vec::new, |t| draft.members.iter().map(|m| m.key[t].clone()).collect::<BTreeSet<_>>().into_iter().collect());
    tiles.sort_by_key(|t| natural(t));
    notes.extend(misfits(draft));
    notes.extend(doubtful_order(draft));
    let offers = crate::lattice::offers(&infos().collect::<Vec<_>>());
    InferredDataset {
        patterns: draft.patterns(),
        item_id: item_id(draft, &id),
        datetime,
        variables: values::of(draft, &opened, &bands),
        bands,
        files: draft.members.len(),
        items: if has_time_axis { steps.len() } else { keys.len() },
        tiles,
        first,
        last,
        crs: infos().map(crate::lattice::crs_label).collect::<BTreeSet<_>>().into_iter().collect(),
        notes,
        offers,
        has_time_axis,
        title: infos().next().filter(|i| i.format == Format::NetCdf).and_then(|i| i.metadata.get("title").cloned()),
        id,
    }
}

fn misfits(draft: &Draft<'_>) -> Option<String> {
    (!draft.reads_its_files())
        .then(|| "the pattern does not read all of these names as they seem to be meant: look at `swath plan`".to_owned())
}

/// `05-03-2021` is a day of March to most people, and of May to some.
fn doubtful_order(draft: &Draft<'_>) -> Option<String> {
    let formats =
        draft.pieces.iter().filter_map(|p| if let Role::Date { format, .. } = &p.role { Some(format.replace('-', "")) } else { None });
    let is_month_too = |date: &str| date.get(6..8).is_some_and(|day| day <= "12");
    if !formats.collect::<String>().contains("%d%m") || !draft.members.iter().all(|m| is_month_too(&m.date)) {
        return None;
    }
    let first = draft.members.first()?;
    let date = format!("{}-{}-{}", first.date.get(..4)?, first.date.get(4..6)?, first.date.get(6..8)?);
    Some(format!("dates are read day first, {} as {date}; where the month comes first, swap %d and %m in `files`", first.sample.rel))
}

/// Names of bands where files have several, the same in all.
fn band_names(draft: &Draft<'_>, opened: &[values::Opened<'_>]) -> (Vec<String>, Vec<String>) {
    let counts: BTreeSet<usize> = opened.iter().filter_map(|(_, infos)| infos.first()).map(|i| i.bands.len()).collect();
    if draft.naming == Naming::Rasters || draft.dates == When::Axis || counts.iter().all(|n| *n < 2) {
        return (Vec::new(), Vec::new());
    }
    if counts.len() > 1 {
        let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
        return (Vec::new(), vec![format!("files differ in their count of bands: {}", counts.join(", "))]);
    }
    let Some(info) = opened.iter().find_map(|(_, infos)| infos.first()) else { return (Vec::new(), Vec::new()) };
    let name = |i: usize| info.bands[i].name.as_deref().filter(|n| !n.trim().is_empty()).map_or_else(|| format!("b{}", i + 1), fit);
    let names: Vec<String> = (0..info.bands.len()).map(name).collect();
    let twice = (1..names.len()).any(|i| names[..i].contains(&names[i]));
    (if twice { (1..=names.len()).map(|i| format!("b{i}")).collect() } else { names }, Vec::new())
}

fn range(draft: &Draft<'_>, infos: Vec<&RasterInfo>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    if draft.dates == When::Axis {
        let instants = || infos.iter().flat_map(|i| &i.bands).filter_map(|b| b.time.as_ref()?.instant);
        return (instants().min(), instants().max());
    }
    let stamp = |text: &str| {
        let text = if text.len() >= 6 {
            format!("{}-{}{}", &text[..4], &text[4..6], if text.len() >= 8 { format!("-{}", &text[6..8]) } else { String::new() })
        } else {
            text.to_owned()
        };
        Stamp::parse(&text)
    };
    let parts: Vec<(Stamp, Stamp)> = draft
        .members
        .iter()
        .filter_map(|m| {
            let (a, b) = m.date.split_once('_').unwrap_or((m.date.as_str(), m.date.as_str()));
            Some((stamp(a)?, stamp(b)?))
        })
        .collect();
    (parts.iter().map(|p| p.0.first()).min(), parts.iter().map(|p| p.1.last()).max())
}

/// `{tile}_{date}`, with a word in front where these alone would not say what it is.
fn item_id(draft: &Draft<'_>, id: &str) -> String {
    let mut parts: Vec<String> = draft.identity.iter().map(|n| format!("{{{n}}}")).collect();
    if parts.is_empty() {
        parts.push(id.to_owned());
    }
    if draft.dates != When::Unknown {
        parts.push("{date}".to_owned());
    }
    parts.join("_")
}
