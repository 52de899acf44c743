use std::path::{Component, Path, PathBuf};

use super::draft::escape;
use super::identify;
use super::inference::{DateSource, Inference, InferredDataset, InferredVariable, NodataFinding};
use crate::lattice::{plain, resolve};
use crate::plan_file::{Datetime, Moment, PlanFile, Stamp};
use crate::{Error, Result};

/// Where the plan will stand, and what a person adds to what was understood.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions<'a> {
    pub plan: &'a Path,
    /// For datasets whose files tell no date.
    pub datetime: Option<&'a str>,
}

/// A plan as text, and what it reads otherwise than it was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanText {
    pub text: String,
    pub problems: Vec<String>,
}

impl Inference {
    /// The commented `swath.toml` for what was understood; it has been read back and resolved.
    ///
    /// # Errors
    /// Misuse for a `datetime` that is none; Disk where the plan's folder cannot be found.
    pub fn plan_text(&self, options: WriteOptions<'_>) -> Result<PlanText> {
        if let Some(datetime) = options.datetime.filter(|d| Stamp::parse(d).is_none()) {
            return Err(Error::misuse(
                "--datetime",
                format!("{datetime:?} is no date"),
                "2020, 2020-05, 2020-05-17 or 2020-05-17T10:00:00Z is expected",
            ));
        }
        let folder = options.plan.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let prefix = relative(&absolute(folder)?, &absolute(&self.dir)?);
        let text = self.text(&prefix, options.datetime);
        let problems = self.read_back(&text, options.plan, folder)?;
        Ok(PlanText { text, problems })
    }

