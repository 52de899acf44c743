use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use swath::build::{AllDue, Misfit, Place, due};
use swath::lattice::{OddFile, Resolved, ResolvedDataset, VariableSummary, resolve};
use swath::plan_file::PlanFile;

use super::plan_uploads::{self, Look};
use crate::access::Access;
use crate::far::Far;
use crate::quoted::with_plan;
use crate::table::{Table, count, few};
use crate::{exit::Exit, talk::Talk};

/// Show what build and publish would do; writes nothing
#[derive(Args)]
#[command(after_help = "Examples:
  swath plan
  swath plan -f maps/swath.toml --exit-code
  swath plan --offline

Where the plan says where to publish (`[publish] to`), or published/ is there, what is published is read too, and the uploads that are due are
counted. What cannot be looked at is said, and stops nothing.")]
pub struct Plan {
    /// The plan
    #[arg(short = 'f', long = "plan", value_name = "FILE", default_value = "swath.toml")]
    plan: PathBuf,
    /// Exit with 10 when there is something to do
    #[arg(long)]
    exit_code: bool,
    /// Read nothing over the network
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    access: Access,
}

pub fn run(args: &Plan, talk: &Talk) -> swath::Result<Exit> {
    let plan = PlanFile::read(&args.plan)?;
    let folder = args.plan.parent().unwrap_or(Path::new(""));
    let resolved = resolve(&plan, folder)?;
    if talk.is_json() {
        events(&resolved, talk);
    } else {
        let far = Far::of(&plan, folder);
        for dataset in &resolved.datasets {
            talk.data(far.shortened(&describe(dataset)));
        }
        if !resolved.ignored.is_empty() {
            talk.data(far.shortened(&format!("ignored\n{}", ignored(&resolved))));
        }
        if let Some(line) = far.line() {
            talk.data(line);
        }
    }
    let place = Place::beside(&args.plan);
    let due = due(&plan, &resolved, &place)?;
    tell_due(&due, talk);
    misfits(&due.misfits, talk);
    let built = due.conversions.is_empty() && due.documents.is_empty() && due.removals.is_empty();
    let how = if args.offline { Look::Offline } else { Look::Remote };
    let uploads = plan_uploads::look(&plan, folder, &place.build, how, &args.access);
    uploads.tell(!built, talk);
    if !(due.conversions.is_empty() && due.documents.is_empty()) {
        talk.say(format!("next: `swath build{}`", with_plan(&args.plan)));
    } else if uploads.are_due() {
        talk.say(format!("next: `swath publish{}`", with_plan(&args.plan)));
    }
    let nothing = built && !uploads.are_due();
    Ok(if args.exit_code && !nothing { Exit::Changes } else { Exit::Done })
}

fn tell_due(due: &AllDue, talk: &Talk) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &due.conversions {
        *reasons.entry(one.why).or_default() += 1;
        talk.event("due", json!(one));
    }
    let reasons: Vec<String> = reasons.iter().map(|(why, n)| format!("{n} {why}")).collect();
    for path in &due.documents {
        talk.event("due", json!({ "document": path, "why": "the plan changed" }));
    }
    let text = match (due.conversions.len(), due.documents.len()) {
        (0, 0) => "nothing: the build is up to date".to_owned(),
        (0, n) => format!("{} to write again; nothing to convert", count(n, "document")),
        (n, _) => format!("{} ({})", count(n, "conversion"), reasons.join(", ")),
    };
    talk.data(format!("due     {text}"));
    if !due.removals.is_empty() {
        let few = due.removals.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = if due.removals.len() > 3 { ", ..." } else { "" };
        talk.data(format!("        {} without a raw file leave the build: {few}{more}", count(due.removals.len(), "asset")));
    }
    for asset in &due.removals {
        talk.event("due", json!({ "asset": asset, "why": "the raw file is gone" }));
    }
}

/// Conversions that will fail, by why.
fn misfits(misfits: &[Misfit], talk: &Talk) {
    let mut reasons: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for misfit in misfits {
        let path = misfit.path.display().to_string();
        reasons.entry((&misfit.error, misfit.hint.as_deref())).or_default().push(path.trim_start_matches("./").to_owned());
        talk.event("misfit", json!(misfit));
    }
    for ((error, hint), files) in reasons {
        talk.data(format!("        {} will fail: {error}: {}", files.len(), few(&files, 3)));
        if let Some(hint) = hint {
            talk.data(format!("          hint: {hint}"));
        }
    }
}

