//! One raster file to one COG, in the words of `rio cogeo create`.

mod creation;
mod request;

pub use request::CogRequest;

use std::path::Path;
use std::sync::Arc;

use swath_raster::RasterSource;
use swath_raster::cog::{self, CogReport};

use crate::build::output::{Pending, Scratch, disk};
use crate::{Error, Family, Result, open_raw};

/// Converts `input` to a COG named `output`; the name exists only when the file is whole.
///
/// # Errors
/// Conflict where the output exists and may not be replaced; Misuse for options that do not fit the raster; Disk where the
/// output cannot be written; what the reader says of the input.
pub fn convert(input: &Path, output: &Path, request: &CogRequest) -> Result<CogReport> {
    if output.exists() {
        if same_file(input, output) {
            return Err(Error::misuse(output.display().to_string(), "is the input itself", "another name for the output"));
        }
        if !request.overwrite {
            let error = Error::new(Family::Conflict, output.display().to_string(), "exists already", "");
            return Err(error.hint("--overwrite replaces it"));
        }
    }
    let rasters = open_raw(input)?;
    let source = choose(input, &rasters, request.variable.as_deref())?;
    let options = request.options(source.info())?;
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(disk(folder, &std::io::ErrorKind::NotFound.into()).hint("make the folder first"));
    }
    let mut spool = Scratch::new(folder)?;
    let mut out = Pending::new(folder)?;
    let report = cog::write(source.as_ref(), &options, &mut spool, &mut out, &|_| {});
    let report = report.map_err(|e| spool.failure().or_else(|| out.failure()).unwrap_or_else(|| e.into()))?;
    out.commit(output)?;
    Ok(report)
}

fn choose<'a>(input: &Path, rasters: &'a [Arc<dyn RasterSource>], name: Option<&str>) -> Result<&'a Arc<dyn RasterSource>> {
    let names = || rasters.iter().map(|r| r.info().name.as_str()).collect::<Vec<_>>().join(", ");
    let at = input.display().to_string();
    match name {
        Some(name) => rasters
            .iter()
            .find(|r| r.info().name == name)
            .ok_or_else(|| Error::misuse(at, format!("no raster named {name:?}"), format!("it has: {}", names()))),
        None if rasters.len() > 1 => {
            let error = Error::misuse(at, format!("has {} rasters: {}", rasters.len(), names()), "one is expected");
            Err(error.hint(format!("choose one: --variable {}", rasters.first().map_or("", |r| &r.info().name))))
        }
        None => rasters.first().ok_or_else(|| Error::new(Family::Unsupported, at, "no raster in it", "")),
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (std::fs::metadata(a), std::fs::metadata(b)) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}
