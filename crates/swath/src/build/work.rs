//! Many conversions at once, and what is remembered of them.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::convert::{Desk, OpenFiles, Trouble, convert};
use super::failed::Failed;
use super::jobs::{Job, Jobs};
use super::memory::{Entry, Memory};
use super::report::{BuildReport, Failure, Watch};
use super::run::Place;
use crate::stop::stopped;
use crate::{Error, Result};

/// Where the work is done.
pub(super) struct Bench<'a> {
    pub place: &'a Place,
    pub watch: &'a dyn Watch,
    /// The file that remembers it.
    pub memory: &'a Path,
    /// The folder of what is not whole yet; nobody else writes there.
    pub unfinished: PathBuf,
}

impl Bench<'_> {
    /// Converts all that is due, and enters it into the memory.
    ///
    /// # Errors
    /// Disk: what was finished is remembered.
    pub(super) fn work_off(&self, jobs: Jobs<'_>, mut memory: Memory) -> Result<(Memory, BuildReport)> {
        memory.failed.clear();
        let mut report = BuildReport { unchanged: jobs.unchanged, failed: jobs.failed, ..BuildReport::default() };
        report.failed.iter().for_each(|f| self.watch.failed(f));
        self.watch.total(jobs.due.iter().map(|j| j.weight).sum());
        let shop = Shop {
            bench: self,
            files: OpenFiles::new(&jobs.due),
            stop: AtomicBool::new(false),
            state: Mutex::new((memory, Instant::now())),
        };
        let outcomes: Vec<Outcome> = jobs.due.par_iter().map(|job| shop.work(job)).collect();
        let (memory, _) = shop.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
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
            let _ = self.save(&memory);
            return Err(error);
        }
        Ok((memory, report))
    }

    fn save(&self, memory: &Memory) -> Result<()> {
        memory.save(&self.unfinished, self.memory)
    }
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
    bench: &'a Bench<'a>,
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
        let told = || self.bench.watch.is_stopped();
        if told() {
            return Outcome::Fatal(stopped("the build"));
        }
        let desk = Desk { unfinished: &self.bench.unfinished, build: &self.bench.place.build, told: &told };
        let result = convert(job, &self.files, &desk, &|bytes| self.bench.watch.advance(bytes));
        self.files.done(&job.asset.path);
        match result {
            Ok(entry) => self.remember(job, entry),
            Err(Trouble::Output(e)) => {
                self.stop.store(true, Ordering::Relaxed);
                Outcome::Fatal(e)
            }
            Err(Trouble::Asset(e)) => {
                let failure = Failure::new(&job.asset.path, &job.key, e);
                self.bench.watch.failed(&failure);
                self.lock().0.failed.push(Failed::new(job, &failure));
                Outcome::Failed(failure)
            }
        }
    }

    fn remember(&self, job: &Job<'_>, entry: Entry) -> Outcome {
        let outcome = Outcome::Converted { read: job.weight, written: entry.size };
        let mut state = self.lock();
        let (memory, saved) = &mut *state;
        let file = entry.file.clone();
        memory.entries.insert(job.key.clone(), entry);
        if let Some(before) = job.before.as_ref().filter(|before| before.file != file) {
            memory.replaced.push(before.file.clone());
        }
        if saved.elapsed() > REMEMBER_EVERY {
            *saved = Instant::now();
            if let Err(e) = self.bench.save(memory) {
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
