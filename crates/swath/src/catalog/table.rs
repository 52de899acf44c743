use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use swath_stac::Query;
use swath_stac::geoparquet::{Opening, Pieces, Rows, Search, Step, Table};
use swath_store::{Family as Told, Start};

use super::Document;
use crate::{Error, Family, Result};

/// A table of items at its place: its footer, and all of it where it is small.
pub(crate) struct PlacedTable {
    pub table: Arc<Table>,
    document: Document,
    /// The version that the footer is of.
    etag: Option<String>,
    /// All of a small table, the end of a larger one.
    pieces: Pieces,
    /// Bytes that were read to open it.
    opened: u64,
}

/// What a table says of itself, at most.
const LARGEST_FOOTER: u64 = 256 << 20;
/// Bytes between two pages that are cheaper to read along than to ask for twice.
const GAP: u64 = 24 << 10;
/// A merged request grows no longer than this, so that requests can travel side by side.
const LONGEST: u64 = 8 << 20;

impl PlacedTable {
    /// # Errors
    /// Absent, Refused, Unreachable; Damaged where there is no table; Conflict where it changed meanwhile.
    pub async fn open(document: &Document) -> Result<Self> {
        let (mut pieces, etag) = begin(document).await?;
        let mut opened = pieces.size().min(Table::TAIL);
        loop {
            let due = match Table::open(&pieces).map_err(|e| placed(document, e))? {
                Opening::Need(range) if range.end - range.start > LARGEST_FOOTER => {
                    let found = format!("its footer is {} bytes", range.end - range.start);
                    return Err(Error::new(Family::OverLimit, document.url(), found, format!("at most {LARGEST_FOOTER}")));
                }
                Opening::Need(range) => range,
                // The end of the file stays: page indexes lie before the footer.
                Opening::Ready(table) => {
                    return Ok(Self { table: Arc::new(table), document: document.clone(), etag, pieces, opened });
                }
            };
            opened += due.end - due.start;
            fetch(document, etag.as_deref(), &mut pieces, &[due]).await?;
        }
    }

    /// # Errors
    /// Conflict where the table is no longer the one that was opened; OverLimit where more bytes of it would be read than these; Damaged,
    /// Refused, Unreachable.
    pub async fn search(&self, query: &Query, most: u64) -> Result<Rows> {
        let (mut search, mut pieces) = (Search::new(&self.table, query), self.pieces.clone());
        let mut left = most.checked_sub(self.opened).ok_or_else(|| self.too_much(most))?;
        loop {
            // Pages are unpacked where they do not hold up other requests.
            let worked = tokio::task::spawn_blocking(move || {
                let step = search.step(&pieces);
                (search, pieces, step)
            });
            let step;
            (search, pieces, step) = worked.await.map_err(|e| Error::new(Family::Damaged, self.document.url(), e.to_string(), ""))?;
            match step.map_err(|e| placed(&self.document, e))? {
                Step::Found(rows) => return Ok(rows),
                Step::Need(ranges) => {
                    let ranges = merged(ranges);
                    let due: u64 = ranges.iter().map(|range| range.end - range.start).sum();
                    left = left.checked_sub(due).ok_or_else(|| self.too_much(most))?;
                    fetch(&self.document, self.etag.as_deref(), &mut pieces, &ranges).await?;
                }
            }
        }
    }
}

impl PlacedTable {
    fn too_much(&self, most: u64) -> Error {
        let found = format!("more than {most} bytes of it would be read");
        Error::new(Family::OverLimit, self.document.url(), found, "a narrower search").hint("say --bbox, --datetime or --limit")
    }
}

/// The end of a table and its version, in one request where the server knows ranges from the end.
async fn begin(document: &Document) -> Result<(Pieces, Option<String>)> {
    match document.store.get_end(&document.path, Table::TAIL).await {
        Ok(Some(Start { bytes, version, size: Some(size) })) if bytes.len() as u64 == size.min(Table::TAIL) => {
            let mut pieces = Pieces::of(size);
            pieces.add(size - bytes.len() as u64, bytes);
            return Ok((pieces, version));
        }
        Err(e) if matches!(e.family, Told::Absent | Told::Refused | Told::Unreachable) => return Err(e.into()),
        // Without a word for the end, the size comes first.
        Ok(_) | Err(_) => {}
    }
    let entry = document.store.head(&document.path).await?;
    let mut pieces = Pieces::of(entry.size);
    fetch(document, entry.etag.as_deref(), &mut pieces, &[entry.size.saturating_sub(Table::TAIL)..entry.size]).await?;
    Ok((pieces, entry.etag))
}

async fn fetch(document: &Document, etag: Option<&str>, pieces: &mut Pieces, ranges: &[Range<u64>]) -> Result<()> {
    if let [all] = ranges
        && all.start == 0
        && all.end == pieces.size()
        && etag.is_none()
    {
        pieces.add(0, document.store.get_at_most(&document.path, Table::TAIL).await?.bytes);
        return Ok(());
    }
    let parts: Vec<Bytes> = document.store.get_ranges(&document.path, ranges, etag).await?;
    ranges.iter().zip(parts).for_each(|(range, part)| pieces.add(range.start, part));
    Ok(())
}

/// The same error at the table's own place.
fn placed(document: &Document, e: swath_stac::Error) -> Error {
    swath_stac::Error { at: document.url(), ..e }.into()
}

/// The fewest requests for these ranges.
fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end + GAP && range.end.max(last.end) - last.start <= LONGEST => {
                last.end = last.end.max(range.end)
            }
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_pages_travel_together() {
        assert_eq!(merged(vec![50_000..60_000, 0..10_000, 20_000..30_000, 5_000..8_000]), [0..60_000]);
        assert_eq!(merged(vec![0..10, 100_000..100_010]), [0..10, 100_000..100_010]);
        assert_eq!(merged(vec![0..LONGEST, LONGEST..LONGEST + 5]).len(), 2);
    }
}