fn describe(dataset: &ResolvedDataset) -> String {
    let summary = &dataset.summary;
    let mut lines = vec![format!(
        "{}: {} x {} = {} from {}",
        dataset.id,
        count(summary.items, "item"),
        count(summary.variables.len(), "variable"),
        count(summary.assets, "asset"),
        count(summary.files, "file"),
    )];
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        let days = (first.format("%Y-%m-%d").to_string(), last.format("%Y-%m-%d").to_string());
        lines.push(format!("  dates   {}", if days.0 == days.1 { days.0 } else { format!("{} to {}", days.0, days.1) }));
    }
    if !summary.tiles.is_empty() {
        lines.push(format!("  tiles   {}: {}", summary.tiles.len(), few(&summary.tiles, 8)));
    }
    if !summary.crs.is_empty() {
        lines.push(format!("  CRS     {}", few(&summary.crs, 4)));
    }
    lines.push(variables(&summary.variables));
    lines.extend(holes(dataset));
    lines.extend(odd(&dataset.odd));
    lines.extend(dataset.notes.iter().map(|n| format!("  note    {n}")));
    lines.extend(dataset.unreadable.iter().map(|u| format!("  unreadable  {}", u.error)));
    lines.extend(dataset.ignored.iter().map(|i| format!("  left out  {}: {}", i.path, i.reason)));
    lines.join("\n") + "\n"
}

fn variables(variables: &[VariableSummary]) -> String {
    let mut table = Table::new(4, &["variable", "items", "type", "bands", "nodata", "pixel size", "columns x rows"]);
    for v in variables {
        let bands: Vec<String> = v.bands.iter().map(usize::to_string).collect();
        table.row(vec![
            v.name.clone(),
            v.items.to_string(),
            few(&v.types, 3),
            few(&bands, 3),
            few(&v.effective_nodata, 3),
            few(&v.pixel_sizes, 2),
            few(&v.sizes, 2),
        ]);
    }
    table.to_string()
}

/// Items without a variable, by variable: `B5 is missing from 2 items: a, b`.
fn holes(dataset: &ResolvedDataset) -> Vec<String> {
    let mut by_variable: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for hole in &dataset.holes {
        by_variable.entry(&hole.variable).or_default().push(hole.item.clone());
    }
    let line = |(variable, items): (&str, Vec<String>)| {
        format!("  hole    {variable} is missing from {}: {}", count(items.len(), "item"), few(&items, 20))
    };
    by_variable.into_iter().map(line).collect()
}

fn odd(odd: &[OddFile]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for file in odd {
        groups.entry((file.what, &file.found, &file.usual)).or_default().push(file.path.clone());
    }
    let line = |((what, found, usual), files): ((&str, &str, &str), Vec<String>)| {
        format!("  odd     {what} {found} where its siblings have {usual}: {}", few(&files, 10))
    };
    groups.into_iter().map(line).collect()
}

fn ignored(resolved: &Resolved) -> String {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in &resolved.ignored {
        reasons.entry(&file.reason).or_default().push(file.path.clone());
    }
    reasons.into_iter().map(|(reason, files)| format!("  {}: {reason}", few(&files, 5))).collect::<Vec<_>>().join("\n")
}

fn events(resolved: &Resolved, talk: &Talk) {
    for dataset in &resolved.datasets {
        let id = &dataset.id;
        talk.event("dataset", json!({ "id": id, "summary": dataset.summary, "notes": dataset.notes }));
        for item in &dataset.items {
            talk.event("item", json!({ "dataset": id, "item": item }));
        }
        for hole in &dataset.holes {
            talk.event("hole", json!({ "dataset": id, "item": hole.item, "tile": hole.tile, "variable": hole.variable }));
        }
        for odd in &dataset.odd {
            let body = json!({ "dataset": id, "path": odd.path, "variable": odd.variable, "what": odd.what, "found": odd.found, "usual": odd.usual });
            talk.event("odd", body);
        }
        for file in &dataset.unreadable {
            talk.event("unreadable", json!({ "dataset": id, "path": file.path, "error": file.error }));
        }
        for file in &dataset.ignored {
            talk.event("ignored", json!({ "dataset": id, "path": file.path, "reason": file.reason }));
        }
    }
    for file in &resolved.ignored {
        talk.event("ignored", json!({ "path": file.path, "reason": file.reason }));
    }
}
