//! Coordinate reference systems: from codes, WKT, GeoKeys and CF, to all of them, and between them.

mod geokeys;

pub use geokeys::GeoKeys;

use crate::{Error, Result};

/// A coordinate reference system, resolved once.
#[derive(Debug, Clone, PartialEq)]
pub struct Crs {
    /// `EPSG:32633`, where exactly one code is meant.
    code: Option<String>,
    wkt2: String,
    /// PROJJSON text.
    projjson: String,
    geographic: bool,
    /// Of the first horizontal axis: `metre`, `degree`, `US survey foot`.
    unit: String,
    name: String,
}

impl Crs {
    /// From `EPSG:32633`, `OGC:CRS84`, WKT 1 or 2, PROJJSON or a PROJ string.
    ///
    /// # Errors
    /// Misuse, naming the text, where PROJ cannot make a CRS of it.
    pub fn parse(text: &str) -> Result<Self> {
        Err(Error::unsupported("", format!("CRS {text:?}"), ""))
    }
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
    /// WKT2:2019 on one line.
    pub fn wkt2(&self) -> &str {
        &self.wkt2
    }
    pub fn projjson(&self) -> &str {
        &self.projjson
    }
    pub fn is_geographic(&self) -> bool {
        self.geographic
    }
    pub fn unit(&self) -> &str {
        &self.unit
    }
    pub fn name(&self) -> &str {
        &self.name
    }
}
