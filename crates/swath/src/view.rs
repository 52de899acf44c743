//! How raw rasters are taken: as they are stored, or unpacked, rolled, refused where no affine map places them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use swath_raster::view::{Wrap, tied, unscaled, wrapped};
use swath_raster::{Georeference, RasterInfo, RasterSource};

use crate::{Error, Result};

/// What a plan or a command asks for; by default every raster stays as its file stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct View {
    /// Scale and offset applied, as floats with NaN for nodata.
    pub unscale: bool,
    /// Longitudes from 0 to 360 rolled to -180 to 180.
    pub wrap_longitude: Option<Wrap>,
    pub geolocation: Geolocation,
}

/// What becomes of pixels that two-dimensional or uneven coordinates place, and no affine map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Geolocation {
    /// The array as it is, with ground control points made of its coordinates.
    #[default]
    Gcps,
    /// Nothing: such rasters are left out, with the reason.
    Refuse,
}

impl View {
    /// The words of a plan and of the command line, `exact` and `centre`.
    pub(crate) const WRAPS: &'static [&'static str] = &["exact", "centre"];

    pub(crate) fn wrap(word: Option<&str>) -> Option<Wrap> {
        word.map(|word| if word == "centre" { Wrap::Centre } else { Wrap::Exact })
    }

    /// The raster in its place.
    ///
    /// # Errors
    /// Misuse, with the way out, where longitudes cannot be rolled or the raster lies on no regular grid and must; what the reader says of
    /// the coordinates.
    pub(crate) fn placed(&self, source: Arc<dyn RasterSource>) -> Result<Arc<dyn RasterSource>> {
        if self.geolocation == Geolocation::Refuse
            && let Some(error) = off_grid(source.info())
        {
            return Err(error);
        }
        let source = tied(source)?;
        match self.wrap_longitude {
            Some(how) => Ok(wrapped(source, how)?),
            None => Ok(source),
        }
    }

    /// The raster's values.
    pub(crate) fn valued(&self, source: Arc<dyn RasterSource>) -> Arc<dyn RasterSource> {
        if self.unscale { unscaled(source) } else { source }
    }
}

/// Why a raster lies on no regular grid, and what to do; `None` for one that does or that is not tied to the ground at all.
pub(crate) fn off_grid(info: &RasterInfo) -> Option<Error> {
    let found = match &info.georeference {
        Georeference::Curvilinear { x, y } => format!("its pixels lie where the arrays {x} and {y} put them, on no regular grid"),
        Georeference::Uneven { axis } => format!("the steps of its axis {axis} are uneven"),
        _ => return None,
    };
    let error = Error::misuse(info.name.clone(), found, "right: a grid that an affine transform describes");
    Some(error.hint(WAY_OUT))
}

/// What makes a regular grid of any other.
pub(crate) const WAY_OUT: &str = "make a regular grid first (`gdalwarp -geoloc -t_srs EPSG:4326 'NETCDF:\"IN.nc\":VARIABLE' OUT.tif`, or \
     `cdo remapbil,r360x180 IN.nc OUT.nc`), or keep the array with ground control points: `geolocation = \"gcps\"` (--geolocation gcps)";
