//! Every finding on a folder that holds a catalog: the documents among themselves, and each asset's bytes against its metadata.

mod asset;
mod bands;
mod compare;
mod grid;
pub mod live;
mod run;
mod structure;

pub use run::{CheckReport, Depth, run};
