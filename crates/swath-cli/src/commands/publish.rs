use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use swath::plan_file::PlanFile;
use swath::publish::{self, Kind, Others, Overwrite, PublishPlan, PublishReport, Replace, Request, SavedPlan, Trust, Upload, Watch};
use swath::store::{Credentials, Store};

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
  swath publish --out p.json && swath publish --saved p.json

Several builds may publish to one place: what others published stays, and shared documents list the items of all.
Running it again resumes; when everything is there, nothing is sent.")]
pub struct Publish {
    /// A folder, or the URL of a container or bucket: https://ACCOUNT.blob.core.windows.net/CONTAINER, s3://BUCKET, gs://BUCKET (default: the plan's `[publish] to`, else published/)
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
    /// Write the plan to a new file, to be looked at and executed later; publish nothing
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    out: Option<PathBuf>,
    /// Execute the plan in this file, if nothing has moved since it was made
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "build", "overwrite", "mirror", "out"])]
    saved: Option<PathBuf>,
    /// Make what is published exactly this build: retire what others published there
    #[arg(long)]
    mirror: bool,
    /// Read every file again; else those that are as `swath build` or a publication left them are known by their checksums
    #[arg(long, conflicts_with = "saved")]
    rehash: bool,
    /// Afterwards remove what earlier publications left and nothing refers to
    #[arg(long, conflicts_with = "out")]
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
    let credentials = args.access.credentials()?;
    let job = Job::of(args, &credentials)?;
    if args.dry_run || args.out.is_some() {
        return preview(args, &job, talk);
    }
    let watch = Show { talk, due: AtomicU64::new(0), meter: OnceLock::new() };
    let done = job.run(&watch);
    watch.end();
    let (plan, mut report) = done?;
    if args.prune {
        report.removed = block_on(publish::prune(&job.store))?;
    }
    tell(&plan, &report, &job.store, started, talk);
    Ok(Exit::Done)
}

/// What is to be published, and where.
struct Job {
    store: Store,
    what: What,
}

enum What {
    Build(Request),
    Saved(Box<PublishPlan>),
}

