use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use swath::build::{self, BuildReport, Failure, Merged, Place, Shard, Watch};
use swath::check::{self, Depth};
use swath::lattice;
use swath::plan_file::PlanFile;

use super::{build_shard, check::print_findings};
use crate::progress::{Meter, size};
use crate::quoted::with_plan;
use crate::table::count;
use crate::{exit::Exit, talk::Talk};

/// Convert what changed to COGs, write the STAC tree, check it
#[derive(Args)]
#[command(
    after_help = "Example:\n  swath build\n  swath build map4 --plan maps/swath.toml\n\nThe result is the folder build/ beside the plan. Raw files are only read. Running it again does only what is left.\n\nAs an array job, on machines that share the folder (docs/cluster.md):\n  swath build --shard $SLURM_ARRAY_TASK_ID/40    each of the 40 tasks\n  swath build --merge                            after them, once"
)]
pub struct Build {
    /// Datasets of the plan; all where none is named
    pub(super) datasets: Vec<String>,
    /// The plan
    #[arg(short = 'f', long, default_value = "swath.toml", value_name = "FILE")]
    pub(super) plan: PathBuf,
    /// Convert one share of the items only, the I-th of N (1/4 is the first of four), and write no document; all N may run at once
    #[arg(long, value_name = "I/N", conflicts_with = "merge")]
    shard: Option<Shard>,
    /// Convert nothing: join what all shards made; says which shard is missing
    #[arg(long)]
    merge: bool,
    /// Do not check the result
    #[arg(long)]
    no_check: bool,
}

pub fn run(args: &Build, talk: &Talk) -> swath::Result<Exit> {
    let plan = PlanFile::read(&args.plan)?;
    let place = Place::beside(&args.plan);
    let resolved = lattice::resolve(&plan, &place.folder)?;
    let show = Show { talk, meter: std::sync::OnceLock::new() };
    let report = match args.shard {
        Some(shard) => build::run_shard(&resolved, &args.datasets, &place, shard, &show),
        None if args.merge => build::merge(&plan, &resolved, &args.datasets, &place, &show).and_then(|merged| match merged {
            Merged::Done(report) => Ok(report),
            Merged::Missing(missing) => Err(build_shard::missing(&missing, args)),
        }),
        None => build::run(&plan, &resolved, &args.datasets, &place, &show),
    };
    show.end();
    let report = report?;
    tell(&report, &place, talk);
    if let Some(shard) = args.shard {
        return Ok(build_shard::end(&report, shard, args, talk));
    }
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
    talk.say(format!("checked: {} and {}, no errors", count(checked.documents, "document"), count(checked.assets, "asset")));
    talk.say(format!("next: swath publish{}", with_plan(&args.plan)));
    Ok(exit)
}

fn tell(report: &BuildReport, place: &Place, talk: &Talk) {
    for dataset in &report.datasets {
        talk.data(format!("{:<24} {:>11} {:>13}", dataset.id, count(dataset.items, "item"), count(dataset.assets, "asset")));
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
