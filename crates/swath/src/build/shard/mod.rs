//! One build, worked off by several processes: each converts its share of the items, a merge makes the tree of what they made.

mod merge;
mod record;
mod run;
mod share;

pub use merge::{Merged, Missing, merge};
pub use run::run_shard;
pub use share::Shard;

pub(super) use record::{Records, join};
