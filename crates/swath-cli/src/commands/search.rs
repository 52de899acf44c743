use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use swath::search::{Found, Limits, search};
use swath::stac::{Query, geoparquet, pretty, write_pretty};
use swath::{Error, Family};

use crate::access::Access;
use crate::progress::size;
use crate::runtime::block_on;
use crate::table::few;
use crate::{exit::Exit, talk::Talk};

/// Find items of a catalog by place, time and property
#[derive(Args)]
#[command(after_help = "Examples:
  swath search build --bbox -74.1,40.6,-73.7,40.9 --datetime 2018-06/2018-09
  swath search https://ACCOUNT.blob.core.windows.net/CONTAINER/maps --collections map4 --limit 5 -o items.parquet
  swath search https://HOST/stac/v1 --collections landsat --filter 'eo:cloud_cover < 10' --sortby -datetime --limit 5
  swath search published --filter 'gsd <= 30' | jq '.features[].id'")]
pub struct Search {
    /// A catalog: folder or URL of its root, one of its documents (.json, .parquet), or a STAC API
    root: String,
    #[command(flatten)]
    asked: Asked,
    /// Write here instead of to stdout: .json, .ndjson or .parquet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    access: Access,
}

/// What narrows a search.
#[derive(Args, Clone, Default)]
pub struct Asked {
    /// West,south,east,north in degrees; west above east crosses the antimeridian
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub bbox: Option<String>,
    /// 2018, 2018-06, 2018-06-01, an RFC 3339 instant, or START/END with `..` for an open end
    #[arg(long, value_name = "TIME")]
    pub datetime: Option<String>,
    /// Ids of collections
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub collections: Vec<String>,
    /// Ids of items
    #[arg(long, value_name = "ID", value_delimiter = ',', num_args = 1..)]
    pub ids: Vec<String>,
    /// A GeoJSON geometry, or a file that holds one
    #[arg(long, value_name = "GEOJSON")]
    pub intersects: Option<String>,
    /// A condition on properties in CQL2, as text or as JSON
    #[arg(long, value_name = "CQL2")]
    pub filter: Option<String>,
    /// Properties that order the items: -datetime for the newest first, +eo:cloud_cover (default: collection, time, id)
    #[arg(long, value_name = "PROPERTIES", allow_hyphen_values = true)]
    pub sortby: Option<String>,
    /// At most so many items
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

pub fn run(args: &Search, talk: &Talk) -> swath::Result<Exit> {
    let query = args.asked.query()?;
    let credentials = args.access.credentials()?;
    let form = args.output.as_deref().map(Form::of).transpose()?;
    let found = block_on(search(&args.root, &credentials, &query, &Limits::default()))?;
    if found.matched == 0 && matches!(form, Some(Form::Table)) {
        let error = Error::new(Family::Absent, &args.root, "no item matches", "at least one row for a table");
        return Err(error.hint(args.asked.when_nothing_matches(&found.collections)));
    }
    match (&args.output, form) {
        (Some(file), Some(form)) => write(file, form, &found)?,
        _ if talk.is_json() => found.items.items.iter().for_each(|item| talk.event("item", json!({ "item": item }))),
        _ => talk.data(pretty(&found.items)?.trim_end()),
    }
    tell(&found, args, talk);
    let exit = if found.losses().next().is_none() { Exit::Done } else { Exit::Partial };
    // The process ends here: to give back a hundred thousand parts of items one by one would be a tenth of its time.
    std::mem::forget(found);
    Ok(exit)
}

impl Asked {
    /// # Errors
    /// Misuse naming the option that makes no sense; Absent and Disk for a file of `--intersects`.
    pub fn query(&self) -> swath::Result<Query> {
        let mut query = Query::new().collections(self.collections.iter().cloned()).ids(self.ids.iter().cloned());
        if let Some(text) = &self.bbox {
            query = query.bbox(&numbers(text)?)?;
        }
        if let Some(text) = &self.datetime {
            query = query.datetime(text)?;
        }
        if let Some(text) = &self.intersects {
            query = query.intersects(&geojson(text)?)?;
        }
        if let Some(text) = &self.filter {
            query = query.filter(text)?;
        }
        if let Some(text) = &self.sortby {
            query = query.sort_by(text)?;
        }
        Ok(match self.limit {
            Some(most) => query.limit(most),
            None => query,
        })
    }

    /// What to ask instead, by what was asked and the collections that there are.
    pub fn when_nothing_matches(&self, collections: &BTreeSet<String>) -> String {
        let there: Vec<String> = collections.iter().cloned().collect();
        // Items of a list may be of no collection.
        if !there.is_empty() && !self.collections.is_empty() && !self.collections.iter().any(|id| collections.contains(id)) {
            return format!("there is no such collection; there are {}", few(&there, 20));
        }
        let given = [
            (!self.collections.is_empty(), "--collections"),
            (!self.ids.is_empty(), "--ids"),
            (self.bbox.is_some(), "--bbox"),
            (self.datetime.is_some(), "--datetime"),
            (self.intersects.is_some(), "--intersects"),
            (self.filter.is_some(), "--filter"),
        ];
        let given: Vec<&str> = given.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag).collect();
        match given.as_slice() {
            [] => "the catalog holds no items".to_owned(),
            [one] => format!("widen {one}, or leave it out"),
            many => format!("widen one of {}, or leave it out", many.join(", ")),
        }
    }
}

fn numbers(text: &str) -> swath::Result<Vec<f64>> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    let read: Result<Vec<f64>, _> = parts.map(|part| part.parse::<f64>().map_err(|_| part)).collect();
    read.map_err(|part| Error::misuse("--bbox", format!("{part:?} is no number"), "west,south,east,north in degrees"))
}

