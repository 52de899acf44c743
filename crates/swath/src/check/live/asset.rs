use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use swath_raster::Limits;
use swath_raster::tiff::{Known, Step, Tiff, parse};
use swath_stac::check::Finding;
use swath_stac::facts::AssetFacts;
use swath_store::{Family as StoreFamily, Look, Seen};

use super::object::{Judge, PUBLISH, REPLACE, Wanted};
use super::whole::{self, Version};
use super::{Reading, presented, range};
use crate::build::Watch;
use crate::check::compare::{Contradiction, Notes};
use crate::check::run::Target;
use crate::check::{bands, grid, structure};
use crate::publish::Kind;
use crate::{Error, Family, Result};

/// Asked of an asset at first where its item does not say how long its header is.
const HEADER: u64 = 16 << 10;
/// A header that needs more rounds than this is not one.
const ROUNDS: usize = 24;
/// Assets that were written again since they were published are read whole, together up to this many bytes.
const AGAIN: u64 = 256 << 20;

/// What all assets of one check share.
pub(super) struct Desk<'a> {
    pub judge: &'a Judge,
    pub reading: Reading,
    /// Whether the manifest's ETags are those of this server.
    pub versions: Versions,
    pub again: AtomicU64,
    pub watch: &'a dyn Watch,
}

/// What an ETag beside that of the manifest tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// The same one: not written since it was published.
    Comparable,
    /// Nothing: this server makes ETags of its own.
    Foreign,
}

/// What came of one object.
#[derive(Default)]
pub(super) struct Outcome {
    pub findings: Vec<Finding>,
    /// Bytes of the whole object; `None` where it is not there.
    pub size: Option<u64>,
    pub proof: Proven,
}

/// How its bytes were held against what was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Proven {
    #[default]
    Header,
    Unchanged,
    Read,
}

/// Looks at one object by its first bytes, and reads it whole where that is asked for or where it was written again.
///
/// # Errors
/// Unreachable where too much is; Disk.
pub(super) async fn check(wanted: &Wanted, desk: &Desk<'_>) -> Result<Outcome> {
    let url = wanted.store.url_of(&wanted.path);
    let asked = 0..wanted.named.iter().find_map(|n| n.facts.as_ref()?.header_size).map_or(HEADER, |size| size.clamp(64, 16 << 20));
    let seen = match wanted.store.look(&wanted.path, &Look { range: Some(asked.clone()), ..Look::default() }).await {
        Ok(seen) => seen,
        // Nothing lies behind the start of what is empty.
        Err(e) if e.family == StoreFamily::Damaged && wanted.published.as_ref().is_some_and(|p| p.size == 0) => {
            return Ok(Outcome { size: Some(0), ..Outcome::default() });
        }
        Err(e) if e.family == StoreFamily::OverLimit => return Ok(Outcome::of(ranges_ignored(wanted, "the whole object"))),
        Err(e) => {
            let finding = desk.judge.finding(&wanted.place(), wanted.published.is_some(), &url, e)?;
            return Ok(Outcome::of(finding));
        }
    };
    let mut outcome = Outcome { size: seen.size(), ..Outcome::default() };
    let is_data = wanted.kind == Kind::Asset;
    if is_data && let Some(found) = range::wrong(&asked, &seen) {
        outcome.findings.push(ranges_ignored(wanted, &found));
    }
    if wanted.store.speaks_http() {
        outcome.findings.extend(presented::check(&wanted.at, wanted.kind, &seen, wanted.store.azure_place().as_ref()));
    }
    if let Some((found, right)) = other_size(wanted, outcome.size) {
        outcome.findings.push(Finding::error("LIVE-SIZE", &wanted.at, found, right).fix(if is_data { REPLACE } else { PUBLISH }));
        return Ok(outcome);
    }
    let due = desk.due(wanted, &seen);
    if let (Some(depth), Some(size)) = (due, outcome.size) {
        let version = Version { size, etag: seen.etag.as_deref(), md5: seen.md5 };
        match whole::check(wanted, version, depth, desk.watch).await {
            Ok(found) => outcome.findings.extend(found),
            Err(e) if e.family == Family::Disk => return Err(e),
            Err(e) => outcome.findings.push(unreadable(wanted, &e)),
        }
        outcome.proof = Proven::Read;
        if depth.is_some() || outcome.findings.iter().any(|f| f.rule == "LIVE-CHECKSUM") {
            return Ok(outcome);
        }
    } else if desk.is_unchanged(wanted, &seen) {
        outcome.proof = Proven::Unchanged;
    }
    outcome.findings.extend(header(wanted, &seen, &url).await);
    Ok(outcome)
}

