//! Published catalogs, wherever they lie: found by one URL, read by what they are, opened once and searched many times.

mod address;
mod collections;
mod landing;
mod node;
mod opened;
mod table;

pub use address::Document;
pub(crate) use address::{Own, Settler, find};
pub use landing::{Landing, Method};
pub use node::{Node, Tree};
pub use opened::Catalog;
