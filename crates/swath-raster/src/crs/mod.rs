//! Coordinate reference systems: from codes, WKT, GeoKeys and CF, to all of them, and between them.

mod conversion;
mod definition;
mod footprint;
mod geokeys;
pub(crate) mod method;
mod native;
mod transform;
mod version;

pub use definition::Crs;
pub use footprint::{footprint, lonlat_bounds};
pub use geokeys::GeoKeys;
pub use transform::Transformer;
pub use version::proj_version;

pub(crate) use conversion::{Base, Conversion, Ellipsoid, Geographic, Unit, rotated_pole};