impl Outcome {
    fn of(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }
}

impl Desk<'_> {
    fn is_unchanged(&self, wanted: &Wanted, seen: &Seen) -> bool {
        let recorded = wanted.published.as_ref().and_then(|p| p.etag.as_ref());
        self.versions == Versions::Comparable && recorded.is_some() && recorded == seen.etag.as_ref()
    }
    /// Whether to read an object whole, and how deep to look into it then.
    fn due(&self, wanted: &Wanted, seen: &Seen) -> Option<Option<crate::check::Depth>> {
        if let Reading::Whole(depth) = self.reading {
            return Some(Some(depth));
        }
        let was_written = wanted.published.is_some() && self.versions == Versions::Comparable && !self.is_unchanged(wanted, seen);
        let size = seen.size().filter(|_| was_written)?;
        (self.again.fetch_add(size, Relaxed).saturating_add(size) <= AGAIN).then_some(None)
    }
}

/// Another size than was published, or than its item says.
fn other_size(wanted: &Wanted, size: Option<u64>) -> Option<(String, String)> {
    let size = size?;
    if let Some(published) = &wanted.published {
        return (published.size != size).then(|| (format!("{size} bytes"), format!("{} bytes, as published", published.size)));
    }
    let said = wanted.named.iter().find_map(|named| named.facts.as_ref()?.size)?;
    (said != size).then(|| (format!("{size} bytes"), format!("{said} bytes, as its item says")))
}

fn ranges_ignored(wanted: &Wanted, found: &str) -> Finding {
    let found = if found == "the whole object" { "answers a range with the whole object (HTTP 200)" } else { found };
    Finding::error("LIVE-RANGE", &wanted.at, found, "HTTP 206 with exactly the bytes that were asked for")
        .fix("serve it from a store or a server that answers byte ranges")
}

fn unreadable(wanted: &Wanted, error: &Error) -> Finding {
    Finding::error("LIVE-UNREACHABLE", &wanted.at, error.to_string(), "an object that can be read to its end")
        .fix("run the same command again")
}

/// The file's structure and what its items say of it, by its header alone.
async fn header(wanted: &Wanted, seen: &Seen, url: &str) -> Vec<Finding> {
    let facts: Vec<(&str, &AssetFacts)> = wanted.named.iter().filter_map(|n| Some((n.at.as_str(), n.facts.as_ref()?))).collect();
    if facts.is_empty() {
        return Vec::new();
    }
    let tiff = open(wanted, seen, url).await;
    let mut findings = Vec::new();
    for (at, facts) in facts {
        let target = Target { at: at.to_owned(), path: PathBuf::from(url), facts: facts.clone() };
        let mut notes = Notes::new(&target);
        match &tiff {
            Ok(tiff) => {
                structure::check(tiff, &mut notes);
                grid::check(&target, tiff.info(), &mut notes);
                bands::check(&target, tiff.info(), &mut notes);
                header_size(tiff, facts, &mut notes);
            }
            Err(e) => notes.error("COG-UNREADABLE", e.to_string(), "a GeoTIFF that opens", REPLACE),
        }
        findings.extend(notes.found);
    }
    findings
}

/// A reader that trusts `file:header_size` must not need a second request.
fn header_size(tiff: &Tiff, facts: &AssetFacts, notes: &mut Notes<'_>) {
    if let Some(said) = facts.header_size.filter(|said| *said < tiff.header_end()) {
        let is = format!("a header of {} bytes", tiff.header_end());
        notes.contradiction(Contradiction { rule: "ASSET-HEADER-SIZE", field: "file:header_size", said: said.to_string(), is });
    }
}

/// Drives the parser from the first bytes on; most headers lie in them.
async fn open(wanted: &Wanted, seen: &Seen, url: &str) -> Result<Tiff> {
    let mut known = Known::new(seen.size());
    known.insert(0, seen.bytes.clone());
    for _ in 0..ROUNDS {
        match parse(url, &known, &Limits::default())? {
            Step::Ready(tiff) => return Ok(tiff),
            Step::Need(spans) => {
                let ranges = crate::stack::merged(&spans);
                let parts = wanted.store.get_ranges(&wanted.path, &ranges, seen.etag.as_deref()).await?;
                for (range, part) in ranges.iter().zip(parts) {
                    known.insert(range.start, part);
                }
            }
        }
    }
    Err(Error::new(Family::Damaged, url, format!("its header is still not complete after {ROUNDS} reads"), ""))
}
