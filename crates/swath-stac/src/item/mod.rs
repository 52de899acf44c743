//! Items: the model, and how facts become one.

mod assets;
mod build;
mod model;
mod quick;
mod read;

pub use build::build;
pub use model::{Item, ItemCollection};
pub use read::asset_facts;
