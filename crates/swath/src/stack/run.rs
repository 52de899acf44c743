use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use swath_raster::tiff::Tiff;
use swath_raster::warp::Patch;
use tokio::sync::Semaphore;

use super::canvas::Canvas;
use super::fetch::{Cost, Fetch};
use super::header;
use super::plan::{Source, positions_of};
use super::read::{Piece, Reader};
use super::{OnError, Stack, StackPlan, Values, reduce, rescale};
use crate::{Error, Result};

/// Headers asked for at once.
const HEADERS: usize = 64;
/// Pieces under way at once, and the KiB that they may hold together.
const PIECES: usize = 64;
const MEMORY_KIB: usize = 96 << 10;

/// What a run gave.
#[derive(Debug)]
pub struct Outcome {
    pub stack: Stack,
    /// Assets that could not be read, where errors are to leave pixels empty; in the plan's order.
    pub failures: Vec<Failure>,
}

#[derive(Debug, Clone)]
pub struct Failure {
    pub item: String,
    pub asset: String,
    pub error: Error,
}

/// Reads what the plan says: all headers at once, then only the blocks needed, each decoded once where pixels are copied.
/// `progress` is told of bytes of the array as they are filled, [`StackPlan::work`] in all.
///
/// # Errors
/// The first failure, naming item and asset, unless the plan's errors are to leave pixels empty; Damaged where a file contradicts
/// its metadata.
pub async fn run(plan: &StackPlan, fetch: &dyn Fetch, progress: &(dyn Fn(u64) + Sync)) -> Result<Outcome> {
    let mut failed: Failures = Failures { on_error: plan.errors, first: HashMap::new() };
    let readers = readers(plan, fetch, &mut failed).await?;
    let nodata = plan.nodata.or_else(|| readers.iter().flatten().find_map(|r| r.source.bands.first().and_then(|b| r.nodata(b.file))));
    let shape = plan.grid.shape;
    let (bands, planes) = (plan.bands.len(), plan.times.len() * plan.bands.len());
    let mut canvas = Canvas::new(plan.data_type, nodata, planes, shape.width, shape.height)?;
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, reader) in readers.iter().enumerate() {
        if let Some(reader) = reader {
            pieces.extend(reader.pieces(index)?);
        }
    }
    let mut left = Left::of(plan, &pieces);
    let room = Semaphore::new(MEMORY_KIB);
    let mut loading = stream::iter(pieces).map(|piece| load(piece, fetch, &room)).buffered(PIECES);
    while let Some((piece, loaded, held)) = loading.next().await {
        match loaded {
            Ok(patches) => {
                for (band, patch) in piece.reader.source.bands.iter().zip(&patches) {
                    canvas.lay(piece.reader.source.time * bands + band.array, piece.target, patch)?;
                }
            }
            Err(e) => failed.note(piece.index, header::about(&piece.reader.source, e))?,
        }
        drop(held);
        left.one_less(&piece.reader.source, bands).into_iter().for_each(|plane| canvas.finish(plane));
        progress(piece.reader.source.bytes(piece.target));
    }
    drop(loading);
    let (data, valid) = canvas.into_parts(planes);
    let grid = plan.grid.grid()?;
    let stack = Stack { times: plan.times.clone(), bands: plan.bands.clone(), grid, data, nodata, valid, reduce: super::Reduce::None };
    let stack = if plan.values == Values::Rescaled { rescale::rescale(stack) } else { stack };
    Ok(Outcome { stack: reduce::reduce(stack, plan.reduce).with_nan_named(), failures: failed.list(plan) })
}

/// What the run will move: the headers are read, the blocks only counted.
///
/// # Errors
/// As [`run`].
pub async fn survey(plan: &StackPlan, fetch: &dyn Fetch) -> Result<Cost> {
    let mut failed = Failures { on_error: plan.errors, first: HashMap::new() };
    let mut cost = Cost::default();
    for (index, reader) in readers(plan, fetch, &mut failed).await?.into_iter().enumerate() {
        for piece in reader.map(|r| r.pieces(index)).transpose()?.unwrap_or_default() {
            for range in piece.ranges()? {
                cost = Cost { requests: cost.requests + 1, bytes: cost.bytes + (range.end - range.start) };
            }
        }
    }
    Ok(cost)
}

