//! A raster at an address, described by its first bytes.

use swath_raster::tiff::{self, Known, Step};
use swath_raster::{Limits, RasterInfo, Span};
use swath_store::{Credentials, Store};

use crate::{Error, Result};

/// Enough for the directories of a COG.
const FIRST_BYTES: u64 = 16 << 10;

/// What a TIFF at `url` is; sidecar files are not looked for.
///
/// # Errors
/// What the store says; Damaged or Unsupported from the reader.
pub async fn describe(url: &str, credentials: &Credentials) -> Result<RasterInfo> {
    let (store, name) = Store::open_beside(url, credentials)?;
    let entry = store.head(&name).await?;
    let at = store.url_of(&name);
    let mut known = Known::new(Some(entry.size));
    let mut want = vec![Span { offset: 0, len: FIRST_BYTES.min(entry.size) }];
    loop {
        let ranges: Vec<_> = want.iter().map(|s| s.offset..s.end()).collect();
        let pieces = store.get_ranges(&name, &ranges, entry.etag.as_deref()).await?;
        for (span, piece) in want.iter().zip(pieces) {
            known.insert(span.offset, piece);
        }
        let head = known.bytes(Span { offset: 0, len: entry.size.min(16) }).unwrap_or_default();
        if !tiff::sniff(&head) {
            let error = Error::new(crate::Family::Unsupported, at, "is no TIFF", "a GeoTIFF is expected at an address");
            return Err(error.hint("other formats are read from local files"));
        }
        match tiff::parse(&at, &known, &Limits::default())? {
            Step::Ready(tiff) => return Ok(tiff.info().clone()),
            Step::Need(spans) => want = spans,
        }
    }
}
