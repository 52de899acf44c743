use std::path::Path;

use swath::lattice::clean;
use swath::plan_file::{Pattern, PlanFile};

/// The folder that holds all raw files, where it lies outside the plan's own: told once, not before every file.
pub struct Far {
    /// As paths begin, last as the plan writes it; empty where the raw files lie below the plan.
    beginnings: Vec<String>,
}

impl Far {
    pub fn of(plan: &PlanFile, plan_dir: &Path) -> Self {
        let folders: Vec<&str> = plan.datasets.iter().flat_map(|d| &d.files).map(Pattern::folder).collect();
        let common = common_folder(&folders);
        if !(common.starts_with("../") || common.starts_with('/')) || common == "/" {
            return Self { beginnings: Vec::new() };
        }
        let joined = clean(&plan_dir.join(common)).to_string_lossy().into_owned();
        Self { beginnings: vec![joined + "/", common.to_owned()] }
    }

    /// The text with the paths in it named from that folder.
    pub fn shortened(&self, text: &str) -> String {
        self.beginnings.iter().fold(text.to_owned(), |text, beginning| without(&text, beginning))
    }

    /// What says where they are; `None` where nothing is shortened.
    pub fn line(&self) -> Option<String> {
        self.beginnings.last().map(|folder| format!("files are named from {folder}\n"))
    }
}

/// The text without `beginning` where a path starts with it.
fn without(text: &str, beginning: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(beginning) {
        out.push_str(before);
        let inside = out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || "/._-".contains(c));
        if inside {
            out.push_str(beginning);
        }
        rest = after;
    }
    out + rest
}

/// The longest beginning, up to a `/`, that all have.
fn common_folder<'f>(folders: &[&'f str]) -> &'f str {
    let Some(first) = folders.first() else { return "" };
    let mut ends = first.rmatch_indices('/').map(|(i, _)| &first[..=i]);
    ends.find(|beginning| folders.iter().all(|f| f.starts_with(beginning))).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_outside_the_plans_folder_are_named_from_where_they_part() {
        let plan = |folders: [&str; 2]| {
            let dataset = |(id, folder): (&str, &str)| format!("[[dataset]]\nid = \"{id}\"\nfiles = \"{folder}{{tile}}.tif\"\n");
            let text = format!("[catalog]\nid = \"maps\"\n{}{}", dataset(("a", folders[0])), dataset(("b", folders[1])));
            PlanFile::parse("swath.toml", &text).unwrap()
        };
        for (folders, plan_dir, said, short) in [
            (["../../raw/a/", "../../raw/b/"], "", "x ../../raw/a/t1.tif (../../raw/b/t2.tif)", "x a/t1.tif (b/t2.tif)"),
            (["../raw/", "../raw/"], "p", "raw/t1.tif ../raw/t1.tif, old/raw/t1.tif", "t1.tif t1.tif, old/raw/t1.tif"),
            (["/data/raw/", "/data/raw/b/"], "p", "/data/raw/b/t1.tif /x/data/raw/b", "b/t1.tif /x/data/raw/b"),
            (["raw/a/", "raw/b/"], "", "raw/a/t1.tif", "raw/a/t1.tif"),
            (["/data/", "../data/"], "", "/data/t1.tif ../data/t1.tif", "/data/t1.tif ../data/t1.tif"),
        ] {
            assert_eq!(Far::of(&plan(folders), Path::new(plan_dir)).shortened(said), short);
        }
    }
}
