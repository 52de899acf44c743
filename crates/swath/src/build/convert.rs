//! One raw raster to one COG.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use swath_raster::cog::{self, CogReport};
use swath_raster::{BandInfo, Nodata, RasterInfo, RasterSource, crs::Crs};

use super::Facts;
use super::described::Described;
use super::jobs::Job;
use super::memory::{Entry, hex};
use super::options::{lay, options};
use super::output::{Pending, Scratch};
use crate::checksums::Stamp;
use crate::lattice::{ResolvedAsset, plain};
use crate::stop::{Halting, HaltingWrite, Told, stopped};
use crate::{Error, Family, Result, open_raw};

type Rasters = Arc<Vec<Arc<dyn RasterSource>>>;

/// Raw files that are open; each is opened once and closed after its last asset.
pub(super) struct OpenFiles {
    left: Mutex<HashMap<PathBuf, (usize, Option<Rasters>)>>,
}

impl OpenFiles {
    pub(super) fn new(jobs: &[Job<'_>]) -> Self {
        let mut left: HashMap<PathBuf, (usize, Option<Rasters>)> = HashMap::new();
        for job in jobs {
            left.entry(job.asset.path.clone()).or_default().0 += 1;
        }
        Self { left: Mutex::new(left) }
    }

    fn open(&self, path: &Path) -> Result<Rasters> {
        let mut left = self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let slot = left.entry(path.to_owned()).or_insert((1, None));
        if let Some(open) = &slot.1 {
            return Ok(open.clone());
        }
        let opened = Arc::new(open_raw(path)?);
        slot.1 = Some(opened.clone());
        Ok(opened)
    }

    pub(super) fn done(&self, path: &Path) {
        let mut left = self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(slot) = left.get_mut(path) {
            slot.0 = slot.0.saturating_sub(1);
            if slot.0 == 0 {
                left.remove(path);
            }
        }
    }
}

/// Where one conversion writes.
pub(super) struct Desk<'a> {
    pub unfinished: &'a Path,
    pub build: &'a Path,
    pub told: Told<'a>,
}

#[derive(Clone)]
pub(super) struct Before {
    pub file: String,
    pub sha256: String,
}

/// Whom a failure stops.
pub(super) enum Trouble {
    /// This asset alone.
    Asset(Error),
    /// Everybody: the output disk refuses.
    Output(Error),
}

