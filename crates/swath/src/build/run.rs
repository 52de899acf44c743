use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::convert::{Before, Desk, OpenFiles, Trouble, convert};
use super::jobs::{Job, Jobs};
use super::memory::{Entry, Memory};
use super::report::{BuildReport, Failure, Watch};
use super::tree;
use super::workplace::Workplace;
use crate::lattice::Resolved;
use crate::plan_file::PlanFile;
use crate::{Error, Family, Result};

/// Where a build happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder of the plan; `.swath/` lies in it.
    pub folder: PathBuf,
    /// What is published is exactly its content.
    pub build: PathBuf,
}

impl Place {
    /// `build/` beside the plan.
    pub fn beside(plan: &Path) -> Self {
        let folder = plan.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        Self { build: folder.join("build"), folder }
    }
    pub(super) fn unfinished(&self) -> PathBuf {
        self.folder.join(".swath").join("unfinished")
    }
}

/// Converts what is due of the chosen datasets (all where none is named), then writes the tree of everything that is built.
///
/// One bad file does not stop the others: it is in [`BuildReport::failed`].
///
/// # Errors
/// Disk where the disk is full or refuses: what was finished stays, and is not made again by the next run. Misuse for a dataset
/// that the plan does not have; Conflict where another build of this plan runs.
pub fn run(plan: &PlanFile, resolved: &Resolved, chosen: &[String], place: &Place, watch: &dyn Watch) -> Result<BuildReport> {
    if let Some(unknown) = chosen.iter().find(|c| plan.datasets.iter().all(|d| d.id != **c)) {
        let known = plan.datasets.iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Error::misuse("", format!("the plan has no dataset {unknown:?}"), format!("it has: {known}")));
    }
    let _workplace = Workplace::open(&place.folder)?;
    let path = Workplace::memory(&place.folder);
    let memory = Memory::load(&path);
    let jobs = Jobs::gather(resolved, chosen, &memory, &place.build);
    let mut report = BuildReport { unchanged: jobs.unchanged, failed: jobs.failed, ..BuildReport::default() };
    for dataset in resolved.datasets.iter().filter(|d| chosen.is_empty() || chosen.contains(&d.id)) {
        for file in &dataset.unreadable {
            let failure = Failure {
                path: file.path.display().to_string(),
                asset: dataset.id.clone(),
                error: file.error.clone(),
                hint: None,
                family: Family::Damaged,
            };
            report.failed.push(failure);
        }
    }
    report.failed.iter().for_each(|f| watch.failed(f));
    watch.total(jobs.due.iter().map(|j| j.weight).sum());

    let shop = Shop {
        place,
        watch,
        path: &path,
        files: OpenFiles::new(&jobs.due),
        stop: AtomicBool::new(false),
        state: Mutex::new((memory, Instant::now())),
    };
    let outcomes: Vec<Outcome> = jobs.due.par_iter().map(|job| shop.work(job)).collect();
    let (mut memory, _) = shop.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut fatal = None;
    for outcome in outcomes {
        match outcome {
            Outcome::Converted { read, written } => {
                report.converted += 1;
                report.bytes_read += read;
                report.bytes_written += written;
            }
            Outcome::Failed(failure) => report.failed.push(failure),
            Outcome::Fatal(error) => fatal = fatal.or(Some(error)),
            Outcome::NotBegun => {}
        }
    }
    if let Some(error) = fatal {
        // The disk may be too full even for this; what is not remembered is made again.
        let _ = memory.save(&place.unfinished(), &path);
        return Err(error);
    }
    tree::write(plan, resolved, place, &mut memory, &mut report)?;
    memory.save(&place.unfinished(), &path)?;
    Ok(report)
}

enum Outcome {
    Converted {
        read: u64,
        written: u64,
    },
    Failed(Failure),
    /// The disk refuses: nobody goes on.
    Fatal(Error),
    NotBegun,
}

/// What the threads of one build share.
struct Shop<'a> {
    place: &'a Place,
    watch: &'a dyn Watch,
    path: &'a Path,
    files: OpenFiles,
    stop: AtomicBool,
    state: Mutex<(Memory, Instant)>,
}

const REMEMBER_EVERY: Duration = Duration::from_secs(2);

impl Shop<'_> {
    fn work(&self, job: &Job<'_>) -> Outcome {
        if self.stop.load(Ordering::Relaxed) {
            return Outcome::NotBegun;
        }
        let before = self.lock().0.entries.get(&job.key).map(|e| Before { file: e.file.clone(), sha256: e.facts.sha256.clone() });
        let unfinished = self.place.unfinished();
        let desk = Desk { unfinished: &unfinished, build: &self.place.build, before };
        let result = convert(job, &self.files, &desk, &|bytes| self.watch.advance(bytes));
        self.files.done(&job.asset.path);
        match result {
            Ok(entry) => self.remember(job, entry),
            Err(Trouble::Output(e)) => {
                self.stop.store(true, Ordering::Relaxed);
                Outcome::Fatal(e)
            }
            Err(Trouble::Asset(e)) => {
                let failure = Failure::new(&job.asset.path, &job.key, e);
                self.watch.failed(&failure);
                Outcome::Failed(failure)
            }
        }
    }

    fn remember(&self, job: &Job<'_>, entry: Entry) -> Outcome {
        let outcome = Outcome::Converted { read: job.weight, written: entry.size };
        let mut state = self.lock();
        let (memory, saved) = &mut *state;
        let file = entry.file.clone();
        if let Some(old) = memory.entries.insert(job.key.clone(), entry)
            && old.file != file
        {
            memory.replaced.push(old.file);
        }
        if saved.elapsed() > REMEMBER_EVERY {
            *saved = Instant::now();
            if let Err(e) = memory.save(&self.place.unfinished(), self.path) {
                self.stop.store(true, Ordering::Relaxed);
                return Outcome::Fatal(e);
            }
        }
        outcome
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Memory, Instant)> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
