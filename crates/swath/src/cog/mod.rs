//! Raster files to COGs, in the words of `rio cogeo create`: one, or many into a folder.

mod creation;
mod many;
mod one;
mod request;
mod settings;

pub use many::{Converted, Ended, Job, ManyPlan, ManyReport, ManyRequest, Outcome, State, Watch, plan, run};
pub use one::{Going, convert};
pub use request::CogRequest;
