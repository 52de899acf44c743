//! A build to where the world reads it: plan against what is there, then upload in an order that no reader can see broken.
//!
//! Assets go first and never change under their name; then tables, items, collections, the root; at last
//! `swath.manifest.json`, written only if it still is the version that was planned against. A run that ends early leaves
//! the old catalog valid, and running again resumes.

mod claims;
mod digest;
mod files;
mod manifest;
mod owner;
mod plan;
mod prune;
mod report;
mod run;

pub use files::{BuildFile, Kind};
pub use manifest::{MANIFEST, Manifest, Published};
pub use plan::{Commit, Conflict, Example, Overwrite, Present, PublishPlan, Replace, Upload, plan};
pub use prune::prune;
pub use report::{PublishReport, Watch};
pub use run::run;
