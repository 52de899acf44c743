use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use swath_raster::{Nodata, Samples, Window};

use super::parts::{Share, at_once, shares};
use super::spool::Spool;
use super::starts::Starts;
use crate::stack::reduce::{groups, reduce, reduced_bands, reduced_type};
use crate::stack::{Band, Failure, Fetch, Outcome, Planes, Reduce, Stack, StackPlan, Time, Values, run, with_blocks};
use crate::{Error, Family, Result};

/// What a collection may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Bytes of memory for the array while it is worked on.
    pub memory: u64,
    /// Where what does not fit into it waits.
    pub scratch: PathBuf,
}

/// An array that was read and reduced, wherever it lies.
pub struct Collected {
    pub array: Box<dyn Planes + Send>,
    /// Assets that could not be read, where errors are to leave pixels empty; in the plan's order.
    pub failures: Vec<Failure>,
}

impl Collected {
    /// The array with its samples in memory, for what needs all of them at once.
    ///
    /// # Errors
    /// OverLimit where they are more bytes than `limit`.
    pub fn into_stack(self, limit: u64) -> Result<Stack> {
        let head = self.array.head();
        let [times, bands, rows, cols] = head.shape();
        let samples = times * bands * rows * cols;
        let bytes = (samples * head.sample().size()) as u64;
        if bytes > limit {
            let readable = crate::stack::readable_bytes;
            let found = format!("the array takes {}", readable(bytes));
            let error = Error::new(Family::OverLimit, "", found, format!("at most {}", readable(limit)));
            return Err(error.hint("take less with --bbox, --datetime or --assets, or coarser pixels with --resolution"));
        }
        let window = Window::whole(head.grid.shape);
        let mut data = Samples::zeros(head.sample(), samples);
        let mut valid = Vec::new();
        for (plane, to) in data.as_bytes_mut().chunks_mut((rows * cols * head.sample().size()).max(1)).enumerate() {
            to.copy_from_slice(self.array.read(plane, window)?.as_bytes());
            valid.extend(self.array.valid(plane, window)?.unwrap_or_default());
        }
        let valid = (valid.len() == samples).then_some(valid);
        Ok(Stack { data, valid, ..head.clone_head() })
    }
}

/// Parts under way at once: while one is reduced and laid down the next is read.
const AT_ONCE: usize = 2;
/// What a run holds of pieces under way, beside the array.
const PIECES: u64 = 96 << 20;
/// The least that a part may take, whatever the budget.
const LEAST: u64 = 16 << 20;

/// Reads and reduces what the plan says, as [`run`] does, without ever holding the whole array of all steps: where that would take more
/// than the room's memory, the plan is worked through part by part, and what comes out waits in a nameless file in the scratch folder.
///
/// # Errors
/// As [`run`]; Disk where the scratch folder has too little room.
pub async fn collect(plan: &StackPlan, fetch: &dyn Fetch, room: &Room, progress: &(dyn Fn(u64) + Sync)) -> Result<Collected> {
    let budget = (room.memory.saturating_sub(AT_ONCE as u64 * PIECES) / AT_ONCE as u64).max(LEAST);
    if at_once(plan) <= room.memory.saturating_sub(PIECES).max(LEAST) {
        let Outcome { stack, failures } = run(plan, fetch, progress).await?;
        return Ok(Collected { array: Box::new(stack), failures });
    }
    enough_disk(&room.scratch, made_bytes(plan))?;
    let starts = Starts::new(fetch, (budget / 8) as usize);
    let plan = &with_blocks(plan.clone(), &starts).await;
    let head = head(plan)?;
    let nodata = plan.nodata.filter(|_| plan.reduce.keeps_values() && plan.values == Values::Stored);
    let spool = Arc::new(Spool::new(Stack { nodata, ..head }, &room.scratch)?);
    let mut failures: Vec<Failure> = Vec::new();
    let mut found: Option<Nodata> = None;
    let mut parts = stream::iter(shares(plan, budget)).map(|share| one(plan, share, &starts, &spool, progress)).buffered(AT_ONCE);
    while let Some((nodata, failed)) = parts.try_next().await? {
        found = found.or(nodata);
        failures.extend(failed);
    }
    drop(parts);
    let spool = Arc::into_inner(spool).ok_or_else(|| Error::misuse("", "a part is still being laid", ""))?;
    Ok(Collected { array: Box::new(spool.finish(found)?), failures: once(plan, failures) })
}

