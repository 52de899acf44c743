use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::files::Kind;
use super::plan::{PublishPlan, Upload};
use super::report::PublishReport;

/// What one publication has done so far, over all its attempts: those that lost a race did their part too.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Done>);

#[derive(Debug, Default)]
struct Done {
    /// By path, kind and size as last sent.
    sent: BTreeMap<String, (Kind, u64)>,
    generation: Option<u64>,
    created_container: bool,
}

impl Tally {
    pub(super) fn sent(&self, upload: &Upload) {
        self.change(|done| {
            done.sent.insert(upload.path.clone(), (upload.kind, upload.size));
        });
    }
    /// A generation that is this publisher's is there.
    pub(super) fn committed(&self, generation: u64) {
        self.change(|done| done.generation = Some(generation));
    }
    pub(super) fn created_container(&self) {
        self.change(|done| done.created_container = true);
    }

    /// What was done, now that `plan` has come through.
    pub(super) fn report(&self, plan: &PublishPlan, root: String) -> PublishReport {
        let done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kinds = BTreeMap::new();
        for (kind, _) in done.sent.values() {
            *kinds.entry(*kind).or_default() += 1;
        }
        PublishReport {
            uploaded: done.sent.len(),
            bytes: done.sent.values().map(|(_, size)| size).sum(),
            kinds,
            present: plan.present.iter().filter(|file| !done.sent.contains_key(&file.path)).count(),
            kept: plan.seen.kept,
            created_container: done.created_container,
            generation: done.generation,
            root,
            ..PublishReport::default()
        }
    }

    fn change(&self, change: impl FnOnce(&mut Done)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
