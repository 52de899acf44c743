//! A catalog as a value: items, collections, layout, extents, checks, queries, geoparquet.
//!
//! Nothing here opens a file, a socket or a pixel. [`facts`] are what a builder knows, [`Item`] and [`Collection`] are what STAC
//! 1.1.0 says of them, [`layout`] turns a tree of them into documents, [`geoparquet`] into one table, [`check`] finds what is wrong
//! in documents, and [`Query`] asks for some of the items.
#![forbid(unsafe_code)]

mod asset;
pub mod check;
pub mod collection;
mod error;
pub mod extension;
pub mod extent;
pub mod facts;
pub mod geometry;
pub mod geoparquet;
pub mod item;
mod json;
pub mod layout;
pub mod link;
mod pretty;
pub mod query;
pub mod time;

pub use asset::Asset;
pub use collection::Collection;
pub use error::{Error, Family, Result};
pub use extent::LonLatBox;
pub use item::{Item, ItemCollection};
pub use json::{Object, same_json};
pub use layout::Links;
pub use link::Link;
pub use pretty::{pretty, write_pretty};
pub use query::Query;

/// The version of STAC that every object written here claims.
pub const STAC_VERSION: &str = "1.1.0";
