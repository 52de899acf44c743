//! The documents that all publishers of a place share, with the items of all in them: collections, tables, the root.
//!
//! A shared document is never replaced by one that lacks what somebody else put there: it is read, what it links beside the build's
//! own is kept, what is derived from items is derived from all of them, and the result is written against the version that was read.
//! So every such document only grows, but for what its own publisher takes back.

mod adopt;
mod desk;
mod document;
mod items;
mod make;
mod read;
mod run;
mod tree;

pub(super) use desk::{Desk, Found, Merge, Shared};
pub(super) use run::merge;
