//! What is wrong in a tree of documents, all of it: JSON, schemas, fields against each other, links, extents, tables.
//!
//! A healthy tree has no findings. The rules are pure: they see texts, a table's bytes, and whether a path exists.

mod bands;
mod collection;
mod declared;
mod document;
mod extents;
mod finding;
mod inside;
mod item;
mod links;
mod mirror;
mod projection;
mod schema;
mod secrets;
mod text;
mod tree;
mod utm;

pub use document::document;
pub use finding::{Finding, Severity};
pub use inside::inside;
pub use tree::{Tree, tree};
