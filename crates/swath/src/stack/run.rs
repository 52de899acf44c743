use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use rayon::prelude::*;
use swath_raster::Window;

use super::budget::{Budget, Held};
use super::canvas::{Canvas, Ground};
use super::fetch::{Cost, Fetch};
use super::header::{self, Opened};
use super::piece::{Empty, Made, Piece};
use super::place::Positions;
use super::plan::Source;
use super::read::Reader;
use super::{OnError, Stack, StackPlan, Values, reduce, rescale};
use crate::{Error, Result};

/// Headers asked for at once.
const HEADERS: usize = 256;
/// Pieces that wait to be decoded, so that no thread does while one is laid.
const WAITING: usize = 4;
/// Pieces whose bytes are asked for at once.
const FETCHES: usize = 512;

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
    // What no pixel can hold would leave the holes unsaid.
    let nodata = nodata.filter(|n| !plan.data_type.is_integer() || n.fits(plan.data_type));
    let told = readers.iter().flatten().all(|r| r.tells(plan.data_type, nodata)) && (nodata.is_some() || plan.data_type.is_float());
    let empty = Empty { nodata, told };
    let (bands, planes) = (plan.bands.len(), plan.times.len() * plan.bands.len());
    let mut canvas = Canvas::new(plan.data_type, empty, planes, plan.grid.shape)?;
    let grounds = grounds(plan);
    let mut pieces: Vec<Piece> = Vec::new();
    for (reader, cut) in cut(&readers) {
        match cut {
            Ok(some) => pieces.extend(some),
            Err(e) => failed.note(reader, header::about(&plan.sources[reader], e))?,
        }
    }
    drop(readers);
    let budget = Budget::beside(plan.array_bytes());
    let (at_once, grounds) = (rayon::current_num_threads() + WAITING, &grounds);
    let loading = stream::iter(pieces).map(|piece| fetched(piece, fetch, &budget));
    let decode = |fetched| decoded(fetched, empty, grounds);
    // Where no two meet it does not matter which comes first.
    let apart = grounds.iter().all(|ground| *ground == Ground::Fresh);
    let mut loading = match apart {
        true => loading.buffer_unordered(FETCHES).map(decode).buffer_unordered(at_once).left_stream(),
        false => loading.buffered(FETCHES).map(decode).buffered(at_once).right_stream(),
    };
    while let Some((piece, made, held)) = loading.next().await {
        let (source, window) = (&piece.reader.source, plan.in_part(piece.target));
        match made {
            Ok(made) => piece.lay(&made, &mut canvas, source.time * bands, window, grounds[piece.index])?,
            Err(e) => failed.note(piece.index, header::about(source, e))?,
        }
        budget.settle(held, source.bytes(window));
        progress(source.bytes(window));
    }
    drop(loading);
    let (data, valid) = canvas.into_parts(planes);
    let grid = plan.grid.grid()?;
    let stack = Stack {
        times: plan.times.clone(),
        bands: plan.bands.clone(),
        grid,
        data,
        nodata,
        valid,
        reduce: super::Reduce::None,
        over: super::Over::All,
    };
    let stack = if plan.values == Values::Rescaled { rescale::rescale(stack) } else { stack };
    Ok(Outcome { stack: reduce::reduce(stack, plan.reduce, plan.over)?.with_nan_named(), failures: failed.list(plan) })
}

/// The pieces of each source that has a reader.
fn cut(readers: &[Option<Arc<Reader>>]) -> Vec<(usize, Result<Vec<Piece>>)> {
    let cut = |(index, reader): (usize, &Option<Arc<Reader>>)| Some((index, reader.as_ref()?.pieces(index)));
    crate::on_own_threads(|| readers.par_iter().enumerate().filter_map(cut).collect())
}

