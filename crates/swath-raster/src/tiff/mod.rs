//! TIFF, GeoTIFF and COG, read.
//!
//! The core opens nothing: [`parse`] is given the ranges of a file that have arrived ([`Known`]) and answers with a
//! [`Tiff`] or with the ranges it still needs ([`Step::Need`]). A [`Level`] tells which blocks a window touches and
//! where they lie, decodes their bytes, and assembles pixels. [`open`] drives the same core over a local file.

mod describe;
mod directory;
mod field;
mod file;
mod gdal_metadata;
mod georeference;
mod known;
mod layout;
mod level;
mod local;
mod pam;
mod parse;
mod place;
pub(crate) mod rpc;
pub(crate) mod tags;
mod world_file;
mod xml;

pub use field::ByteOrder;
pub use file::{DirectoryFacts, DirectoryRole, Ghost, Tiff};
pub use known::{Known, Step};
pub use level::{Block, BlockAt, Level, Rows};
pub use local::{LocalTiff, open};
pub use parse::parse;

/// Whether a file that begins like this is a TIFF or BigTIFF.
pub fn sniff(head: &[u8]) -> bool {
    matches!(head.get(..4), Some(b"II*\0" | b"MM\0*" | b"II+\0" | b"MM\0+"))
}
