use std::collections::BTreeMap;

use serde::Serialize;

use super::PublishPlan;
use super::files::Kind;
use crate::Error;

/// What a publication did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PublishReport {
    /// Files sent, by all attempts together, and their bytes.
    pub uploaded: usize,
    pub bytes: u64,
    /// How many of them are of each kind.
    pub kinds: BTreeMap<Kind, usize>,
    /// Files that were there already.
    pub present: usize,
    /// Objects of others that stay beside the build.
    pub kept: usize,
    pub removed: usize,
    /// Whether the container, or the folder, was made.
    pub created_container: bool,
    /// The last generation that was committed; `None` where nothing changed.
    pub generation: Option<u64>,
    /// How often it was planned, counting the time that came through.
    pub attempts: u32,
    /// Why it could not be written down beside the build what was published; the next publication retires nothing then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgotten: Option<String>,
    /// The URL or path of the root document.
    pub root: String,
}

/// Told how a publication goes on; called from many tasks.
pub trait Watch: Sync {
    /// This plan is about to be run.
    fn planned(&self, _plan: &PublishPlan) {}
    /// Somebody else was faster: it is planned anew.
    fn again(&self, _why: &Error) {}
    /// Bytes that have arrived since the last call.
    fn advance(&self, _bytes: u64) {}
    /// A file is there, whole.
    fn uploaded(&self, _path: &str) {}
}

/// Nobody watches.
impl Watch for () {}
