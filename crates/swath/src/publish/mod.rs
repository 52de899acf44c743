//! A build to where the world reads it: plan against what is there, then upload in an order that no reader can see broken.
//!
//! Assets go first and never change under their name; then items, tables, collections, the root; at last `swath.manifest.json`,
//! written only if it still is the version that was planned against. A run that ends early leaves the old catalog valid, and running
//! again resumes. Several builds may share a place: what others published stays, and the documents that all share are merged.
//! What is promised, and why it holds: `docs/publishing.md`.

mod claims;
mod decide;
mod digest;
mod files;
mod gone;
mod manifest;
mod merge;
#[cfg(test)]
mod model;
mod owner;
mod plan;
mod prune;
mod record;
mod remote;
mod report;
mod run;
mod saved;
mod tally;
mod together;
mod world;

pub use decide::{plan, plan_for};
pub use files::{BuildFile, Kind};
pub use manifest::{MANIFEST, Manifest, Published};
pub use plan::{Commit, Conflict, Example, Merged, Others, Overwrite, Present, PublishPlan, Replace, Request, Seen, Trust, Upload};
pub use prune::prune;
pub use record::Mark;
pub use report::{PublishReport, Watch};
pub use run::run;
pub use saved::{SavedPlan, moved};
pub use together::publish;
