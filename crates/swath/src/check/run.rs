use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;
use swath_stac::Item;
use swath_stac::check::{Finding, Severity, Tree};
use walkdir::WalkDir;

use super::asset;
use crate::build::Watch;
use crate::stop::stopped;
use crate::{Error, Family, Result};

/// How much of each asset is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Headers and checksums.
    Metadata,
    /// Every block is decoded too, and statistics are made again.
    Blocks,
}

#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// Errors first.
    pub findings: Vec<Finding>,
    pub documents: usize,
    pub assets: usize,
}

impl CheckReport {
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }
}

/// One asset file that an item names.
pub(super) struct Target {
    /// `map4/a/a.json#/assets/b1`.
    pub at: String,
    pub path: PathBuf,
    pub facts: swath_stac::facts::AssetFacts,
}

/// Checks the catalog whose root document lies in `folder`, or the one GeoTIFF that `folder` names.
///
/// # Errors
/// Absent where there is no folder or no root document; Disk where documents cannot be read. What is wrong with the catalog is no
/// error but a finding. Misuse where `watch` stopped it.
pub fn run(folder: &Path, depth: Depth, watch: &dyn Watch) -> Result<CheckReport> {
    if folder.is_file() {
        let findings = asset::check_alone(folder, depth, watch);
        return told(CheckReport { findings, documents: 0, assets: 1 }, folder, watch);
    }
    if !folder.is_dir() {
        let error = Error::new(Family::Absent, folder.display().to_string(), "no such folder", "the folder of a catalog is expected");
        return Err(error.hint("`swath build` makes one"));
    }
    let texts = documents(folder)?;
    if !texts.contains_key("collection.json") && !texts.contains_key("catalog.json") {
        let error =
            Error::new(Family::Absent, folder.display().to_string(), "no collection.json in it", "the root of a catalog is expected");
        return Err(error.hint("name the folder that holds the root collection.json"));
    }
    let exists = |path: &str| folder.join(path).is_file();
    let tables = tables(folder);
    let mut findings = swath_stac::check::tree(&Tree { documents: &texts, tables: &tables, exists: &exists });
    let targets = targets(folder, &texts);
    watch.total(targets.iter().filter_map(|t| std::fs::metadata(&t.path).ok()).map(|m| m.len()).sum());
    let found: Vec<Vec<Finding>> =
        targets.par_iter().map(|t| if watch.is_stopped() { Vec::new() } else { asset::check(t, depth, watch) }).collect();
    findings.extend(found.into_iter().flatten());
    findings.sort_by(|a, b| (b.severity, &a.at, a.rule).cmp(&(a.severity, &b.at, b.rule)));
    told(CheckReport { findings, documents: texts.len(), assets: targets.len() }, folder, watch)
}

/// What was found, unless nobody wants it any more: then it is not all there is.
fn told(report: CheckReport, folder: &Path, watch: &dyn Watch) -> Result<CheckReport> {
    if watch.is_stopped() { Err(stopped(&folder.display().to_string())) } else { Ok(report) }
}

fn files(folder: &Path, extension: &'static str) -> impl Iterator<Item = (String, PathBuf)> {
    let root = folder.to_owned();
    WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(std::result::Result::ok).filter_map(move |entry| {
        let path = entry.into_path();
        let fits = path.extension().is_some_and(|e| e == extension) && path.is_file();
        let name = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
        fits.then_some((name, path))
    })
}

fn documents(folder: &Path) -> Result<BTreeMap<String, String>> {
    let own = |name: &str| name != "swath.manifest.json";
    let read = |(name, path): (String, PathBuf)| {
        let bytes = std::fs::read(&path).map_err(|e| Error::file(&path, &e))?;
        Ok((name, String::from_utf8_lossy(&bytes).into_owned()))
    };
    files(folder, "json").filter(|(name, _)| own(name)).map(read).collect()
}

fn tables(folder: &Path) -> BTreeMap<String, bytes::Bytes> {
    files(folder, "parquet").filter_map(|(name, path)| Some((name, std::fs::read(path).ok()?.into()))).collect()
}

fn targets(folder: &Path, texts: &BTreeMap<String, String>) -> Vec<Target> {
    let mut out = Vec::new();
    let base = published_at(texts);
    for (name, text) in texts {
        let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
        let Ok(item) = Item::from_json(value) else { continue };
        for (key, asset) in &item.assets {
            let Some(path) = local(folder, name, &asset.href, base.as_deref()) else { continue };
            let Some(facts) = swath_stac::item::asset_facts(&item, key) else { continue };
            if path.is_file() && is_tiff(&asset.href, asset.media_type.as_deref()) {
                out.push(Target { at: format!("{name}#/assets/{key}"), path, facts });
            }
        }
    }
    out
}

pub(super) fn is_tiff(href: &str, media_type: Option<&str>) -> bool {
    let lower = href.to_lowercase();
    media_type.is_some_and(|t| t.starts_with("image/tiff")) || lower.ends_with(".tif") || lower.ends_with(".tiff")
}

/// Where an href leads inside the folder; `None` for one that leads elsewhere.
fn local(folder: &Path, document: &str, href: &str, base: Option<&str>) -> Option<PathBuf> {
    let path = if href.contains("://") { href.strip_prefix(base?)?.to_owned() } else { swath_stac::layout::join(document, href).ok()? };
    let inside = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
    inside.then(|| folder.join(path))
}

/// The address at which the root says it is published, with its last slash.
fn published_at(texts: &BTreeMap<String, String>) -> Option<String> {
    let text = texts.get("collection.json").or_else(|| texts.get("catalog.json"))?;
    let root: Value = serde_json::from_str(text).ok()?;
    let own = root["links"].as_array()?.iter().find(|link| link["rel"] == "self")?;
    let href = own["href"].as_str()?;
    href.rfind('/').map(|slash| href[..=slash].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::infer_until;
    use crate::{Result, Stop};

    struct Stopped;

    impl Watch for Stopped {
        fn is_stopped(&self) -> bool {
            true
        }
    }

    #[test]
    fn what_only_reads_ends_when_it_is_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.tif");
        std::fs::write(&file, b"II*\0").unwrap();
        std::fs::write(dir.path().join("collection.json"), b"{}").unwrap();
        let stop = Stop::default();
        stop.tell();
        let stopped = |result: Result<()>| result.is_err_and(|e| e.to_string().contains("was stopped"));
        assert!(stopped(run(&file, Depth::Blocks, &Stopped).map(drop)));
        assert!(stopped(run(dir.path(), Depth::Blocks, &Stopped).map(drop)));
        assert!(stopped(infer_until(dir.path(), &stop).map(drop)));
        assert!(run(&file, Depth::Blocks, &()).is_ok());
    }
}
