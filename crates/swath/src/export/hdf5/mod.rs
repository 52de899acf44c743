//! HDF5 files, written as NetCDF-4 wants them: arrays whose chunks are put down one after the other, dimension scales, attributes.
//!
//! Everything follows the HDF5 File Format Specification 3.0: superblock version 2 (II.A), object headers version 2 (IV.A.1.b), links
//! and attributes inside the headers, chunks found by version 1 B-trees (III.A.1), references kept in one global heap (III.E).
//! The file is written front to back; only the superblock is put in its place at the end.

mod attribute;
mod checksum;
mod chunks;
mod datatype;
mod file;
mod header;
mod heap;
mod messages;

pub use attribute::{Attribute, Value, little_endian};
pub use datatype::Datatype;
pub use file::{Contents, File, Variable};