/// For each source whether an earlier one may have filled pixels of its window.
fn grounds(plan: &StackPlan) -> Vec<Ground> {
    let mut laid: HashMap<(usize, usize), Vec<Window>> = HashMap::new();
    let meet = |a: &Window, b: &Window| {
        let apart = |a: u32, a_len: u32, b: u32, b_len: u32| a.saturating_add(a_len) <= b || b.saturating_add(b_len) <= a;
        !apart(a.col, a.width, b.col, b.width) && !apart(a.row, a.height, b.row, b.height)
    };
    let ground = |source: &Source| {
        let mut ground = Ground::Fresh;
        for band in &source.bands {
            let known = laid.entry((source.time, band.array)).or_default();
            // Looking at all of thousands would take longer than it saves.
            if known.len() > 4096 || known.iter().any(|w| meet(w, &source.target)) {
                ground = Ground::Shared;
            }
            known.push(source.target);
        }
        ground
    };
    plan.sources.iter().map(ground).collect()
}

/// What the run will move: the headers are read, the blocks only counted.
///
/// # Errors
/// As [`run`].
pub async fn survey(plan: &StackPlan, fetch: &dyn Fetch) -> Result<Cost> {
    let mut failed = Failures { on_error: plan.errors, first: HashMap::new() };
    let mut cost = Cost::default();
    for (_, pieces) in cut(&readers(plan, fetch, &mut failed).await?) {
        for piece in pieces? {
            cost = Cost { requests: cost.requests + piece.requests as u64, bytes: cost.bytes + piece.fetched };
        }
    }
    Ok(cost)
}

/// A reader for each source, in the plan's order; none where its header could not be read and that is to be borne.
async fn readers(plan: &StackPlan, fetch: &dyn Fetch, failed: &mut Failures) -> Result<Vec<Option<Arc<Reader>>>> {
    let grid = plan.whole_grid()?;
    let positions = Positions::of(plan, &grid)?;
    // While the headers are on their way.
    let positions = tokio::task::spawn_blocking(|| crate::on_own_threads(positions));
    // A file that serves several times or bands of the plan is opened once.
    let mut first_of: HashMap<&str, usize> = HashMap::new();
    let opens: Vec<usize> = (0..plan.sources.len()).filter(|&i| *first_of.entry(&plan.sources[i].href).or_insert(i) == i).collect();
    let mut opening =
        stream::iter(opens).map(|i| async move { (i, header::open(fetch, &plan.sources[i]).await) }).buffer_unordered(HEADERS);
    let mut opened: HashMap<usize, std::result::Result<Opened, Error>> = HashMap::new();
    while let Some((i, tiff)) = opening.next().await {
        if let Err(e) = &tiff
            && plan.errors == OnError::Raise
        {
            return Err(e.clone());
        }
        opened.insert(i, tiff);
    }
    let positions = positions.await.unwrap_or_else(|e| Err(stopped(&e)))?;
    let mut readers = Vec::with_capacity(plan.sources.len());
    for (i, source) in plan.sources.iter().enumerate() {
        let reader = match first_of.get(source.href.as_str()).and_then(|first| opened.get(first)) {
            Some(Ok(tiff)) => Reader::new(plan, source, tiff.clone(), &grid, &positions).map(Arc::new),
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

type Fetched<'a> = (Piece, Result<()>, Held<'a>);

/// Fetches one piece once there is memory for it. Pieces ask in their order, so the first is never kept waiting by a later one.
async fn fetched<'a>(piece: Piece, fetch: &dyn Fetch, budget: &'a Budget) -> Fetched<'a> {
    let held = budget.take(piece.fetched).await;
    let done = piece.fetch(fetch).await;
    (piece, done, held)
}

async fn decoded<'a>(fetched: Fetched<'a>, empty: Empty, grounds: &[Ground]) -> (Arc<Piece>, Result<Made>, Held<'a>) {
    let (piece, fetched, held) = fetched;
    let (ground, piece) = (grounds[piece.index], Arc::new(piece));
    if let Err(e) = fetched {
        return (piece, Err(e), held);
    }
    let own = Arc::clone(&piece);
    // On a thread of the pool what is parallel inside costs little.
    let work = move || crate::on_own_threads(|| rayon::scope(|_| own.made(empty, ground)));
    let made = tokio::task::spawn_blocking(work).await;
    let made = made.unwrap_or_else(|e| Err(stopped(&e)));
    (piece, made, held)
}

fn stopped(e: &tokio::task::JoinError) -> Error {
    Error::misuse("", format!("a worker stopped: {e}"), "")
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
