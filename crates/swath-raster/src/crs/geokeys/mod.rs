//! GeoTIFF's way to say a CRS (OGC 19-008r4), read and written.

mod directory;
mod methods;
mod read;
mod write;

use crate::{Result, crs::Crs};

/// The three GeoTIFF key tags as they stand in a file (OGC 19-008r4, clause 7.1.2).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GeoKeys {
    /// Tag 34735.
    pub directory: Vec<u16>,
    /// Tag 34736.
    pub doubles: Vec<f64>,
    /// Tag 34737.
    pub ascii: String,
}

impl GeoKeys {
    /// The CRS these keys describe; `None` where they describe none.
    ///
    /// # Errors
    /// Damaged where the directory contradicts itself; Unsupported, naming the key, where a code or a method is not known.
    pub fn to_crs(&self) -> Result<Option<Crs>> {
        // The first version of GeoTIFF left it open how heights are said; readers take them from version 1.1 on.
        let heights = if self.directory.get(2).is_some_and(|minor| *minor > 0) { read::Heights::Read } else { read::Heights::Leave };
        read::crs(&directory::Directory::parse(self)?, heights)
    }
    /// The unit of heights, where the keys speak of them: samples of a raster in such a CRS are counted in it.
    pub(crate) fn vertical_unit(&self) -> Option<String> {
        read::vertical_unit(&directory::Directory::parse(self).ok()?)
    }
    /// Keys for a CRS, with GTRasterTypeGeoKey as asked: a code where there is one, else the parameters of its projection, else
    /// its WKT in a citation, as GDAL reads it. `from_crs(crs).to_crs()` is the same CRS again.
    ///
    /// ```
    /// # use swath_raster::crs::{Crs, GeoKeys};
    /// let crs = Crs::parse("EPSG:3035")?;
    /// assert_eq!(GeoKeys::from_crs(&crs, false).to_crs()?, Some(crs));
    /// # Ok::<(), swath_raster::Error>(())
    /// ```
    pub fn from_crs(crs: &Crs, pixel_is_point: bool) -> Self {
        write::keys(crs, pixel_is_point)
    }
}
