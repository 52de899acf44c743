//! The plan: `swath.toml` as a value, and the small languages inside it (file patterns, templates, dates).

mod classes;
mod cog;
mod dataset;
mod date_format;
mod model;
mod month;
mod pattern;
mod section;
mod stamp;
mod template;

pub use classes::{ClassEntry, NodataValue, VariableTable};
pub use cog::CogTable;
pub use dataset::{DatasetTable, Datetime, Moment, SourceTable, TimeAxis};
pub use date_format::DateFormat;
pub use model::{CatalogTable, LinkStyle, PlanFile, Provider, PublishTable};
pub use pattern::{Captures, Part, Pattern};
pub use stamp::{DateFields, Stamp};
pub use template::{Piece, Template};
