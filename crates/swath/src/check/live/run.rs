use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use swath_stac::check::{Finding, Tree};
use swath_store::{Credentials, Look, Whom};

use super::asset::{self, Desk, Outcome, Proven, Versions};
use super::documents::{self, Documents};
use super::object::{Judge, Wanted};
use super::place::{self, Place};
use super::report::{LiveReport, settle};
use super::{references, server};
use crate::build::Watch;
use crate::check::Depth;
use crate::publish::{Kind, MANIFEST, Manifest};
use crate::{Error, Family, Result};

/// How much of the assets is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reading {
    /// Each asset's header, by one request; what was written since it was published is read whole, up to 256 MiB in all.
    #[default]
    Headers,
    /// Every byte, and as deep as said.
    Whole(Depth),
}

/// Requests under way at one time.
const AT_ONCE: usize = 32;
/// Assets read whole at one time; each holds 16 MiB.
const WHOLE_AT_ONCE: usize = 3;

/// Checks a published catalog as its readers find it, by the address of its folder or of one of its documents.
///
/// # Errors
/// Absent where there is no catalog; Refused where its root cannot be read; Conflict where somebody publishes meanwhile; Unreachable where
/// nothing answers; Disk. What is wrong with the catalog is no error but a finding.
pub async fn run(address: &str, credentials: &Credentials, reading: Reading, watch: &dyn Watch) -> Result<LiveReport> {
    let place = place::open(address, credentials).await?;
    let judge = Judge::default();
    let mut documents = documents::read(&place, &judge).await?;
    let mut findings = place.findings.clone();
    findings.append(&mut documents.findings);
    let (wanted, forbidden) = references::wanted(&place, &documents);
    findings.extend(forbidden);
    if let Some(root) = documents.root.as_ref().filter(|_| place.store.speaks_http()) {
        findings.extend(server::check(&place.store, &place.root, root).await?);
    }
    let total = wanted.iter().filter_map(|w| Some(w.published.as_ref()?.size)).sum();
    watch.total(if reading == Reading::Headers { 0 } else { total });
    let desk = Desk { judge: &judge, reading, versions: versions(&documents), again: AtomicU64::new(0), watch };
    let mut outcomes = assets(&wanted, &desk).await?;
    findings.extend(outcomes.iter_mut().flat_map(|outcome| std::mem::take(&mut outcome.findings)));
    findings.extend(tree(&place, &documents, &wanted));
    findings.extend(address_of_root(&place, &documents));
    let mut report = LiveReport { root: place.store.url_of(&place.root), ..LiveReport::default() };
    report.retired = left(&place, &wanted, &documents, &mut findings).await;
    for (wanted, outcome) in wanted.iter().zip(outcomes) {
        let Some(size) = outcome.size.filter(|_| wanted.kind == Kind::Asset) else { continue };
        report.assets += 1;
        report.asset_bytes += size;
        match outcome.proof {
            Proven::Read => report.proof.read += 1,
            Proven::Unchanged => report.proof.unchanged += 1,
            Proven::Header => report.proof.header += 1,
        }
    }
    hold_still(&place).await?;
    report.documents = documents.texts.len() + documents.tables.len();
    report.generation = place.manifest.as_ref().map(|m| m.generation);
    report.identity = place.store.identity().to_owned();
    report.public = stranger(&place).await;
    report.findings = settle(findings);
    let counts = place.store.counts();
    (report.requests, report.received) = (counts.requests, counts.received);
    Ok(report)
}

async fn assets(wanted: &[Wanted], desk: &Desk<'_>) -> Result<Vec<Outcome>> {
    let at_once = if desk.reading == Reading::Headers { AT_ONCE } else { WHOLE_AT_ONCE };
    stream::iter(wanted.iter().map(|wanted| asset::check(wanted, desk))).buffered(at_once).try_collect().await
}

/// Whether the manifest's ETags are this server's: they are where documents that it names carry them.
fn versions(documents: &Documents) -> Versions {
    if documents.same_version > 0 { Versions::Comparable } else { Versions::Foreign }
}

