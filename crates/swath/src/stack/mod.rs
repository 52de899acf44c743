//! From items to a (time, band, y, x) array: a plan that can be read first, and its run, which moves only the bytes needed.
//!
//! On the data's own grid the array is bit-equal to the files. Of two valid pixels of one time step the first stays, in the
//! order of datetime, then id, unless another [`Order`] is asked for.

mod array;
mod blocks;
mod budget;
mod canvas;
mod common;
mod cut;
mod explain;
mod facts;
mod fetch;
mod group;
mod header;
mod known;
mod laid;
mod lay;
mod merge;
mod number;
mod pack;
mod piece;
mod place;
mod plan;
mod planes;
mod prepare;
mod read;
mod reduce;
mod request;
mod rescale;
mod run;
mod select;
mod stock;
mod stream;

pub use array::Stack;
pub use blocks::with_blocks;
pub(crate) use canvas::empty_samples;
pub use cut::{Chunks, Part};
pub use explain::bytes as readable_bytes;
pub use facts::Class;
pub use fetch::{Cost, Fetch, Sign, StoreFetch};
pub use known::Known;
pub(crate) use merge::merged;
pub use plan::{Band, BandFrom, PlainGrid, Source, StackPlan, Time, Whole, plan};
pub use planes::Planes;
pub use prepare::{Filled, filled, prepare};
pub use reduce::{Group, Over, Percent, Reduce, groups, reduced_bands, reduced_type};
pub use request::{GroupBy, OnError, Order, StackRequest, Values};
pub use run::{Failure, Outcome, run, survey};
pub use stream::{Collected, Room, collect, made_bytes};