impl Trouble {
    /// Names the raw file where the failure does not.
    fn of(self, path: &Path) -> Self {
        let name = path.display().to_string();
        match self {
            Self::Asset(e) if !e.at.starts_with(&name) => {
                let at = if e.at.is_empty() { name } else { format!("{name}: {}", e.at) };
                Self::Asset(Error { at, ..e })
            }
            other => other,
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Asset(error)
    }
}

/// Converts, and gives the finished file its name.
///
/// # Errors
/// For the asset: what the reader says of the raw file, or Misuse for a plan that does not fit it. For all: Disk where the output cannot be written.
pub(super) fn convert(job: &Job<'_>, files: &OpenFiles, desk: &Desk<'_>, progress: &dyn Fn(u64)) -> std::result::Result<Entry, Trouble> {
    let rasters = files.open(&job.asset.path)?;
    let source = rasters.iter().find(|r| job.asset.raster.is_empty() || r.info().name == job.asset.raster);
    let source = source.ok_or_else(|| {
        let found = format!("no raster named {:?}", job.asset.raster);
        Trouble::Asset(Error::misuse(job.asset.path.display().to_string(), found, "the plan names one of the file's variables"))
    })?;
    let view = job.asset.view;
    let source = view.placed(Arc::clone(source)).map_err(|e| Trouble::Asset(e).of(&job.asset.path))?;
    let info = describe(source.info(), job.asset)?;
    let source = view.valued(Arc::new(Described::new(source, info)));
    let info = source.info().clone();
    let mut options = options(job.asset, &info)?;
    options.bands = Some(job.asset.bands.clone());
    let source = lay(source, job.asset, &mut options)?;
    let shape = source.info().grid.shape;
    let total = u64::from(shape.width) * u64::from(shape.height);
    let written = chosen_bands(source.info(), job.asset);

    let mut spool = Scratch::new(desk.unfinished).map_err(Trouble::Output)?;
    let mut out = Pending::new(desk.unfinished).map_err(Trouble::Output)?;
    let told = std::cell::Cell::new(0);
    let scaled = |pixels: u64| {
        let share = u64::try_from(u128::from(job.weight) * u128::from(pixels.min(total)) / u128::from(total.max(1))).unwrap_or(job.weight);
        progress(share.saturating_sub(told.replace(share)));
    };
    let halting = Halting { inner: source.as_ref(), told: desk.told };
    let mut unless_told = HaltingWrite { inner: &mut out, told: desk.told };
    let report = cog::write(&halting, &options, &mut spool, &mut unless_told, &scaled);
    let report = report.map_err(|e| match spool.failure().or_else(|| out.failure()) {
        _ if (desk.told)() => Trouble::Output(stopped("the build")),
        Some(disk) => Trouble::Output(disk),
        None => Trouble::Asset(e.into()).of(&job.asset.path),
    })?;
    progress(job.weight.saturating_sub(told.get()));
    drop(spool);

    let file = name(job, desk, &report);
    let path = desk.build.join(&file);
    out.commit(&path).map_err(Trouble::Output)?;
    let facts = Facts::new(&written, &report);
    Ok(Entry { raw: job.raw.clone(), recipe: job.recipe.clone(), file, size: report.size, facts, stamp: Stamp::at(&path) })
}

/// The source's header in the plan's words.
pub(super) fn describe(info: &RasterInfo, asset: &ResolvedAsset) -> Result<RasterInfo> {
    let mut info = info.clone();
    if let Some(text) = &asset.crs {
        info.grid.crs = Some(Crs::parse(text)?);
    }
    if let Some(&bad) = asset.bands.iter().find(|&&b| b >= info.bands.len()) {
        let found = format!("has {} bands, the plan wants band {}", info.bands.len(), bad + 1);
        return Err(Error::misuse(asset.path.display().to_string(), found, ""));
    }
    for (i, &at) in asset.bands.iter().enumerate() {
        let words = asset.band_words.get(i);
        let Some(band) = info.bands.get_mut(at) else { continue };
        if let Some(long_name) = band.name.take().filter(|n| asset.band_names.get(i) != Some(n)) {
            band.metadata.entry("long_name".to_owned()).or_insert(long_name);
        }
        band.name = asset.band_names.get(i).cloned();
        band.unit = words.and_then(|w| w.unit.clone()).or_else(|| asset.unit.clone()).or_else(|| band.unit.take());
        if let Some(nodata) = words.and_then(|w| w.nodata).or(asset.nodata) {
            check_nodata(nodata.0, &info.sample, asset)?;
            band.nodata = Some(nodata.0);
        }
    }
    Ok(info)
}

fn check_nodata(nodata: Nodata, sample: &swath_raster::SampleType, asset: &ResolvedAsset) -> Result<()> {
    if nodata.fits(*sample) {
        return Ok(());
    }
    let found = format!("nodata {nodata} does not fit {} samples", sample.name());
    let error = Error::new(Family::Misuse, asset.path.display().to_string(), found, "a value of the samples' type is expected");
    Err(error.hint(format!("change `nodata` of variable {} in the plan", asset.variable)))
}

/// The header of what is written: the chosen bands only.
fn chosen_bands(info: &RasterInfo, asset: &ResolvedAsset) -> RasterInfo {
    let bands: Vec<BandInfo> = asset.bands.iter().filter_map(|&b| info.bands.get(b).cloned()).collect();
    RasterInfo { bands, ..info.clone() }
}

/// `b1.tif`, or `b1.3fa94c21.tif` where other bytes already go by the plain name.
fn name(job: &Job<'_>, desk: &Desk<'_>, report: &CogReport) -> String {
    let sha256 = hex(&report.sha256);
    if let Some(before) = &job.before
        && before.sha256 == sha256
    {
        return before.file.clone();
    }
    let stem = plain(&job.asset.variable);
    let usual = format!("{}/{stem}.tif", job.folder);
    let taken = job.before.is_some() || desk.build.join(&usual).exists();
    if taken && !same_bytes(&desk.build.join(&usual), report) { format!("{}/{stem}.{}.tif", job.folder, &sha256[..8]) } else { usual }
}

/// Whether a file that the memory does not know already has these bytes.
fn same_bytes(path: &Path, report: &CogReport) -> bool {
    use sha2::{Digest, Sha256};
    let len = std::fs::metadata(path).map(|m| m.len()).ok();
    len == Some(report.size) && std::fs::read(path).is_ok_and(|bytes| Sha256::digest(&bytes)[..] == report.sha256)
}