/// The documents among themselves. What follows from a document that is lost is not told a second time.
fn tree(place: &Place, documents: &Documents, wanted: &[Wanted]) -> Vec<Finding> {
    let named = |path: &str| place.manifest.as_ref().is_some_and(|m| m.objects.contains_key(path));
    // An object that is not there has been told by its name.
    let looked: BTreeSet<&str> = wanted.iter().map(|wanted| wanted.path.as_str()).collect();
    let exists = |path: &str| named(path) || looked.contains(path) || documents.lost.contains(path);
    let mut findings = swath_stac::check::tree(&Tree { documents: &documents.texts, tables: &documents.tables, exists: &exists });
    if !documents.lost.is_empty() {
        let follows = ["STAC-MIRROR", "STAC-MIRROR-STALE", "STAC-EXTENT-LOOSE", "STAC-EXTENT-SPACE", "STAC-EXTENT-TIME", "STAC-ORPHAN"];
        findings.retain(|finding| !follows.contains(&finding.rule));
    }
    findings
}

/// A root that says it is elsewhere sends the readers of its absolute links there.
fn address_of_root(place: &Place, documents: &Documents) -> Option<Finding> {
    let root: Value = serde_json::from_str(documents.texts.get(&place.root)?).ok()?;
    let own = root["links"].as_array()?.iter().find(|link| link["rel"] == "self")?["href"].as_str()?;
    let here = place.store.url_of(&place.root);
    if own == here || !own.contains("://") || !place.store.is_remote() {
        return None;
    }
    let found = format!("says that it is at {}", swath_store::redact(own));
    Some(
        Finding::warning("LIVE-SELF", &place.root, found, format!("{here}, where it was read"))
            .fix("set `[publish] to` in swath.toml to that address, then `swath build` and `swath publish`"),
    )
}

/// What lies beside the catalog: how many objects earlier generations left, and a note on those that nobody names.
async fn left(place: &Place, wanted: &[Wanted], documents: &Documents, findings: &mut Vec<Finding>) -> usize {
    let retired = place.manifest.as_ref().map(|m| &m.retired);
    // Web sites list nothing, and a token may not allow to.
    let Ok(listed) = place.store.list("").await else { return retired.map_or(0, |r| r.len()) };
    let known: BTreeSet<&str> = wanted.iter().filter(|w| w.store.url() == place.store.url()).map(|w| w.path.as_str()).collect();
    let is_known = |path: &str| {
        path == MANIFEST
            || path == place.root
            || known.contains(path)
            || documents.texts.contains_key(path)
            || documents.tables.contains_key(path)
            || documents.lost.contains(path)
    };
    let (old, other): (Vec<_>, Vec<_>) =
        listed.iter().filter(|entry| !is_known(&entry.path)).partition(|entry| retired.is_some_and(|r| r.contains_key(&entry.path)));
    if let Some(first) = other.first() {
        let bytes: u64 = other.iter().map(|entry| entry.size).sum();
        let found = match other.len() {
            1 => format!("nothing refers to it ({bytes} bytes)"),
            n => format!("nothing refers to it, nor to {} others ({bytes} bytes together)", n - 1),
        };
        let finding = Finding::note("LIVE-UNREFERENCED", &first.path, found, "objects that the catalog names");
        findings.push(finding.fix("look whose they are: `swath publish --prune` removes only what swath itself published before"));
    }
    old.len()
}

/// # Errors
/// Conflict where the manifest is not the one that was read at first.
async fn hold_still(place: &Place) -> Result<()> {
    if place.manifest.is_none() || place.version.is_none() {
        return Ok(());
    }
    let now = Manifest::read(&place.store).await?;
    if now.is_some_and(|(_, version)| version == place.version) {
        return Ok(());
    }
    let found = "somebody published here while it was checked";
    Err(Error::new(Family::Conflict, place.store.url_of(MANIFEST), found, "").hint("run the same command again"))
}

/// Whether the root can be read without credentials.
async fn stranger(place: &Place) -> Option<bool> {
    place.store.azure_place()?;
    let seen = place.store.look(&place.root, &Look { range: Some(0..1), whom: Whom::Anybody, ..Look::default() }).await;
    seen.ok().map(|seen| (200..300).contains(&seen.status))
}
