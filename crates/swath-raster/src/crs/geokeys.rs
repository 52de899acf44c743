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
    /// Damaged where the directory contradicts itself.
    pub fn to_crs(&self) -> Result<Option<Crs>> {
        Ok(None)
    }
    /// Keys for a CRS, with GTRasterTypeGeoKey as asked.
    pub fn from_crs(_crs: &Crs, _pixel_is_point: bool) -> Self {
        Self::default()
    }
}
