use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use swath::check::live::Reading;
use swath::check::{self, Depth};
use swath::stac::check::{Finding, Severity};

use super::check_live;
use crate::access::Access;
use crate::{exit::Exit, talk::Talk};

/// Every finding on a build, or on a published catalog: structure, decode, metadata against bytes, links, extents
#[derive(Args)]
#[command(after_help = "Examples:
  swath check build
  swath check published --json
  swath check cog.tif
  swath check https://ACCOUNT.blob.core.windows.net/CONTAINER/maps
  swath check https://ACCOUNT.blob.core.windows.net/CONTAINER/maps --full --anonymous

An address is checked as its readers find it: every object of the manifest with its length, version and checksum, byte ranges, ETags,
what browsers may read (CORS), content types, caching, links. Documents are read whole, of each asset the header, by one request per object;
--full reads every byte.

Exit code 3 where any finding is an error.")]
pub struct Check {
    /// The folder of a catalog, one GeoTIFF, or the address of a published catalog
    #[arg(default_value = "build", value_name = "PATH or URL")]
    path: PathBuf,
    /// Metadata against headers and checksums only: decode no block
    #[arg(long)]
    no_decode: bool,
    /// As its readers find it, also where it is a folder: against the manifest (addresses always are)
    #[arg(long)]
    live: bool,
    /// Published: read every byte of every asset, and decode every block
    #[arg(long)]
    full: bool,
    /// Published: read it without credentials, as a stranger
    #[arg(long, conflicts_with = "sas_file")]
    anonymous: bool,
    #[command(flatten)]
    access: Access,
}

pub fn run(args: &Check, talk: &Talk) -> swath::Result<Exit> {
    let depth = if args.no_decode { Depth::Metadata } else { Depth::Blocks };
    if let Some(address) = address(&args.path, args.live) {
        let reading = if args.full { Reading::Whole(depth) } else { Reading::Headers };
        let ask = check_live::Ask { address, reading, access: (!args.anonymous).then_some(&args.access) };
        return check_live::run(&ask, talk);
    }
    let report = check::run(&args.path, depth, &())?;
    print_findings(&report.findings, talk);
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

/// What is checked as published: an address, or a folder where that is asked for.
fn address(path: &Path, live: bool) -> Option<&str> {
    path.to_str().filter(|text| live || text.contains("://"))
}

pub fn print_findings(findings: &[Finding], talk: &Talk) {
    for f in findings {
        let severity = format!("{:?}", f.severity).to_lowercase();
        talk.data(format!("{severity}[{}] {}\n  found: {}\n  right: {}\n  fix:   {}", f.rule, f.at, f.found, f.right, f.fix));
        talk.event(
            "finding",
            json!({ "rule": f.rule, "severity": severity, "at": f.at, "found": f.found, "right": f.right, "fix": f.fix }),
        );
    }
}
