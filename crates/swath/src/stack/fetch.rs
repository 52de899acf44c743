use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use futures::future::BoxFuture;
use swath_raster::Span;
use swath_store::Store;

use crate::{Family, Result};

/// Bytes of files by their hrefs: what a stack reads through.
pub trait Fetch: Send + Sync {
    /// The ranges of one file, in the order asked.
    ///
    /// # Errors
    /// Absent, Refused, Unreachable, or Damaged where the file ends before a range does.
    fn ranges<'a>(&'a self, href: &'a str, ranges: &'a [Range<u64>]) -> BoxFuture<'a, Result<Vec<Bytes>>>;
    /// Bytes of the whole file.
    ///
    /// # Errors
    /// As [`Fetch::ranges`].
    fn size<'a>(&'a self, href: &'a str) -> BoxFuture<'a, Result<u64>>;
    /// What this has cost so far.
    fn cost(&self) -> Cost;
}

/// Requests sent and bytes received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    pub requests: u64,
    pub bytes: u64,
}

/// Reads through the store that a catalog was opened with; links lead elsewhere under that store's rules.
pub struct StoreFetch {
    root: Store,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl StoreFetch {
    pub fn new(root: Store) -> Self {
        Self { root, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }
}

impl Fetch for StoreFetch {
    fn ranges<'a>(&'a self, href: &'a str, ranges: &'a [Range<u64>]) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        Box::pin(async move {
            let (store, path) = self.root.resolve("", href)?;
            let parts = store.get_ranges(&path, ranges, None).await?;
            self.requests.fetch_add(ranges.len() as u64, Relaxed);
            self.bytes.fetch_add(parts.iter().map(|p| p.len() as u64).sum(), Relaxed);
            Ok(parts)
        })
    }
    fn size<'a>(&'a self, href: &'a str) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async move {
            let (store, path) = self.root.resolve("", href)?;
            self.requests.fetch_add(1, Relaxed);
            Ok(store.head(&path).await?.size)
        })
    }
    fn cost(&self) -> Cost {
        Cost { requests: self.requests.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }
}

/// Bytes between two ranges that are cheaper to read along than to ask for twice.
const GAP: u64 = 64 << 10;
/// A merged range grows no longer than this, so that ranges can travel side by side.
const LONGEST: u64 = 4 << 20;

/// The fewest requests for these spans: near ones become one range. Sorted.
pub(crate) fn merged(spans: &[Span]) -> Vec<Range<u64>> {
    let mut spans: Vec<Span> = spans.iter().copied().filter(|s| s.len > 0).collect();
    spans.sort_unstable();
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for span in spans {
        match ranges.last_mut() {
            Some(last) if span.offset <= last.end.saturating_add(GAP) && span.end().max(last.end) - last.start <= LONGEST => {
                last.end = last.end.max(span.end());
            }
            Some(last) if span.end() <= last.end => {}
            _ => ranges.push(span.offset..span.end()),
        }
    }
    ranges
}

/// First bytes of a file that may be shorter.
pub(super) async fn head(fetch: &dyn Fetch, href: &str, size: Option<u64>, wanted: u64) -> Result<(Bytes, Option<u64>)> {
    let first = |len: u64| [0..len];
    let size = match size {
        Some(size) => size,
        None => match fetch.ranges(href, &first(wanted)).await {
            Ok(mut parts) if parts.len() == 1 => return Ok((parts.remove(0), None)),
            Err(e) if e.family != Family::Damaged => return Err(e),
            // Shorter than asked for: its size is needed after all.
            _ => fetch.size(href).await?,
        },
    };
    let mut parts = fetch.ranges(href, &first(wanted.min(size))).await?;
    Ok((parts.pop().unwrap_or_default(), Some(size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_spans_become_one_request() {
        let span = |offset, len| Span { offset, len };
        for (spans, expected) in [
            (vec![span(100, 50), span(0, 100)], vec![0..150]),
            (vec![span(0, 10), span(10 + GAP, 10)], vec![0..20 + GAP]),
            (vec![span(0, 10), span(11 + GAP, 10)], vec![0..10, 11 + GAP..21 + GAP]),
            (vec![span(0, LONGEST), span(LONGEST, 10), span(5, 10)], vec![0..LONGEST, LONGEST..LONGEST + 10]),
            (vec![span(7, 0)], vec![]),
        ] {
            assert_eq!(merged(&spans), expected, "{spans:?}");
        }
    }
}
