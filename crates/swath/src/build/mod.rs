//! Raw files to COGs and STAC: only what changed, never half a file, raw files never touched.

mod convert;
pub(crate) mod described;
mod facts;
mod jobs;
pub(crate) mod memory;
mod options;
pub(crate) mod output;
mod report;
mod run;
mod tree;
mod workplace;

pub use jobs::{AllDue, Due, due};
pub use report::{BuildReport, DatasetReport, Failure, Watch};
pub use run::{Place, run};

pub(crate) use facts::Facts;
