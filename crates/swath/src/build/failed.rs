use serde::{Deserialize, Serialize};

use super::jobs::Job;
use super::memory::Raw;
use super::report::Failure;
use crate::Family;

/// An asset that was tried in vain, with what it was tried of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    key: String,
    raw: Raw,
    recipe: String,
    error: String,
    hint: Option<String>,
    family: Family,
}

impl Failed {
    pub(super) fn new(job: &Job<'_>, failure: &Failure) -> Self {
        Self {
            key: job.key.clone(),
            raw: job.raw.clone(),
            recipe: job.recipe.clone(),
            error: failure.error.clone(),
            hint: failure.hint.clone(),
            family: failure.family,
        }
    }

    /// Whether trying this job again would be trying the same.
    pub(super) fn is_of(&self, job: &Job<'_>) -> bool {
        self.key == job.key && self.raw == job.raw && self.recipe == job.recipe
    }

    pub(super) fn failure(&self, job: &Job<'_>) -> Failure {
        Failure {
            path: job.asset.path.display().to_string(),
            asset: self.key.clone(),
            error: self.error.clone(),
            hint: self.hint.clone(),
            family: self.family,
        }
    }
}