fn geojson(text: &str) -> swath::Result<Value> {
    let (at, text) = if text.trim_start().starts_with('{') {
        ("--intersects".to_owned(), text.to_owned())
    } else {
        let path = Path::new(text.strip_prefix('@').unwrap_or(text));
        (text.to_owned(), std::fs::read_to_string(path).map_err(|e| Error::file(path, &e))?)
    };
    serde_json::from_str(&text).map_err(|e| Error::misuse(at, format!("is no JSON: {e}"), "a GeoJSON geometry, or a file that holds one"))
}

/// How items are written to a file.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Lines,
    Table,
}

impl Form {
    fn of(file: &Path) -> swath::Result<Self> {
        let ending = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "json" | "geojson" => Ok(Self::Json),
            "ndjson" | "jsonl" => Ok(Self::Lines),
            "parquet" | "geoparquet" => Ok(Self::Table),
            _ => Err(Error::misuse(file.display().to_string(), "tells no format by its name", ".json, .ndjson or .parquet is expected")),
        }
    }

    fn write(self, found: &Found, mut out: impl Write) -> swath::Result<std::io::Result<()>> {
        let items = &found.items.items;
        Ok(match self {
            Self::Json => write_pretty(&mut out, &found.items),
            Self::Lines => items.iter().try_for_each(|item| {
                serde_json::to_writer(&mut out, item)?;
                out.write_all(b"\n")
            }),
            Self::Table => out.write_all(&geoparquet::write(items, None)?),
        })
    }
}

/// Under another name first, so that a kill leaves no half file.
fn write(file: &Path, form: Form, found: &Found) -> swath::Result<()> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let at_file = |e: std::io::Error| Error::file(file, &e);
    let written = File::create(&partial).map_err(at_file).and_then(|created| {
        let mut out = BufWriter::with_capacity(1 << 18, created);
        form.write(found, &mut out)?.and_then(|()| out.flush()).and_then(|()| std::fs::rename(&partial, file)).map_err(at_file)
    });
    written.inspect_err(|_| drop(std::fs::remove_file(&partial)))
}

fn tell(found: &Found, args: &Search, talk: &Talk) {
    for problem in &found.problems {
        talk.event("problem", json!(problem));
        talk.say(format!("warning: {}: {}", problem.at, problem.found));
    }
    let (shown, cost) = (found.items.items.len(), &found.cost);
    let seconds = found.elapsed.as_secs_f64();
    talk.event(
        "found",
        json!({ "matched": found.matched, "returned": shown, "documents": found.documents, "tables": found.tables,
            "requests": cost.requests, "bytes": cost.received, "seconds": seconds }),
    );
    let mut line = if found.matched == 1 { "1 item matches".to_owned() } else { format!("{} items match", found.matched) };
    if shown < found.matched {
        line.push_str(&format!(", {shown} shown"));
    }
    if let Some(file) = &args.output {
        line.push_str(&format!(", written to {}", file.display()));
    }
    match found.problems.len() {
        0 => {}
        1 => line.push_str("; 1 document could not be read"),
        n => line.push_str(&format!("; {n} documents could not be read")),
    }
    if !found.problems.is_empty() && found.losses().next().is_none() {
        line.push_str(", and no item is lost by it");
    }
    talk.say(format!("{line} ({} requests, {}, {seconds:.2} s)", cost.requests, size(cost.received)));
    if found.matched == 0 && found.losses().next().is_none() {
        talk.say(format!(" hint: {}", args.asked.when_nothing_matches(&found.collections)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: Asked, right: bool) {
        assert_eq!(asked.query().is_ok(), right);
    }

    #[test]
    fn what_to_ask_instead_fits_what_was_asked() {
        let there: BTreeSet<String> = ["far".to_owned(), "near".to_owned()].into();
        let asked = |collections: &[&str], bbox: Option<&str>, ids: &[&str]| Asked {
            collections: collections.iter().map(|id| (*id).to_owned()).collect(),
            bbox: bbox.map(str::to_owned),
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            ..Asked::default()
        };
        for (asked, right) in [
            (asked(&["nope"], Some("0,0,1,1"), &[]), "there is no such collection; there are far, near"),
            (asked(&["near"], Some("0,0,1,1"), &[]), "widen one of --collections, --bbox, or leave it out"),
            (asked(&[], None, &["x"]), "widen --ids, or leave it out"),
            (asked(&[], None, &[]), "the catalog holds no items"),
        ] {
            assert_eq!(asked.when_nothing_matches(&there), right);
        }
        assert_eq!(asked(&["nope"], None, &[]).when_nothing_matches(&BTreeSet::new()), "widen --collections, or leave it out");
    }

    #[test]
    fn what_is_typed_becomes_a_query_or_a_clear_no() {
        let bbox = |text: &str| Asked { bbox: Some(text.into()), ..Asked::default() };
        check(bbox("-74.1,40.6,-73.7,40.9"), true);
        check(bbox("-74.1 40.6 -73.7 40.9"), true);
        check(bbox("-74.1,40.6,-73.7"), false);
        check(bbox("west,south,east,north"), false);
        check(Asked { intersects: Some(r#"{"type": "Point", "coordinates": [1, 2]}"#.into()), ..Asked::default() }, true);
        check(Asked { intersects: Some("{1}".into()), ..Asked::default() }, false);
        check(Asked { datetime: Some("soon".into()), ..Asked::default() }, false);
        check(Asked { filter: Some("gsd <= 30".into()), limit: Some(1), ..Asked::default() }, true);
    }
}
