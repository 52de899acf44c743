//! `check` of what is published.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use serde_json::json;
use swath::build::Watch;
use swath::check::live::{self, LiveReport, Reading};
use swath::stac::check::Severity;
use swath::store::Credentials;

use super::check::print_findings;
use crate::access::Access;
use crate::progress::{Meter, size};
use crate::quoted::quoted;
use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

/// What is checked, how deep, and as whom.
pub struct Ask<'a> {
    pub address: &'a str,
    pub reading: Reading,
    /// `None`: as a stranger.
    pub access: Option<&'a Access>,
}

pub fn run(ask: &Ask<'_>, talk: &Talk) -> swath::Result<Exit> {
    let started = Instant::now();
    let credentials = ask.access.map_or_else(|| Ok(Credentials::anonymous()), Access::credentials)?;
    let watch = Show { talk, total: AtomicU64::new(0), meter: OnceLock::new() };
    let report = block_on(live::run(ask.address, &credentials, ask.reading, &watch));
    watch.end();
    let report = report?;
    print_findings(&report.findings, talk);
    tell(ask, &report, started.elapsed().as_secs_f64(), talk);
    Ok(if report.errors() > 0 { Exit::Invalid } else { Exit::Done })
}

fn tell(ask: &Ask<'_>, report: &LiveReport, seconds: f64, talk: &Talk) {
    let proof = report.proof;
    talk.event(
        "checked",
        json!({
            "root": report.root, "identity": report.identity, "public": report.public, "generation": report.generation,
            "documents": report.documents, "assets": report.assets, "asset_bytes": report.asset_bytes, "retired": report.retired,
            "proof": { "read": proof.read, "unchanged": proof.unchanged, "header": proof.header },
            "requests": report.requests, "received": report.received, "seconds": seconds,
            "errors": report.errors(), "warnings": report.count(Severity::Warning), "notes": report.count(Severity::Note),
        }),
    );
    let against = report.generation.map_or("by its links, for there is no manifest".to_owned(), |n| format!("against generation {n}"));
    let open = match report.public {
        Some(true) => ", public",
        Some(false) => ", private",
        None => "",
    };
    talk.say(format!("{}: read with {}{open}; checked {against}", report.root, report.identity));
    for line in proofs(ask, report) {
        talk.say(line);
    }
    if report.retired > 0 {
        talk.say(format!("{} objects of earlier generations are still there; `swath publish --prune` removes them", report.retired));
    }
    talk.say(format!(
        "checked {} documents and {} assets: {} errors, {} warnings, {} notes ({} requests, {}, {seconds:.1} s)",
        report.documents,
        report.assets,
        report.errors(),
        report.count(Severity::Warning),
        report.count(Severity::Note),
        report.requests,
        size(report.received),
    ));
}

/// What was done to hold the assets' bytes against what was published, and what was not.
fn proofs(ask: &Ask<'_>, report: &LiveReport) -> Vec<String> {
    let proof = report.proof;
    let told = [
        (proof.read, "read to the last byte"),
        (proof.unchanged, "by header and size, not written since they were published (their ETag is the recorded one)"),
        (proof.header, "by header and size alone"),
    ];
    let parts: Vec<String> = told.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    let mut lines = Vec::new();
    if !parts.is_empty() {
        lines.push(format!("assets: {}", parts.join("; ")));
    }
    if proof.header + proof.unchanged > 0 {
        let bytes = size(report.asset_bytes);
        let live = if ask.address.contains("://") { "" } else { " --live" };
        let address = quoted(ask.address.split('?').next().unwrap_or_default());
        lines.push(format!("        `swath check {address}{live} --full` reads all of them ({bytes})"));
    }
    lines
}

/// A meter while assets are read whole.
struct Show<'a> {
    talk: &'a Talk,
    total: AtomicU64,
    meter: OnceLock<Meter<'a>>,
}

impl Show<'_> {
    fn end(&self) {
        self.meter.get().inspect(|meter| meter.end());
    }
}

impl Watch for Show<'_> {
    fn total(&self, bytes: u64) {
        self.total.store(bytes, Relaxed);
    }
    fn advance(&self, bytes: u64) {
        if self.total.load(Relaxed) > 0 {
            self.meter.get_or_init(|| Meter::bytes(self.talk, "check", self.total.load(Relaxed))).add(bytes);
        }
    }
}