impl Job {
    fn of(args: &Publish, credentials: &Credentials) -> swath::Result<Self> {
        if let Some(file) = &args.saved {
            let plan = SavedPlan::read(file)?;
            return Ok(Self { store: Store::open(&plan.to, credentials)?, what: What::Saved(Box::new(plan)) });
        }
        let folder = args.plan.parent().unwrap_or(Path::new(""));
        let mut build = args.build.clone().unwrap_or_else(|| folder.join("build"));
        let mut to = target(args, folder)?;
        if Path::new(&to).is_file() {
            return Err(swath::Error::misuse(&to, "is a file", "a folder or an Azure container's URL")
                .hint(format!("if it is a plan that `--out` wrote: swath publish --saved {}", quoted(&to))));
        }
        if args.out.is_some() {
            // The plan may be executed from another folder.
            build = absolute(&build);
            to = if to.contains("://") { to } else { absolute(Path::new(&to)).display().to_string() };
        }
        let others = if args.mirror { Others::Retire } else { Others::Keep };
        let trust = if args.rehash { Trust::Nothing } else { Trust::Remembered };
        let request = Request { overwrite: args.overwrite.into(), others, trust, ..Request::new(build) };
        Ok(Self { store: Store::open(&to, credentials)?, what: What::Build(request) })
    }
    fn plan(&self) -> swath::Result<PublishPlan> {
        match &self.what {
            What::Build(request) => block_on(publish::plan_for(request, &self.store)),
            What::Saved(plan) => block_on(publish::moved(plan, &self.store)).map(|()| PublishPlan::clone(plan)),
        }
    }
    fn run(&self, watch: &dyn Watch) -> swath::Result<(PublishPlan, PublishReport)> {
        match &self.what {
            What::Build(request) => block_on(publish::publish(request, &self.store, watch)),
            What::Saved(_) => {
                let plan = self.plan()?;
                watch.planned(&plan);
                let report = block_on(publish::run(&plan, &self.store, watch))?;
                Ok((plan, report))
            }
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Shows the plan, and keeps it in a file where that is asked for.
fn preview(args: &Publish, job: &Job, talk: &Talk) -> swath::Result<Exit> {
    let plan = job.plan()?;
    if let Some(file) = &args.out {
        SavedPlan::write(&plan, file)?;
    }
    show(&plan, args, talk);
    if let Some(file) = &args.out {
        talk.say(format!("next: swath publish --saved {}", quoted(&file.display().to_string())));
    }
    Ok(if plan.conflicts.is_empty() { Exit::Done } else { Exit::Conflict })
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
        talk.data(format!("{:<8}  {:>9}  {}", verb(upload), size(upload.size), upload.path));
    }
    if args.prune && plan.conflicts.is_empty() {
        plan.retired.iter().for_each(|(path, old)| talk.data(format!("remove    {:>9}  {path}", size(old.size))));
    }
    plan.notes.iter().for_each(|note| talk.say(format!("note: {note}")));
    warn(plan, talk);
    if !args.prune && !plan.retired.is_empty() {
        let few: Vec<&str> = plan.retired.keys().take(3).map(String::as_str).collect();
        let more = if plan.retired.len() > few.len() { ", ..." } else { "" };
        talk.say(format!("not referred to any more, then: {} ({}{more})", words(plan.retired.len(), "file"), few.join(", ")));
    }
    talk.say(format!(
        "would upload {} of {} files, {}, to {}; nothing was written",
        plan.uploads.len(),
        plan.uploads.len() + plan.present.len(),
        size(plan.bytes()),
        plan.to,
    ));
}

fn verb(upload: &Upload) -> &'static str {
    match (&upload.merged, &upload.replace) {
        (Some(_), _) => "merge",
        (None, Replace::Nothing) => "create",
        (None, _) => "replace",
    }
}

/// Says beforehand which bytes will change under a name that readers may hold.
fn warn(plan: &PublishPlan, talk: &Talk) {
    let changing: Vec<_> = plan.changing_assets().map(|upload| upload.path.as_str()).collect();
    if let Some(first) = changing.first() {
        let others = if changing.len() > 1 { format!(" and {} more", changing.len() - 1) } else { String::new() };
        talk.complain(format!(
            "warning: the bytes of {first}{others} change under their name; whoever reads them now may mix old and new (a build gives changed assets new names)"
        ));
    }
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
    plan.notes.iter().for_each(|note| talk.say(format!("note: {note}")));
    if let Some(why) = &report.forgotten {
        talk.complain(format!(
            "warning: could not note beside the build what was published, so its next publication retires nothing: {why}"
        ));
    }
    if report.created_container {
        talk.say(format!("made {}", plan.to));
    }
    if report.uploaded == 0 {
        talk.say(format!("nothing to upload: all {} files are there ({} requests, {seconds:.1} s)", report.present, counts.requests));
    } else {
        let kinds = [(Kind::Asset, "asset"), (Kind::Item, "item"), (Kind::Collection, "collection")];
        let parts: Vec<_> = kinds.iter().map(|(kind, word)| words(report.kinds.get(kind).copied().unwrap_or(0), word)).collect();
        talk.say(format!(
            "uploaded {} ({}), {}, in {seconds:.1} s; {} already there",
            words(report.uploaded, "file"),
            parts.join(", "),
            size(report.bytes),
            report.present,
        ));
    }
    if report.kept > 0 {
        talk.say(format!("{} that others published stay beside it", words(report.kept, "file")));
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
    /// Bytes of the plan that is being run.
    due: AtomicU64,
    meter: OnceLock<Meter<'a>>,
}

impl Show<'_> {
    fn end(&self) {
        self.meter.get().inspect(|meter| meter.end());
    }
}

impl Watch for Show<'_> {
    fn planned(&self, plan: &PublishPlan) {
        self.due.store(plan.bytes(), Ordering::Relaxed);
        warn(plan, self.talk);
    }
    fn again(&self, why: &swath::Error) {
        self.talk.say(format!("{}: {}; planning again", why.at, why.found));
    }
    fn advance(&self, bytes: u64) {
        self.meter.get_or_init(|| Meter::bytes(self.talk, "publish", self.due.load(Ordering::Relaxed))).add(bytes);
    }
    fn uploaded(&self, path: &str) {
        if self.talk.verbosity() > 0 {
            self.talk.say(format!("uploaded {path}"));
        }
    }
}
