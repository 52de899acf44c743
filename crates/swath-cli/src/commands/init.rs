use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use swath::infer::{DateSource, Inference, InferredDataset, NodataFinding, WriteOptions, infer};
use swath::{Error, Family};

use crate::quoted::with_plan;
use crate::table::{Table, few};
use crate::{exit::Exit, talk::Talk};

/// Read a folder of rasters and write a plan for it
#[derive(Args)]
#[command(after_help = "Examples:\n  swath init raw/\n  swath init raw/ -o maps/swath.toml --datetime 2020")]
pub struct Init {
    /// The folder with the raw files; they are only read
    dir: PathBuf,
    /// The plan to write
    #[arg(short, long, value_name = "FILE", default_value = "swath.toml")]
    output: PathBuf,
    /// Replace an existing plan
    #[arg(long)]
    force: bool,
    /// The date of files that tell none: 2020, 2020-05, 2020-05-17 or 2020-05-17T10:00:00Z
    #[arg(long, value_name = "DATE")]
    datetime: Option<String>,
}

pub fn run(args: &Init, talk: &Talk) -> swath::Result<Exit> {
    if args.output.exists() && !args.force {
        let error = Error::new(Family::Conflict, args.output.display().to_string(), "there is a plan already", "nothing was written");
        return Err(error.hint("`--force` replaces it, `-o FILE` writes another"));
    }
    let inference = infer(&args.dir)?;
    let plan = inference.plan_text(WriteOptions { plan: &args.output, datetime: args.datetime.as_deref() })?;
    write(&args.output, &plan.text)?;
    report(&inference, args.datetime.as_deref(), talk);
    for problem in &plan.problems {
        talk.say(format!("warning: {problem}"));
        talk.event("problem", json!({ "text": problem }));
    }
    talk.event("plan", json!({ "path": args.output }));
    talk.data(format!("wrote {}", args.output.display()));
    let undated: Vec<&str> = inference.datasets.iter().filter(|d| d.datetime == DateSource::Unknown).map(|d| d.id.as_str()).collect();
    if !undated.is_empty() && args.datetime.is_none() {
        talk.say(format!(
            "next: write a `datetime` for {} into {}, or run again with --datetime DATE --force",
            undated.join(", "),
            args.output.display()
        ));
    } else {
        talk.say(format!("next: read it, then `swath plan{}`", with_plan(&args.output)));
    }
    Ok(Exit::Done)
}

/// Whole or not at all.
fn write(path: &Path, text: &str) -> swath::Result<()> {
    let failed = |e: std::io::Error| Error::file(path, &e);
    let temporary = path.with_extension(format!("toml.{}", std::process::id()));
    let done = std::fs::File::create(&temporary).and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all()));
    done.and_then(|()| std::fs::rename(&temporary, path)).map_err(|e| {
        let _ = std::fs::remove_file(&temporary);
        failed(e)
    })
}

fn report(inference: &Inference, datetime: Option<&str>, talk: &Talk) {
    for dataset in &inference.datasets {
        talk.event("dataset", json!(dataset));
        talk.data(describe(dataset, datetime));
    }
    for file in &inference.unreadable {
        talk.event("unreadable", json!(file));
        talk.data(format!("unreadable  {}", file.error));
    }
    for file in &inference.ignored {
        talk.event("ignored", json!(file));
    }
    let mut reasons: Vec<&str> = inference.ignored.iter().map(|i| i.reason.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons {
        let files: Vec<String> = inference.ignored.iter().filter(|i| i.reason == reason).map(|i| i.path.clone()).collect();
        talk.data(format!("ignored  {}: {reason}", few(&files, 4)));
    }
}

fn describe(dataset: &InferredDataset, datetime: Option<&str>) -> String {
    let mut lines = vec![dataset.id.clone(), format!("  files   {}", dataset.patterns.join(", "))];
    lines.push(format!("  items   {}, named {}", dataset.items, dataset.item_id));
    if !dataset.tiles.is_empty() {
        lines.push(format!("  tiles   {}: {}", dataset.tiles.len(), few(&dataset.tiles, 8)));
    }
    let span = match (dataset.first, dataset.last) {
        (Some(a), Some(b)) if a.date_naive() != b.date_naive() => format!("{} to {}, ", a.format("%Y-%m-%d"), b.format("%Y-%m-%d")),
        (Some(a), _) => format!("{}, ", a.format("%Y-%m-%d")),
        _ => String::new(),
    };
    let from = match dataset.datetime {
        DateSource::Name | DateSource::NameInterval => "from the names".to_owned(),
        DateSource::TimeAxis => "from the files' time axis".to_owned(),
        DateSource::Header => "from TIFF's DateTime tag (it may be the time of writing)".to_owned(),
        DateSource::Unknown => datetime.map_or_else(
            || "not told by names or headers: the plan needs one".to_owned(),
            |given| format!("{given}, as --datetime says; names and headers tell none"),
        ),
    };
    lines.push(format!("  dates   {span}{from}"));
    if !dataset.crs.is_empty() {
        lines.push(format!("  CRS     {}", few(&dataset.crs, 4)));
    }
    let mut table = Table::new(4, &["variable", "type", "columns x rows", "nodata", ""]);
    for v in &dataset.variables {
        let nodata = match &v.nodata {
            NodataFinding::Tag(tag) => tag.clone(),
            NodataFinding::Differs(tags) => format!("differs: {}", few(tags, 3)),
            NodataFinding::Masked => "none; has a mask".to_owned(),
            NodataFinding::Proposed { value, reason } => format!("no tag; proposed: {value} ({reason})"),
            NodataFinding::Suspected { value, reason } => format!("no tag; perhaps {value} ({reason})"),
            NodataFinding::None(why) => why.clone(),
        };
        let categorical = v.why_categorical.as_ref().map_or_else(String::new, |why| format!("categorical: {why}"));
        table.row(vec![v.name.clone(), few(&v.types, 3), few(&v.sizes, 2), nodata, categorical]);
    }
    lines.push(table.to_string());
    lines.extend(dataset.notes.iter().map(|n| format!("  note    {n}")));
    lines.join("\n") + "\n"
}
