//! NetCDF 3 and 4 with CF conventions, read: one raster per gridded variable, one band per step of its other dimensions.
//!
//! Where we differ from GDAL, on purpose:
//! - plain latitude and longitude in degrees, without a grid mapping, are EPSG:4326 (GDAL says nothing);
//! - axes named like the dimensions count as coordinates even without `standard_name` (GDAL leaves such a file without a georeference and
//!   may turn it upside down);
//! - a variable stored as (longitude, latitude) is transposed, so that its rows run east (GDAL swaps the meaning of x and y);
//! - every further `missing_value` becomes nodata (GDAL knows one);
//! - two-dimensional coordinates that lie on an affine grid of the projection make one (GDAL leaves them as geolocation arrays);
//! - bounds and two-dimensional coordinates are no rasters unless the file has nothing else.

mod attributes;
mod axes;
mod blosc;
mod calendar;
mod ellipsoid;
mod file;
mod filters;
mod fit;
mod georeference;
mod grid_mapping;
mod hdf5;
mod missing;
mod pair;
mod places;
mod raster;
mod source;
mod time;
mod wrf;

use std::sync::Arc;

use crate::{ByteSource, Limits, RasterSource, Result};

/// Whether a file that begins like this is NetCDF (classic or HDF5).
///
/// HDF5 may keep a block of the user's own in front: 512 bytes, or twice as many, and so on.
pub fn sniff(head: &[u8]) -> bool {
    let at = |from: usize| head.get(from..from + 8) == Some(b"\x89HDF\r\n\x1a\n");
    matches!(head.get(..4), Some(b"CDF\x01" | b"CDF\x02" | b"CDF\x05" | b"\x89HDF")) || (9..13).any(|power| at(1 << power))
}

/// The gridded variables of a file, named as GDAL names its subdatasets (`tas`, `/group/tas`), in the file's order.
///
/// Bands run over the leading dimensions, the last of them fastest. Samples stay as they are stored, with `scale` and `offset` beside
/// them; rows run from north to south whatever the file's order.
///
/// # Errors
/// Damaged where the file is cut short or contradicts itself; Unsupported, naming what it has, where nothing in it is a raster.
pub fn open(at: &str, bytes: Arc<dyn ByteSource>, limits: &Limits) -> Result<Vec<Arc<dyn RasterSource>>> {
    let file = Arc::new(file::File::open(at, bytes, limits)?);
    raster::all(&file)
}
