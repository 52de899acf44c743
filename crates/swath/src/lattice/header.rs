use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};
use rayon::prelude::*;
use swath_raster::{Nodata, RasterInfo, SampleType};

use super::files::{Found, first_bytes};
use crate::stop::stopped;
use crate::{Error, Family, Result, Stop, open_raw};

/// A file with what its header says.
pub(crate) struct Header {
    pub found: Found,
    /// Headers only: the file itself is closed again, since there may be more files than a process may hold open.
    pub rasters: Result<Vec<Arc<RasterInfo>>>,
}

/// Opens the headers of all files, in parallel, in order; none any more once somebody says stop.
pub(crate) fn open_headers(files: Vec<Found>, stop: &Stop) -> Vec<Header> {
    let open = |found: Found| {
        if stop.is_told() {
            let rasters = Err(stopped(&found.rel));
            return Header { found, rasters };
        }
        let rasters = match open_raw(&found.path) {
            Ok(rasters) if rasters.is_empty() => Err(Error::new(
                Family::Unsupported,
                found.path.display().to_string(),
                "no raster on a grid in it",
                "at least one is expected",
            )),
            Err(e) if first_bytes(&found.path).is_ok_and(|h| h.starts_with(b"version https://git-lfs")) => {
                let error = Error::new(Family::Damaged, e.at, "is a Git LFS pointer, not the raster itself", "the raster is expected");
                Err(error.hint("`git lfs pull` fetches it"))
            }
            other => other.and_then(|r| r.iter().try_for_each(|s| s.check_extent()).map(|()| r).map_err(Error::from)),
        };
        let rasters = rasters.map(|r| r.iter().map(|s| Arc::new(s.info().clone())).collect());
        Header { found, rasters }
    };
    files.into_par_iter().map(open).collect()
}

/// A CRS in a few letters: its code, else its name.
pub(crate) fn crs_label(info: &RasterInfo) -> String {
    match &info.grid.crs {
        Some(crs) => crs.code().map_or_else(|| crs.name().to_owned(), str::to_owned),
        None => "none".to_owned(),
    }
}

/// A nodata value as short as its sample type needs: `1e20` for a float32.
pub(crate) fn nodata_text(nodata: Nodata, sample: SampleType) -> String {
    match nodata {
        Nodata::Float(v) if sample == SampleType::F32 && v.is_finite() && v != 0.0 => {
            #[allow(clippy::cast_possible_truncation)]
            let short = v as f32;
            if short.abs() >= 1e15 || short.abs() < 1e-5 { format!("{short:e}") } else { short.to_string() }
        }
        other => other.to_string(),
    }
}

/// TIFF's DateTime tag, `2018:01:31 15:40:11`.
pub(crate) fn tiff_datetime(info: &RasterInfo) -> Option<DateTime<Utc>> {
    let text = info.metadata.get("TIFFTAG_DATETIME")?;
    NaiveDateTime::parse_from_str(text.trim().trim_end_matches('\0'), "%Y:%m:%d %H:%M:%S").ok().map(|t| t.and_utc())
}