/// A reader for each source, in the plan's order; none where its header could not be read and that is to be borne.
async fn readers(plan: &StackPlan, fetch: &dyn Fetch, failed: &mut Failures) -> Result<Vec<Option<Arc<Reader>>>> {
    let (grid, positions) = (plan.grid.grid()?, positions_of(plan)?);
    // A file that serves several times or bands of the plan is opened once.
    let mut first_of: HashMap<&str, usize> = HashMap::new();
    let opens: Vec<usize> = (0..plan.sources.len()).filter(|&i| *first_of.entry(&plan.sources[i].href).or_insert(i) == i).collect();
    let mut opening =
        stream::iter(opens).map(|i| async move { (i, header::open(fetch, &plan.sources[i]).await) }).buffer_unordered(HEADERS);
    let mut opened: HashMap<usize, std::result::Result<Tiff, Error>> = HashMap::new();
    while let Some((i, tiff)) = opening.next().await {
        if let Err(e) = &tiff
            && plan.errors == OnError::Raise
        {
            return Err(e.clone());
        }
        opened.insert(i, tiff);
    }
    let mut readers = Vec::with_capacity(plan.sources.len());
    for (i, source) in plan.sources.iter().enumerate() {
        let reader = match first_of.get(source.href.as_str()).and_then(|first| opened.get(first)) {
            Some(Ok(tiff)) => Reader::new(source.clone(), tiff.clone(), &grid, &positions, plan.resampling).map(Arc::new),
            Some(Err(e)) => Err(e.clone()),
            None => Err(Error::misuse(&source.href, "was not opened", "")),
        };
        match reader {
            Ok(reader) => readers.push(Some(reader)),
            Err(e) => {
                failed.note(i, e)?;
                readers.push(None);
            }
        }
    }
    Ok(readers)
}

/// Loads one piece once there is memory for it. Pieces ask for memory in their order, so the first is never kept waiting by a later one.
async fn load<'a>(
    piece: Piece,
    fetch: &dyn Fetch,
    room: &'a Semaphore,
) -> (Piece, Result<Vec<Patch>>, Option<tokio::sync::SemaphorePermit<'a>>) {
    let kib = (piece.memory() >> 10).clamp(1, MEMORY_KIB);
    // MEMORY_KIB fits a u32, and the semaphore is never closed.
    let held = room.acquire_many(kib as u32).await.ok();
    let loaded = piece.clone().load(fetch).await;
    (piece, loaded, held)
}

/// How many pieces each plane still waits for.
struct Left(HashMap<usize, usize>);

impl Left {
    fn of(plan: &StackPlan, pieces: &[Piece]) -> Self {
        let mut left = HashMap::new();
        for piece in pieces {
            for band in &piece.reader.source.bands {
                *left.entry(piece.reader.source.time * plan.bands.len() + band.array).or_insert(0) += 1;
            }
        }
        Self(left)
    }
    /// Planes that are now complete.
    fn one_less(&mut self, source: &Source, bands: usize) -> Vec<usize> {
        let planes = source.bands.iter().map(|b| source.time * bands + b.array);
        planes
            .filter(|plane| {
                let count = self.0.entry(*plane).or_insert(1);
                *count = count.saturating_sub(1);
                *count == 0
            })
            .collect()
    }
}

struct Failures {
    on_error: OnError,
    first: HashMap<usize, Error>,
}

impl Failures {
    fn note(&mut self, source: usize, error: Error) -> Result<()> {
        if self.on_error == OnError::Raise {
            return Err(error);
        }
        self.first.entry(source).or_insert(error);
        Ok(())
    }
    fn list(mut self, plan: &StackPlan) -> Vec<Failure> {
        let mut found: Vec<usize> = self.first.keys().copied().collect();
        found.sort_unstable();
        found
            .into_iter()
            .filter_map(|i| {
                let (source, error) = (plan.sources.get(i)?, self.first.remove(&i)?);
                Some(Failure { item: source.item.clone(), asset: source.asset.clone(), error })
            })
            .collect()
    }
}
