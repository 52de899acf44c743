//! The blocks of one file that a run needs: each fetched once and decoded once, and kept only as long as a piece waits for it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use swath_raster::tiff::{Block, BlockAt, Level};
use swath_raster::{Span, Window};
use tokio::sync::OnceCell;

use super::fetch::Fetch;
use super::merge::merged;
use crate::{Error, Result};

/// A range of the file.
pub(super) struct Stretch {
    pub range: Range<u64>,
    bytes: OnceCell<Bytes>,
}

/// A block and where its bytes are; sparse ones have none.
pub(super) struct Slot {
    pub at: BlockAt,
    stored: Option<(Span, Arc<Stretch>)>,
    decoded: OnceLock<Result<Block>>,
}

/// What one piece needs of one level: the blocks, and which ranges it is the first to ask for.
#[derive(Clone, Default)]
pub(super) struct Share(pub Vec<Arc<Slot>>);

/// Hands out the blocks of a level; every block is one slot, whoever asks.
pub(super) struct Stock<'a> {
    level: &'a Level,
    bands: &'a [usize],
    slots: HashMap<BlockAt, Arc<Slot>>,
}

impl<'a> Stock<'a> {
    /// For all of these windows.
    ///
    /// # Errors
    /// Damaged where a block lies outside the file.
    pub fn new(level: &'a Level, bands: &'a [usize], windows: impl Iterator<Item = Window>) -> Result<Self> {
        let mut places: HashMap<BlockAt, Option<Span>> = HashMap::new();
        for at in windows.flat_map(|window| level.blocks(bands, window)) {
            if let std::collections::hash_map::Entry::Vacant(new) = places.entry(at) {
                new.insert(level.checked_span(at)?);
            }
        }
        let spans: Vec<Span> = places.values().filter_map(|span| *span).collect();
        let stretches: Vec<Arc<Stretch>> =
            merged(&spans).into_iter().map(|range| Arc::new(Stretch { range, bytes: OnceCell::new() })).collect();
        let holder = |span: Span| {
            let after = stretches.partition_point(|s| s.range.start <= span.offset);
            stretches.get(after.checked_sub(1)?).filter(|s| span.end() <= s.range.end).map(|s| (span, Arc::clone(s)))
        };
        let slots = places.into_iter().map(|(at, span)| {
            let slot = Slot { at, stored: span.and_then(holder), decoded: OnceLock::new() };
            (at, Arc::new(slot))
        });
        let slots = slots.collect();
        Ok(Self { level, bands, slots })
    }

    pub fn share(&self, window: Window) -> Share {
        Share(self.level.blocks(self.bands, window).iter().filter_map(|at| self.slots.get(at).cloned()).collect())
    }
}

impl Share {
    /// The ranges that hold its blocks, each once.
    pub fn stretches(&self) -> Vec<Arc<Stretch>> {
        let mut all: Vec<Arc<Stretch>> = self.0.iter().filter_map(|slot| slot.stored.as_ref().map(|(_, s)| Arc::clone(s))).collect();
        all.sort_by_key(|s| s.range.start);
        all.dedup_by_key(|s| s.range.start);
        all
    }
}

impl Stretch {
    pub fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Its bytes, fetched by whoever asks first.
    ///
    /// # Errors
    /// As [`Fetch::ranges`], naming the range.
    pub async fn load(&self, fetch: &dyn Fetch, href: &str, version: Option<&str>) -> Result<()> {
        let fetched = self.bytes.get_or_try_init(async || {
            let mut parts = fetch.ranges(href, std::slice::from_ref(&self.range), version).await.map_err(|e| within(e, &self.range))?;
            Ok(parts.pop().unwrap_or_default())
        });
        fetched.await.map(|_| ())
    }
}

impl Slot {
    /// The samples of the block, decoded by whoever asks first.
    ///
    /// # Errors
    /// As [`Level::decode`], naming the range.
    pub fn block(&self, level: &Level) -> Result<Block> {
        let decoded = self.decoded.get_or_init(|| {
            let Some((span, stretch)) = &self.stored else { return Ok(level.decode(self.at, None)?) };
            let range = span.offset..span.end();
            let part = stretch.bytes.get().and_then(|bytes| {
                let from = usize::try_from(span.offset - stretch.range.start).ok()?;
                let to = usize::try_from(span.end() - stretch.range.start).ok()?;
                (to <= bytes.len()).then(|| bytes.slice(from..to))
            });
            let part = part.ok_or_else(|| Error::misuse("", "a block's bytes did not arrive", ""))?;
            level.decode(self.at, Some(part)).map_err(|e| within(e.into(), &range))
        });
        decoded.clone()
    }
}

/// The same error with the range of bytes behind its place.
fn within(e: Error, range: &Range<u64>) -> Error {
    Error { at: format!("{}, bytes {}..{}", e.at, range.start, range.end), ..e }
}
