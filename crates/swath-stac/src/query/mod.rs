//! Which items are asked for, and in which order: place, time, names, and a filter on properties; also as a STAC API is asked.

mod ask;
mod filter;
mod interval;
mod order;
mod request;

pub use ask::Query;
pub use interval::Interval;
pub(crate) use order::Rank;
pub use order::{Direction, Order, SortKey};
pub use request::Told;
