//! Pixels and their georeference, to and from bytes.
//!
//! Nothing here opens a file or a socket: a caller hands in a [`ByteSource`] (local bytes) or feeds
//! ranges to the COG core, and is given pixels, grids and reports back.
// Unsafe code is refused everywhere but in the doors to C libraries: `crs/native.rs` to PROJ, `decode/webp/native.rs` to libwebp.
#![deny(unsafe_code)]

pub mod cog;
pub mod crs;
mod decode;
mod encode;
mod error;
mod foreign;
mod grid;
mod info;
pub mod netcdf;
mod nodata;
mod raw;
mod sample;
mod source;
mod spare;
pub mod tiff;
pub mod view;
pub mod warp;
pub mod web;
mod wide;

pub use error::{Error, Family, Result};
pub use grid::{Affine, Bounds, Grid, Shape, Window};
pub use info::{BandInfo, Calendar, ColorInterp, ControlPoints, Domains, Format, Georeference, Interleave, MaskKind, RasterInfo, TimeStep};
pub use nodata::Nodata;
pub use raw::{Limits, Sidecars, open};
pub use sample::{SampleType, Samples};
pub use source::{ByteSource, RasterSource, Span};
