//! Where each document lies and how they point at one another: the three kinds of catalog.
//!
//! ```text
//! collection.json                    the root
//! map4/collection.json               one dataset
//! map4/items.parquet                 its items as one table
//! map4/t0001/t0001.json              one item, its assets beside it
//! ```

mod documents;
mod href;
mod links;

pub use documents::{Catalog, Dataset, Document, documents};
pub(crate) use href::{decode, encode, is_absolute};
pub use href::{join, relative};
pub use links::{Layout, Links, item_path, mirror_path};
