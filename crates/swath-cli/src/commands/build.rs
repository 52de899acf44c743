use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use swath::build::{self, BuildReport, Failure, Place, Watch};
use swath::check::{self, Depth};
use swath::lattice;
use swath::plan_file::PlanFile;

use super::check::print_findings;
use crate::progress::{Meter, size};
use crate::{exit::Exit, talk::Talk};

/// Convert what changed to COGs, write the STAC tree, check it
#[derive(Args)]
#[command(
    after_help = "Example:\n  swath build\n  swath build map4 --plan maps/swath.toml\n\nThe result is the folder build/ beside the plan. Raw files are only read. Running it again does only what is left."
)]
pub struct Build {
    /// Datasets of the plan; all where none is named
    datasets: Vec<String>,
    /// The plan
    #[arg(short = 'f', long, default_value = "swath.toml", value_name = "FILE")]
    plan: PathBuf,
    /// Do not check the result
    #[arg(long)]
    no_check: bool,
}

pub fn run(args: &Build, talk: &Talk) -> swath::Result<Exit> {
    let plan = PlanFile::read(&args.plan)?;
    let place = Place::beside(&args.plan);
    let resolved = lattice::resolve(&plan, &place.folder)?;
    let show = Show { talk, meter: std::sync::OnceLock::new() };
    let report = build::run(&plan, &resolved, &args.datasets, &place, &show);
    show.end();
    let report = report?;
    tell(&report, &place, talk);
    let exit = if report.failed.is_empty() { Exit::Done } else { Exit::Partial };
    if args.no_check || report.datasets.iter().all(|d| d.items == 0) {
        return Ok(if report.failed.is_empty() || report.datasets.iter().any(|d| d.items > 0) { exit } else { Exit::Failed });
    }
    // Blocks were written a moment ago or checked before: the metadata is what can be wrong now.
    let checked = check::run(&place.build, Depth::Metadata, &())?;
    if checked.errors() > 0 {
        print_findings(&checked.findings, talk);
        return Ok(Exit::Invalid);
    }
    talk.say(format!("checked: {} documents and {} assets, no errors", checked.documents, checked.assets));
    talk.say("next: swath publish");
    Ok(exit)
}

fn tell(report: &BuildReport, place: &Place, talk: &Talk) {
    for dataset in &report.datasets {
        talk.data(format!("{:<24} {:>5} items {:>6} assets", dataset.id, dataset.items, dataset.assets));
    }
    for note in &report.notes {
        talk.say(format!("note: {note}"));
    }
    let read = size(report.bytes_read);
    let written = size(report.bytes_written);
    talk.say(format!(
        "{} converted ({read} -> {written}), {} unchanged, {} documents written, {} old files removed, in {}",
        report.converted,
        report.unchanged,
        report.documents_written,
        report.removed,
        place.build.display()
    ));
    if !report.failed.is_empty() {
        talk.say(format!("{} failed; everything else is done:", report.failed.len()));
        for failure in &report.failed {
            talk.say(format!("  {}", failure.error));
            if let Some(hint) = &failure.hint {
                talk.say(format!("    hint: {hint}"));
            }
        }
    }
    talk.event("build", json!(report));
}

/// A meter that begins when the work is known.
struct Show<'a> {
    talk: &'a Talk,
    meter: std::sync::OnceLock<Meter<'a>>,
}

impl Show<'_> {
    fn end(&self) {
        if let Some(meter) = self.meter.get() {
            meter.end();
        }
    }
}

impl Watch for Show<'_> {
    fn total(&self, bytes: u64) {
        if bytes > 0 {
            self.meter.get_or_init(|| Meter::bytes(self.talk, "build", bytes));
        }
    }
    fn advance(&self, bytes: u64) {
        if let Some(meter) = self.meter.get() {
            meter.add(bytes);
        }
    }
    fn failed(&self, failure: &Failure) {
        self.talk.event("failed", json!(failure));
    }
}
