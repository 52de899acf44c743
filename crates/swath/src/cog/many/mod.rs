//! Many rasters into one folder: each becomes NAME.tif there. What was done, and of what it was made, is remembered in
//! `.swath/cog.jsonl` in that folder, so that the same call goes on where an earlier one was stopped.

mod gate;
mod inputs;
mod plan;
mod record;
mod report;
mod run;

pub use plan::{Job, ManyPlan, ManyRequest, State, plan};
pub use report::{Converted, Ended, ManyReport, Outcome, Watch};
pub use run::run;
