//! A dataset's items as one table: stac-geoparquet.
//!
//! Properties are columns, times are timestamps, the geometry is WKB with a `bbox` column that covers it; rows lie along a Hilbert
//! curve, so that neighbours on the ground are neighbours in the file. References in a row are as seen from the table's own place
//! beside the dataset's `collection.json`.
//!
//! A table is read whole ([`read()`]) or searched ([`Search`]): then its footer says which row groups may match, its page indexes which
//! pages of them, and only those travel.

mod bounds;
mod column;
mod flat;
mod hilbert;
mod infer;
mod keys;
mod pieces;
mod read;
mod search;
mod table;
mod write;

pub use flat::{as_placed, as_stored};
pub use pieces::Pieces;
pub use read::read;
pub use search::{Rows, Search, Step};
pub use table::{Opening, Table};
pub use write::write;

/// The key of the file's metadata that says it holds STAC, and the version of that convention.
const METADATA_KEY: &str = "stac-geoparquet";
const METADATA_VERSION: &str = "1.0.0";

/// The columns that are instants (STAC 1.1.0, common metadata, "Date and Time"; timestamps extension).
const INSTANTS: &[&str] = &["datetime", "start_datetime", "end_datetime", "created", "updated", "expires", "published", "unpublished"];

#[cfg(test)]
mod tests;
