use std::path::Path;
use std::sync::Arc;

use swath_raster::RasterSource;
use swath_raster::cog::{self, CogOptions, CogReport};

use super::CogRequest;
use crate::build::described::Described;
use crate::build::output::{Pending, Scratch, disk};
use crate::stop::{Halting, HaltingWrite, Told, stopped};
use crate::unfinished::sweep_leftovers;
use crate::{Error, Family, Result, Stop, open_raw};

/// While a conversion is under way.
pub struct Going<'a> {
    /// Told how many pixels have been read, of how many.
    pub progress: &'a dyn Fn(u64, u64),
    /// Ends it before it is done.
    pub stop: &'a Stop,
}

/// Converts `input` to a COG named `output`; the name exists only when the file is whole.
///
/// # Errors
/// Conflict where the output exists and may not be replaced; Misuse for options that do not fit the raster; Disk where the
/// output cannot be written; what the reader says of the input; Misuse where it was stopped.
pub fn convert(input: &Path, output: &Path, request: &CogRequest, going: &Going<'_>) -> Result<CogReport> {
    if output.exists() {
        if file_id(input) == file_id(output) {
            return Err(Error::misuse(output.display().to_string(), "is the input itself", "another name for the output"));
        }
        if output.is_dir() {
            let error = Error::misuse(output.display().to_string(), "is a folder", "the name of the file to write");
            return Err(error.hint(format!("--out-dir {} writes into it, under the input's name", output.display())));
        }
        if !request.overwrite {
            let error = Error::new(Family::Conflict, output.display().to_string(), "exists already", "");
            return Err(error.hint("--overwrite replaces it"));
        }
    }
    let opened = Opened::new(input, request)?;
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(disk(folder, &std::io::ErrorKind::NotFound.into()).hint("make the folder first"));
    }
    sweep_leftovers(folder);
    let told = || going.stop.is_told();
    let made = opened.write(folder, going.progress, &told);
    let (pending, report) = made.map_err(|e| if told() { stopped(&output.display().to_string()) } else { e.into_error() })?;
    pending.commit(output)?;
    Ok(report)
}

/// Whose fault a failure is.
pub(super) enum Trouble {
    /// The input's, or the options': other inputs may fare better.
    Input(Error),
    /// The output's: nobody can write there.
    Output(Error),
}

impl Trouble {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Input(e) | Self::Output(e) => e,
        }
    }
}

/// A raster and how it will be written.
pub(super) struct Opened {
    source: Arc<dyn RasterSource>,
    pub options: CogOptions,
}

impl Opened {
    /// # Errors
    /// What the reader says; Misuse for options that do not fit the raster, or a raster that cannot be laid on the tiles of web maps.
    pub(super) fn new(input: &Path, request: &CogRequest) -> Result<Self> {
        let rasters = open_raw(input)?;
        let source = choose(input, rasters, request.variable.as_deref())?;
        let source = request.view.placed(source).map_err(|e| Error { at: format!("{}: {}", input.display(), e.at), ..e })?;
        let source = request.view.valued(with_nodata(source, request)?);
        let (source, options) = request.settings(source.info())?.lay(&source)?;
        Ok(Self { source, options })
    }

    /// The most bytes that writing it holds at once.
    ///
    /// # Errors
    /// Misuse for options that do not fit the raster.
    pub(super) fn working_bytes(&self) -> Result<u64> {
        let plan = cog::plan(self.source.info(), &self.options)?;
        Ok(cog::working_bytes(self.source.info(), &plan))
    }

    /// Everything but the final name, unless told to stop.
    pub(super) fn write(
        &self,
        folder: &Path,
        progress: &dyn Fn(u64, u64),
        told: Told<'_>,
    ) -> std::result::Result<(Pending, CogReport), Trouble> {
        let mut spool = Scratch::new(folder).map_err(Trouble::Output)?;
        let mut out = Pending::new(folder).map_err(Trouble::Output)?;
        let shape = self.source.info().grid.shape;
        let total = u64::from(shape.width) * u64::from(shape.height);
        let source = Halting { inner: self.source.as_ref(), told };
        let mut halting = HaltingWrite { inner: &mut out, told };
        let report = cog::write(&source, &self.options, &mut spool, &mut halting, &|pixels| progress(pixels, total));
        match report {
            Ok(report) => Ok((out, report)),
            Err(e) => Err(match spool.failure().or_else(|| out.failure()) {
                Some(disk) => Trouble::Output(disk),
                None => Trouble::Input(e.into()),
            }),
        }
    }
}

/// The nodata that a person says the packed samples have, for unpacking them.
fn with_nodata(source: Arc<dyn RasterSource>, request: &CogRequest) -> Result<Arc<dyn RasterSource>> {
    let mut info = source.info().clone();
    let nodata = if request.view.unscale { request.nodata(info.sample)? } else { None };
    if nodata.is_none() {
        return Ok(source);
    }
    info.bands.iter_mut().for_each(|band| band.nodata = nodata);
    Ok(Arc::new(Described::new(source, info)))
}

fn choose(input: &Path, rasters: Vec<Arc<dyn RasterSource>>, name: Option<&str>) -> Result<Arc<dyn RasterSource>> {
    let names = rasters.iter().map(|r| r.info().name.clone()).collect::<Vec<_>>().join(", ");
    let at = input.display().to_string();
    match name {
        Some(name) => rasters
            .into_iter()
            .find(|r| r.info().name == name)
            .ok_or_else(|| Error::misuse(at, format!("no raster named {name:?}"), format!("it has: {names}"))),
        None if rasters.len() > 1 => {
            let error = Error::misuse(at, format!("has {} rasters: {names}", rasters.len()), "one is expected");
            Err(error.hint(format!("choose one: --variable {}", rasters.first().map_or("", |r| &r.info().name))))
        }
        None => rasters.into_iter().next().ok_or_else(|| Error::new(Family::Unsupported, at, "no raster in it", "")),
    }
}

/// What tells whether two names lead to one file: device and inode.
pub(super) type FileId = (u64, u64);

/// `None` where there is no such file.
pub(super) fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()))
}
