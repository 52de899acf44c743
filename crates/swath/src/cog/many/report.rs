use std::path::PathBuf;

use swath_raster::cog::CogReport;

use super::plan::Job;
use crate::Error;

/// A file that is done with, one way or the other.
#[derive(Debug)]
pub struct Ended<'a> {
    pub job: &'a Job,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    Converted(Box<Converted>),
    /// Done by an earlier run.
    Unchanged,
    Failed(Error),
}

#[derive(Debug)]
pub struct Converted {
    pub report: CogReport,
    pub seconds: f64,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct ManyReport {
    pub converted: usize,
    pub unchanged: usize,
    /// Input and what is wrong with it, in the order of the inputs.
    pub failed: Vec<(PathBuf, Error)>,
    /// Of the files converted.
    pub bytes_read: u64,
    pub bytes_written: u64,
}

/// Told how a run goes on; called from many threads, `ended` by one at a time.
pub trait Watch: Sync {
    /// Files in all, and the bytes of those that are due.
    fn begins(&self, _files: usize, _bytes: u64) {}
    /// Bytes of inputs worked off since the last call.
    fn advance(&self, _bytes: u64) {}
    fn ended(&self, _ended: &Ended<'_>) {}
}

/// Nobody watches.
impl Watch for () {}
