//! Collections: the model, and how items roll up into one.

mod build;
mod cube;
mod item_assets;
mod model;
mod renders;
mod summaries;

pub use build::{ROLLED_UP, build, roll_up, root};
pub(crate) use item_assets::describe;
pub use model::{Collection, Extent, SpatialExtent, TemporalExtent};
