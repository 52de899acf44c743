//! Documents of a published catalog, wherever they lie: found by one URL, read by what they are.

mod address;
mod node;

pub use address::{Document, open};
pub(crate) use address::{Own, settle};
pub use node::{Node, Tree};