/// Reads, reduces and lays one part; answers what it found to mean nothing, and what failed.
async fn one(
    plan: &StackPlan,
    share: Share,
    fetch: &dyn Fetch,
    spool: &Arc<Spool>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Option<Nodata>, Vec<Failure>)> {
    let Outcome { stack, failures } = run(&plan.cut(&share.part)?, fetch, progress).await?;
    let (how, over, spool) = (plan.reduce, plan.over, Arc::clone(spool));
    let work = tokio::task::spawn_blocking(move || {
        let made = fitted(reduce(stack, how, over)?.with_nan_named(), spool.head().nodata);
        spool.lay(&made, (share.first, share.part.bands.start), share.part.window)?;
        Ok::<_, Error>(made.nodata)
    });
    let nodata = work.await.map_err(|e| Error::misuse("", format!("a worker stopped: {e}"), ""))??;
    Ok((nodata, failures))
}

/// The array without its samples.
fn head(plan: &StackPlan) -> Result<Stack> {
    let plain = |b: &Band| if plan.values == Values::Rescaled { Band { scale: None, offset: None, ..b.clone() } } else { b.clone() };
    let bands: Vec<Band> = plan.bands.iter().map(plain).collect();
    let read = if plan.values == Values::Rescaled { reduced_type(plan.data_type, Reduce::Mean) } else { plan.data_type };
    let times: Vec<Time> = match plan.reduce {
        Reduce::None => plan.times.clone(),
        how => groups(&plan.times, how, plan.over).into_iter().map(|g| g.time).collect(),
    };
    Ok(Stack {
        times,
        bands: reduced_bands(&bands, plan.reduce),
        grid: plan.grid.grid()?,
        data: Samples::zeros(reduced_type(read, plan.reduce), 0),
        nodata: None,
        valid: None,
        reduce: plan.reduce,
        over: plan.over,
    })
}

/// Bytes of the samples that a plan makes.
pub fn made_bytes(plan: &StackPlan) -> u64 {
    let steps = if plan.reduce == Reduce::None { plan.times.len() } else { groups(&plan.times, plan.reduce, plan.over).len() };
    let read = if plan.values == Values::Rescaled { reduced_type(plan.data_type, Reduce::Mean) } else { plan.data_type };
    let size = reduced_type(read, plan.reduce).size();
    let shape = plan.grid.shape;
    [steps as u64, plan.bands.len() as u64, shape.width.into(), shape.height.into(), size as u64].into_iter().fold(1, u64::saturating_mul)
}

/// The same part with the nodata of the whole, where its files gave it another.
fn fitted(part: Stack, nodata: Option<Nodata>) -> Stack {
    if part.nodata == nodata || !part.sample().is_integer() {
        return part;
    }
    let [times, bands, ..] = part.shape();
    let planes = (0..times).flat_map(|t| (0..bands).map(move |b| (t, b)));
    let valid: Vec<u8> = planes.flat_map(|(t, b)| part.plane_f64(t, b)).map(|v| u8::from(!v.is_nan())).collect();
    let Some(value) = nodata else { return Stack { nodata, valid: Some(valid), ..part } };
    let fill = crate::stack::empty_samples(part.sample(), Some(value), 1);
    let (fill, mut data) = (fill.as_bytes().to_vec(), part.data.clone());
    for (sample, valid) in data.as_bytes_mut().chunks_mut(fill.len()).zip(&valid) {
        if *valid == 0 {
            sample.copy_from_slice(&fill);
        }
    }
    Stack { nodata, valid: None, data, ..part }
}

/// Each asset once, in the plan's order.
fn once(plan: &StackPlan, mut failures: Vec<Failure>) -> Vec<Failure> {
    let place = |f: &Failure| plan.sources.iter().position(|s| s.item == f.item && s.asset == f.asset);
    failures.sort_by_cached_key(place);
    failures.dedup_by(|a, b| a.item == b.item && a.asset == b.asset);
    failures
}

/// # Errors
/// Disk where the array, and again what is written of it, would not fit.
fn enough_disk(folder: &Path, bytes: u64) -> Result<()> {
    let Ok(system) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if bytes < free {
        return Ok(());
    }
    let readable = crate::stack::readable_bytes;
    let found = format!("the array takes {}, the disk has {} free", readable(bytes), readable(free));
    let error = Error::new(Family::Disk, folder.display().to_string(), found, "a disk with room for it");
    Err(error.hint("take less with --bbox, --datetime or --assets, coarser pixels with --resolution, or fewer steps with --reduce"))
}
