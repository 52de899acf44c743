use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use swath::check::{self, CheckReport, Depth};
use swath::stac::check::Severity;

use crate::{exit::Exit, talk::Talk};

/// Every finding on a build: structure, decode, metadata against bytes, links, extents
#[derive(Args)]
#[command(
    after_help = "Example:\n  swath check build\n  swath check published --json\n  swath check cog.tif\n\nExit code 3 where any finding is an error."
)]
pub struct Check {
    /// The folder of a catalog, or one GeoTIFF
    #[arg(default_value = "build")]
    path: PathBuf,
    /// Metadata against headers and checksums only: decode no block
    #[arg(long)]
    no_decode: bool,
}

pub fn run(args: &Check, talk: &Talk) -> swath::Result<Exit> {
    let depth = if args.no_decode { Depth::Metadata } else { Depth::Blocks };
    let report = check::run(&args.path, depth, &())?;
    print_findings(&report, talk);
    talk.say(format!(
        "checked {} documents and {} assets: {} errors, {} warnings, {} notes",
        report.documents,
        report.assets,
        report.errors(),
        report.count(Severity::Warning),
        report.count(Severity::Note)
    ));
    Ok(if report.errors() > 0 { Exit::Invalid } else { Exit::Done })
}

pub fn print_findings(report: &CheckReport, talk: &Talk) {
    for f in &report.findings {
        let severity = format!("{:?}", f.severity).to_lowercase();
        talk.data(format!("{severity}[{}] {}\n  found: {}\n  right: {}\n  fix:   {}", f.rule, f.at, f.found, f.right, f.fix));
        talk.event(
            "finding",
            json!({ "rule": f.rule, "severity": severity, "at": f.at, "found": f.found, "right": f.right, "fix": f.fix }),
        );
    }
}
