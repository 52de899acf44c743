use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::gate::Gate;
use super::plan::{Job, ManyPlan, ManyRequest, State, plan};
use super::record::{Entry, Ledger};
use super::report::{Converted, Ended, ManyReport, Outcome, Watch};
use crate::build::memory::hex;
use crate::build::output::disk;
use crate::cog::one::{Opened, Trouble};
use crate::unfinished::sweep_leftovers;
use crate::{Error, Result};

/// In flight in all where no budget is given.
const MEMORY: u64 = 256 << 20;

/// Workers that wait for the disk while others compute.
const WAITING: usize = 3;

/// Converts what is due. One bad file does not stop the others: it is in [`ManyReport::failed`].
///
/// Small files are worked on side by side, as many as there are threads and a few more, which cover what a file waits for the disk;
/// together they hold no more than the budget, so that large ones come one at a time.
///
/// # Errors
/// Misuse as [`plan`]; Conflict where another run writes into the folder; Disk where it cannot be written: what was finished stays.
pub fn run(request: &ManyRequest, watch: &dyn Watch) -> Result<ManyReport> {
    // Refused before anything is written, and decided again by whoever holds the folder.
    plan(request)?;
    let (ledger, _) = Ledger::open(&request.out_dir)?;
    let plan = plan(request)?;
    plan.jobs.iter().filter_map(|job| job.output.parent()).collect::<BTreeSet<_>>().into_iter().for_each(sweep_leftovers);
    let due = |job: &&Job| matches!(job.state, State::Due(_));
    watch.begins(plan.jobs.len(), plan.jobs.iter().filter(due).map(Job::bytes).sum());
    let workers = (rayon::current_num_threads() + WAITING).min(plan.jobs.iter().filter(due).count());
    let shop = Shop {
        watch,
        gate: Gate::new(plan.cog.memory.unwrap_or(MEMORY)),
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        desk: Mutex::new(Desk { ledger, report: ManyReport::default(), failed: Vec::new(), fatal: None }),
        plan: &plan,
        workers: workers.max(1),
    };
    std::thread::scope(|scope| {
        for _ in 0..shop.workers {
            scope.spawn(|| shop.work());
        }
    });
    let Desk { mut report, mut failed, fatal, .. } = shop.desk.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = fatal {
        return Err(error);
    }
    failed.sort_by_key(|(at, _)| *at);
    report.failed = failed.into_iter().filter_map(|(at, e)| Some((plan.jobs.get(at)?.input.clone(), e))).collect();
    Ok(report)
}

/// What the workers of one run share.
struct Shop<'a> {
    plan: &'a ManyPlan,
    watch: &'a dyn Watch,
    workers: usize,
    gate: Gate,
    next: AtomicUsize,
    stop: AtomicBool,
    desk: Mutex<Desk>,
}

struct Desk {
    ledger: Ledger,
    report: ManyReport,
    failed: Vec<(usize, Error)>,
    /// The disk refuses: nobody goes on.
    fatal: Option<Error>,
}

impl Shop<'_> {
    fn work(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.plan.jobs.get(at) else { return };
            let outcome = match &job.state {
                State::Done => Outcome::Unchanged,
                State::Refused(e) => Outcome::Failed(e.clone()),
                State::Due(_) => match self.convert(job) {
                    Ok(converted) => Outcome::Converted(Box::new(converted)),
                    Err(Trouble::Input(e)) => Outcome::Failed(named(e, &job.input)),
                    Err(Trouble::Output(e)) => {
                        self.desk().fatal.get_or_insert(e);
                        self.stop.store(true, Ordering::Relaxed);
                        return;
                    }
                },
            };
            self.enter(at, job, outcome);
        }
    }

    fn enter(&self, at: usize, job: &Job, outcome: Outcome) {
        let mut desk = self.desk();
        match &outcome {
            Outcome::Unchanged => desk.report.unchanged += 1,
            Outcome::Failed(e) => desk.failed.push((at, e.clone())),
            Outcome::Converted(converted) => {
                desk.report.converted += 1;
                desk.report.bytes_read += job.bytes();
                desk.report.bytes_written += converted.report.size;
            }
        }
        self.watch.ended(&Ended { job, outcome });
    }

    fn convert(&self, job: &Job) -> std::result::Result<Converted, Trouble> {
        let started = Instant::now();
        let told = std::cell::Cell::new(0);
        let tell = |bytes: u64| self.watch.advance(bytes.saturating_sub(told.replace(bytes)));
        let weight = job.bytes();
        let share = |pixels: u64, total: u64| {
            let part = u128::from(weight) * u128::from(pixels) / u128::from(total.max(1));
            tell(u64::try_from(part).unwrap_or(weight).min(weight));
        };
        let result = self.write(job, &share);
        tell(weight);
        result.map(|report| Converted { report, seconds: started.elapsed().as_secs_f64() })
    }

    fn write(&self, job: &Job, progress: &dyn Fn(u64, u64)) -> std::result::Result<swath_raster::cog::CogReport, Trouble> {
        let mut opened = Opened::new(&job.input, &self.plan.cog).map_err(Trouble::Input)?;
        let need = self.share_of_memory(&mut opened).map_err(Trouble::Input)?;
        let taken = self.gate.take(need);
        if self.stop.load(Ordering::Relaxed) {
            return Err(Trouble::Output(Error::new(crate::Family::Disk, job.output.display().to_string(), "not begun", "")));
        }
        let folder = job.output.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|e| Trouble::Output(disk(folder, &e)))?;
        let (mut pending, report) = opened.write(folder, progress, &|| false)?;
        // While the disk is waited for, others compute.
        drop((opened, taken));
        let entry = Entry {
            output: job.name.clone(),
            inputs: job.inputs.clone(),
            recipe: self.plan.recipe.clone(),
            size: report.size,
            modified_ns: pending.modified_ns().map_err(Trouble::Output)?,
            sha256: hex(&report.sha256),
        };
        self.desk().ledger.remember(&entry).map_err(Trouble::Output)?;
        pending.commit(&job.output).map_err(Trouble::Output)?;
        Ok(report)
    }

    /// What the raster will hold. Of a budget each worker has its share, and a raster that cannot do with that the whole, alone.
    fn share_of_memory(&self, opened: &mut Opened) -> Result<u64> {
        if let Some(all) = opened.options.memory {
            opened.options.memory = Some(all / self.workers as u64);
            if let Ok(need) = opened.working_bytes() {
                return Ok(need);
            }
            opened.options.memory = Some(all);
        }
        opened.working_bytes()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error that says which file it is about.
fn named(error: Error, input: &Path) -> Error {
    let name = input.display().to_string();
    match error {
        e if e.at.contains(&name) => e,
        e if e.at.is_empty() => Error { at: name, ..e },
        e => Error { at: format!("{name}: {}", e.at), ..e },
    }
}