    fn text(&self, prefix: &str, datetime: Option<&str>) -> String {
        let name = self
            .dir
            .canonicalize()
            .ok()
            .and_then(|d| d.file_name().map(|n| n.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "maps".to_owned());
        let project = identify::project(&self.dir);
        let files: usize = self.datasets.iter().map(|d| d.files).sum();
        let mut out = format!(
            "# Written by `swath init` from {files} files in {name}. Change what is wrong; `swath plan` shows what it means.\n\
             # In `files`, {{name}} takes any text, {{date:%Y%m%d}} a date (%j: day of the year, %b: a month's name, %G %V: an ISO week), * what says nothing.\n\n\
             [catalog]\nid = {}\ntitle = {}\n\
             # description = \"...\"           # what this is, for whom\n\
             # license = \"CC-BY-4.0\"         # SPDX, or \"other\" with license_url = \"https://...\"\n\
             # providers = [{{ name = \"...\", roles = [\"producer\"], url = \"https://...\" }}]\n\n\
             [publish]\n\
             # to = \"https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX\"   # or a folder; left out: ./published\n\
             links = \"self-contained\"       # or absolute-published, relative-published\n\n\
             [cog]\n\
             compress = \"zstd\"              # none lzw deflate zstd lerc lerc-deflate lerc-zstd packbits jpeg webp\n\
             block_size = 512               # a multiple of 16\n\
             overview_resampling = \"auto\"   # average for measures, mode for categories; or average, mode, nearest\n",
            quoted(&self.catalog_id(&project)),
            quoted(&project),
        );
        for dataset in &self.datasets {
            out.push('\n');
            out.push_str(&dataset_text(dataset, prefix, datetime));
        }
        out
    }

    /// The project's name; ids are unique in a catalog, so a dataset of that name makes it a longer one.
    fn catalog_id(&self, project: &str) -> String {
        let id = plain(project);
        if self.datasets.iter().any(|d| d.id == id) { format!("{id}_catalog") } else { id }
    }

    /// Reads the plan as `swath plan` will, and compares.
    fn read_back(&self, text: &str, path: &Path, folder: &Path) -> Result<Vec<String>> {
        let mut plan = PlanFile::parse(&path.display().to_string(), text)?;
        for (table, dataset) in plan.datasets.iter_mut().zip(&self.datasets) {
            if dataset.datetime == DateSource::Unknown && table.datetime.is_none() {
                table.datetime = Stamp::parse("2000-01-01").map(|s| Datetime::One(Moment::Fixed(s)));
            }
        }
        let resolved = match resolve(&plan, folder) {
            Ok(resolved) => resolved,
            Err(e) => return Ok(vec![e.to_string()]),
        };
        let mut problems = Vec::new();
        for (dataset, meant) in resolved.datasets.iter().zip(&self.datasets) {
            let files = dataset.summary.files - dataset.unreadable.len().min(dataset.summary.files);
            if (files, dataset.summary.items) != (meant.files, meant.items) {
                problems.push(format!(
                    "{}: the pattern takes {files} files as {} items, where {} files as {} items were meant",
                    dataset.id, dataset.summary.items, meant.files, meant.items
                ));
            }
        }
        Ok(problems)
    }
}

fn dataset_text(dataset: &InferredDataset, prefix: &str, datetime: Option<&str>) -> String {
    let mut out = format!("[[dataset]]\nid = {}\n", quoted(&dataset.id));
    match &dataset.title {
        Some(title) => out.push_str(&format!("title = {}\n", quoted(&one_line(title)))),
        None => out.push_str("# title = \"...\"\n"),
    }
    out.push_str(&format!("# {}\n", understood(dataset)));
    for note in &dataset.notes {
        out.push_str(&format!("# {}\n", one_line(note)));
    }
    out.push_str(&format!("files = {}\n", patterns(prefix, &dataset.patterns)));
    out.push_str(&match dataset.datetime {
        DateSource::Name => "datetime = \"{date}\"\n".to_owned(),
        DateSource::NameInterval => "datetime = [\"{start}\", \"{end}\"]\n".to_owned(),
        DateSource::TimeAxis => "time = \"items\"                 # an item per step of the files' own time axis; \"bands\" keeps the steps together\n".to_owned(),
        DateSource::Header => {
            "datetime = \"header\"            # TIFF's DateTime tag; it may be the time of writing: check, or give a date such as \"2020-05-17\"\n".to_owned()
        }
        DateSource::Unknown => match datetime {
            Some(value) => format!("datetime = {}\n", quoted(value)),
            None => "# Neither names nor headers tell when this was. Every item needs a date: fill one in, as\n\
                     # datetime = \"2020-05-17\"      # or \"2020\", \"2020-05\", [\"2018-01-01\", \"2020-12-31\"]\n"
                .to_owned(),
        },
    });
    out.push_str(&format!("item_id = {}\n", quoted(&dataset.item_id)));
    for offer in &dataset.offers {
        out.push_str(&format!("# {offer}\n"));
    }
    if !dataset.bands.is_empty() {
        let names: Vec<String> = dataset.bands.iter().map(|b| quoted(b)).collect();
        out.push_str(&format!("bands = [{}]\nsplit_bands = false            # true: an asset per band\n", names.join(", ")));
    }
    out.push_str("# source = { url = \"https://...\", accessed = 2024-03-01, citation = \"...\" }\n");
    for variable in &dataset.variables {
        out.push('\n');
        out.push_str(&variable_text(variable));
    }
    out
}

/// `19 items (3 tiles, 2018-01-06 to 2018-12-17) x 12 variables, from 228 files; EPSG:32618`
pub(super) fn understood(dataset: &InferredDataset) -> String {
    let mut inside = Vec::new();
    if dataset.tiles.len() > 1 {
        inside.push(format!("{} tiles", dataset.tiles.len()));
    }
    if let (Some(first), Some(last)) = (dataset.first, dataset.last) {
        let (first, last) = (first.format("%Y-%m-%d").to_string(), last.format("%Y-%m-%d").to_string());
        inside.push(if first == last { first } else { format!("{first} to {last}") });
    }
    let inside = if inside.is_empty() { String::new() } else { format!(" ({})", inside.join(", ")) };
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let crs = if dataset.crs.is_empty() {
        String::new()
    } else {
        format!("; {}", dataset.crs.iter().take(4).cloned().collect::<Vec<_>>().join(", "))
    };
    format!(
        "{}{inside} x {}, from {}{crs}",
        plural(dataset.items, "item"),
        plural(dataset.variables.len(), "variable"),
        plural(dataset.files, "file")
    )
}

fn variable_text(variable: &InferredVariable) -> String {
    let mut out = format!("[dataset.variables.{}]   # {}", key(&variable.name), variable.types.join(", "));
    match &variable.nodata {
        NodataFinding::Tag(tag) => out.push_str(&format!("; nodata {tag} by the files' own tag\n")),
        NodataFinding::Differs(tags) => out.push_str(&format!("; files differ in nodata: {}\n# nodata = ...\n", tags.join(", "))),
        NodataFinding::Masked => out.push_str("; a mask tells what is valid\n"),
        NodataFinding::None(why) => out.push_str(&format!("; {why}\n")),
        NodataFinding::Proposed { value, reason } => {
            out.push_str(&format!("\nnodata = {value}   # proposed: no nodata tag; {}\n", one_line(reason)))
        }
        NodataFinding::Suspected { value, reason } => {
            out.push_str(&format!("\n# nodata = {value}   # perhaps: no nodata tag; {}\n", one_line(reason)))
        }
    }
    if let Some(title) = &variable.title {
        out.push_str(&format!("title = {}\n", quoted(&one_line(title))));
    }
    if let Some(unit) = &variable.unit {
        out.push_str(&format!("unit = {}\n", quoted(&one_line(unit))));
    }
    if let Some(why) = &variable.why_categorical {
        out.push_str(&format!("categorical = true   # {}\n", one_line(why)));
    }
    if !variable.classes.is_empty() {
        let classes: Vec<String> =
            variable.classes.iter().map(|(value, name)| format!("  {{ value = {value}, name = {} }},\n", quoted(name))).collect();
        out.push_str(&format!("classes = [\n{}]\n", classes.concat()));
    }
    out
}

fn patterns(prefix: &str, patterns: &[String]) -> String {
    let whole: Vec<String> = patterns.iter().map(|p| quoted(&format!("{}{p}", escape(prefix)))).collect();
    match whole.as_slice() {
        [one] => one.clone(),
        several => format!("[\n  {},\n]", several.join(",\n  ")),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if bare { name.to_owned() } else { quoted(name) }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|e| Error::file(path, &e))
}

/// The way from one folder to another, with `/` at its end; empty where they are the same.
fn relative(from: &Path, to: &Path) -> String {
    let (a, b): (Vec<Component<'_>>, Vec<Component<'_>>) = (from.components().collect(), to.components().collect());
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let up = std::iter::repeat_n("..".to_owned(), a.len() - common);
    let down = b[common..].iter().map(|c| c.as_os_str().to_string_lossy().into_owned());
    up.chain(down).map(|part| part + "/").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders() {
        for (from, to, way) in [("/a/b", "/a/b", ""), ("/a", "/a/b", "b/"), ("/a/x", "/a/b/c", "../b/c/"), ("/t", "/", "../")] {
            assert_eq!(relative(Path::new(from), Path::new(to)), way);
        }
    }
}
