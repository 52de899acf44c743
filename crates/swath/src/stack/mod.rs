//! From items to a (time, band, y, x) array: a plan that can be read first, and its run, which moves only the bytes needed.
//!
//! On the data's own grid the array is bit-equal to the files. Of two valid pixels of one time step the first stays, in the
//! order of datetime, then id.

mod array;
mod canvas;
mod explain;
mod facts;
mod fetch;
mod group;
mod header;
mod number;
mod plan;
mod read;
mod reduce;
mod request;
mod rescale;
mod run;
mod select;

pub use array::Stack;
pub(crate) use canvas::empty as empty_samples;
pub use explain::bytes as readable_bytes;
pub use facts::Class;
pub(crate) use fetch::merged;
pub use fetch::{Cost, Fetch, StoreFetch};
pub use plan::{Band, BandFrom, PlainGrid, Source, StackPlan, Time, plan};
pub use request::{GroupBy, OnError, Reduce, StackRequest, Values};
pub use run::{Failure, Outcome, run, survey};
