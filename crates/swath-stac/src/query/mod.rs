//! Which items are asked for: place, time, names, and a filter on properties.

mod ask;
mod interval;

pub use ask::Query;
pub use interval::Interval;
