use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use swath::plan_file::PlanFile;
use swath::publish::{self, Kind, Overwrite, PublishPlan, PublishReport, Replace, Watch};
use swath::store::Store;

use crate::access::Access;
use crate::progress::{Meter, size};
use crate::quoted::quoted;
use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

/// Upload the build: assets first, the root last, only what is new
#[derive(Args)]
#[command(after_help = "Examples:
  swath publish /srv/maps
  AZURE_STORAGE_SAS_TOKEN='sv=...' swath publish https://ACCOUNT.blob.core.windows.net/CONTAINER/maps
  swath publish --dry-run

Running it again resumes; when everything is there, nothing is sent.")]
pub struct Publish {
    /// A folder or an Azure container's URL (default: the plan's `[publish] to`, else published/)
    to: Option<String>,
    /// The build (default: build/ beside the plan)
    #[arg(long, value_name = "DIR")]
    build: Option<PathBuf>,
    /// The plan
    #[arg(short = 'f', long, default_value = "swath.toml", value_name = "FILE")]
    plan: PathBuf,
    /// What may be replaced: metadata that differs, nothing, or anything
    #[arg(long, value_enum, default_value = "if-changed", value_name = "WHEN")]
    overwrite: When,
    /// Show what would be uploaded; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Afterwards remove what earlier publications left and nothing refers to
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    access: Access,
}

#[derive(ValueEnum, Clone, Copy)]
enum When {
    IfChanged,
    False,
    True,
}

impl From<When> for Overwrite {
    fn from(when: When) -> Self {
        match when {
            When::IfChanged => Self::IfChanged,
            When::False => Self::Never,
            When::True => Self::Always,
        }
    }
}

pub fn run(args: &Publish, talk: &Talk) -> swath::Result<Exit> {
    let started = Instant::now();
    let folder = args.plan.parent().unwrap_or(Path::new(""));
    let build = args.build.clone().unwrap_or_else(|| folder.join("build"));
    let credentials = args.access.credentials()?;
    let store = Store::open(&target(args, folder)?, &credentials)?;
    let plan = block_on(publish::plan(&build, &store, args.overwrite.into()))?;
    if args.dry_run {
        show(&plan, args, talk);
        return Ok(if plan.conflicts.is_empty() { Exit::Done } else { Exit::Conflict });
    }
    let watch = Show { talk, plan: &plan, meter: OnceLock::new() };
    let report = block_on(publish::run(&plan, &store, &watch));
    watch.end();
    let mut report = report?;
    if args.prune {
        report.removed = block_on(publish::prune(&store))?;
    }
    tell(&plan, &report, &store, started, talk);
    Ok(Exit::Done)
}

/// Where to publish: the argument, the plan's word (a folder beside the plan), or `published/` there.
fn target(args: &Publish, folder: &Path) -> swath::Result<String> {
    if let Some(to) = &args.to {
        return Ok(to.clone());
    }
    let planned = if args.plan.is_file() { PlanFile::read(&args.plan)?.publish.to } else { None };
    let to = planned.unwrap_or_else(|| "published".into());
    Ok(if to.contains("://") { to } else { folder.join(to).display().to_string() })
}

fn show(plan: &PublishPlan, args: &Publish, talk: &Talk) {
    talk.event("plan", serde_json::to_value(plan).unwrap_or(Value::Null));
    for conflict in &plan.conflicts {
        talk.data(format!("conflict  {:>9}  {}: {}", "", conflict.path, conflict.found));
    }
    for upload in &plan.uploads {
        let verb = if upload.replace == Replace::Nothing { "create" } else { "replace" };
        talk.data(format!("{verb:<8}  {:>9}  {}", size(upload.size), upload.path));
    }
    if args.prune {
        plan.retired.iter().for_each(|(path, old)| talk.data(format!("remove    {:>9}  {path}", size(old.size))));
    }
    talk.say(format!(
        "would upload {} of {} files, {}, to {}; nothing was written",
        plan.uploads.len(),
        plan.uploads.len() + plan.present.len(),
        size(plan.bytes()),
        plan.to,
    ));
}

fn tell(plan: &PublishPlan, report: &PublishReport, store: &Store, started: Instant, talk: &Talk) {
    let seconds = started.elapsed().as_secs_f64();
    let counts = store.counts();
    let mut event = serde_json::to_value(report).unwrap_or(Value::Null);
    if let Some(object) = event.as_object_mut() {
        object.insert("requests".into(), json!(counts.requests));
        object.insert("writes".into(), json!(counts.writes));
        object.insert("seconds".into(), json!(seconds));
    }
    talk.event("published", event);
    if report.created_container {
        talk.say(format!("made {}", plan.to));
    }
    if report.uploaded == 0 {
        talk.say(format!("nothing to upload: all {} files are there ({} requests, {seconds:.1} s)", report.present, counts.requests));
    } else {
        let kinds = [(Kind::Asset, "asset"), (Kind::Item, "item"), (Kind::Collection, "collection")];
        let count = |kind| plan.uploads.iter().filter(|upload| upload.kind == kind).count();
        let parts: Vec<_> = kinds.iter().map(|(kind, word)| words(count(*kind), word)).collect();
        talk.say(format!(
            "uploaded {} ({}), {}, in {seconds:.1} s; {} already there",
            words(report.uploaded, "file"),
            parts.join(", "),
            size(report.bytes),
            report.present,
        ));
    }
    if report.removed > 0 {
        talk.say(format!("removed {} that nothing refers to", words(report.removed, "file")));
    } else if !plan.retired.is_empty() {
        let bytes = plan.retired.values().map(|old| old.size).sum();
        talk.say(format!(
            "no longer referred to: {} ({}); `swath publish --prune` removes them",
            words(plan.retired.len(), "file"),
            size(bytes)
        ));
    }
    talk.data(&report.root);
    talk.say(next(&quoted(&report.root), plan));
}

/// Commands that run as they stand.
fn next(root: &str, plan: &PublishPlan) -> String {
    let search = format!("next: swath search {root} --limit 5");
    match &plan.example {
        None => search,
        Some(example) => {
            let (item, asset) = (quoted(&example.item), quoted(&example.asset));
            format!("{search}\n      swath stack {root} --ids {item} --assets {asset} --explain")
        }
    }
}

fn words(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// A meter on the terminal while files travel.
struct Show<'a> {
    talk: &'a Talk,
    plan: &'a PublishPlan,
    meter: OnceLock<Meter<'a>>,
}

impl Show<'_> {
    fn end(&self) {
        self.meter.get().inspect(|meter| meter.end());
    }
}

impl Watch for Show<'_> {
    fn advance(&self, bytes: u64) {
        self.meter.get_or_init(|| Meter::bytes(self.talk, "publish", self.plan.bytes())).add(bytes);
    }
    fn uploaded(&self, path: &str) {
        if self.talk.verbosity() > 0 {
            self.talk.say(format!("uploaded {path}"));
        }
    }
}
