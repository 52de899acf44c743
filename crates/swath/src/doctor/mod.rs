//! What may keep a build, a publication or a stack from working on this machine, before it does: each finding with the command that mends it.
//!
//! Every probe has ten seconds. Without a plan and without a target, what is local is looked at alone. Nothing is written but a file that is gone
//! at once, where a folder is asked whether it can be written.

mod container;
mod credential;
mod diagnosis;
mod disk;
mod line;
mod machine;
mod memory;
mod plan;
mod projection;
mod run;

pub use diagnosis::{Diagnosis, Topic, Verdict};
pub use run::{Ask, run};
