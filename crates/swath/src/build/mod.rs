//! Raw files to COGs and STAC: only what changed, never half a file, raw files never touched.

mod convert;
pub(crate) mod described;
mod facts;
mod failed;
mod jobs;
pub(crate) mod memory;
mod misfit;
mod options;
pub(crate) mod output;
mod report;
mod run;
mod shard;
mod tree;
mod work;
mod workplace;
mod writeback;

pub use jobs::{AllDue, Due, due};
pub use misfit::Misfit;
pub use report::{BuildReport, DatasetReport, Failure, Watch};
pub use run::{Place, run};
pub use shard::{Merged, Missing, Shard, merge, run_shard};

pub(crate) use facts::Facts;
