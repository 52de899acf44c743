use serde::Serialize;

use crate::{Error, Family};

/// What a build did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BuildReport {
    pub datasets: Vec<DatasetReport>,
    pub converted: usize,
    pub unchanged: usize,
    pub failed: Vec<Failure>,
    /// JSON and parquet files whose bytes changed.
    pub documents_written: usize,
    /// Files of an earlier build that nothing names any more.
    pub removed: usize,
    /// Bytes of raw files read, and of COGs written.
    pub bytes_read: u64,
    pub bytes_written: u64,
    /// Things a person should know that stop nothing.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DatasetReport {
    pub id: String,
    pub items: usize,
    pub assets: usize,
}

/// One asset that could not be made; everything else was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    pub path: String,
    /// `dataset/item/variable`; the dataset alone where the file could not even be opened.
    pub asset: String,
    pub error: String,
    pub hint: Option<String>,
    #[serde(skip)]
    pub family: Family,
}

impl Failure {
    pub(crate) fn new(path: &std::path::Path, asset: &str, error: Error) -> Self {
        Self {
            path: path.display().to_string(),
            asset: asset.to_owned(),
            error: error.to_string(),
            hint: error.hint.clone(),
            family: error.family,
        }
    }
}

/// Told how a build goes on; called from many threads.
pub trait Watch: Sync {
    /// The raw bytes that are due, once known.
    fn total(&self, _bytes: u64) {}
    /// Raw bytes worked off since the last call.
    fn advance(&self, _bytes: u64) {}
    fn failed(&self, _failure: &Failure) {}
    /// Whether nobody wants the build any more: it ends soon after, and what it had finished is remembered.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}
