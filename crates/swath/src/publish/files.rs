use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use swath_store::Content;
use walkdir::WalkDir;

use super::claims::{self, Said};
use super::digest;
use super::manifest::MANIFEST;
use super::owner::ROOTS;
use super::plan::Trust;
use crate::checksums::{Checksums, Known};
use crate::{Error, Family, Result};

/// What a file is to a reader of the catalog; the order is the order of uploading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Pixels and whatever else is no document: never changes under its name.
    Asset,
    /// JSON that is no STAC, and tables that are no collection's.
    Document,
    Item,
    /// A collection's items as one table: after the items that its rows name.
    Table,
    Collection,
    Root,
}

/// One file of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildFile {
    /// Relative to the build, with slashes.
    pub path: String,
    pub kind: Kind,
    pub size: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Of the kind that NVMe and Azure use, where it was computed along.
    pub crc64: Option<u64>,
}

impl Kind {
    /// How servers shall present a file of this kind, and how long caches may keep it.
    pub fn content(self, path: &str) -> Content {
        let content = Content::of(path);
        match self {
            Self::Asset => content.cache("max-age=31536000, immutable"),
            Self::Document | Self::Table | Self::Collection => content.cache("max-age=60"),
            Self::Item => content.media_type("application/geo+json").cache("max-age=60"),
            Self::Root => content.cache("no-cache"),
        }
    }
    /// Whether a new version may take the place of an old one under the same name.
    pub fn changes(self) -> bool {
        self != Self::Asset
    }
    /// Whether it speaks of the items of every publisher, so that it is merged and not replaced.
    pub fn is_shared(self) -> bool {
        matches!(self, Self::Table | Self::Collection | Self::Root)
    }
}

/// A build as it lies on the disk.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// In the order of uploading.
    pub files: Vec<BuildFile>,
    /// The id of the root.
    pub catalog: Option<String>,
    /// The first item, and what it says.
    pub first: Option<Said>,
    /// What collections say of themselves, digested, by path.
    pub described: BTreeMap<String, String>,
    /// What was read to be summed, where that is worth remembering.
    pub learned: Option<Checksums>,
}

/// Every file of a build with its checksum. Hidden files are no part of it.
///
/// # Errors
/// Misuse where there is no root; Damaged for JSON that cannot be read or that holds a token, and for a file that is
/// not what its item says; Disk.
pub(super) fn scan(build: &Path, trust: Trust) -> Result<Scan> {
    let shown = build.display().to_string();
    let root = ROOTS.into_iter().find(|name| build.join(name).is_file());
    let Some(root) = root else {
        return Err(Error::misuse(shown, "holds no catalog", "a folder with collection.json is expected")
            .hint("run `swath build` first, or name the build with --build"));
    };
    let mut paths = Vec::new();
    let visible = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".");
    for entry in WalkDir::new(build).into_iter().filter_entry(visible) {
        let entry = entry.map_err(|e| Error::new(Family::Disk, &shown, e.to_string(), ""))?;
        if entry.file_type().is_file() {
            paths.push(entry.into_path());
        }
    }
    let mut checksums = Checksums::load(build);
    let desk = Desk { build, root, checksums: &checksums, trust };
    let read: Vec<Option<Found>> = paths.into_par_iter().map(|path| desk.file(path)).collect::<Result<_>>()?;
    let (mut known, mut found) = (BTreeMap::new(), Vec::new());
    for Found { file, said, summed } in read.into_iter().flatten() {
        known.extend(summed.map(|summed| (file.path.clone(), summed)));
        found.push((file, said));
    }
    let learned = checksums.replace(known).then_some(checksums);
    let tables: BTreeSet<String> = found.iter().flat_map(|(_, said)| said.mirrors()).collect();
    found.iter_mut().filter(|(file, _)| tables.contains(&file.path)).for_each(|(file, _)| file.kind = Kind::Table);
    // Collections below their parents go first, so that no visible link leads nowhere.
    found.sort_by_key(|(file, _)| (rank(file.kind, &file.path), file.path.clone()));
    let (files, said): (Vec<BuildFile>, Vec<Said>) = found.into_iter().unzip();
    let spoken = || files.iter().zip(&said);
    claims::hold(build, &files, spoken().map(|(file, said)| (file.path.as_str(), said)))?;
    let first = spoken().find(|(file, said)| file.kind == Kind::Item && !said.claims.is_empty()).map(|(_, said)| said.clone());
    let catalog = spoken().find(|(file, _)| file.kind == Kind::Root).and_then(|(_, said)| said.id.clone());
    let described = spoken().filter_map(|(file, said)| Some((file.path.clone(), said.described.clone()?))).collect();
    Ok(Scan { files, catalog, first, described, learned })
}

/// Files of one rank may travel together.
pub(super) fn rank(kind: Kind, path: &str) -> (Kind, usize) {
    (kind, if kind == Kind::Collection { usize::MAX - path.matches('/').count() } else { 0 })
}

/// One file as it was found.
struct Found {
    file: BuildFile,
    said: Said,
    /// What to remember of it.
    summed: Option<Known>,
}

/// Where files are found, and what is known of them already.
struct Desk<'a> {
    build: &'a Path,
    root: &'a str,
    checksums: &'a Checksums,
    trust: Trust,
}

impl Desk<'_> {
    fn file(&self, path: PathBuf) -> Result<Option<Found>> {
        let relative = path.strip_prefix(self.build).ok().and_then(Path::to_str);
        let Some(relative) = relative.map(|p| p.replace(std::path::MAIN_SEPARATOR, "/")) else {
            return Err(Error::new(Family::Unsupported, path.display().to_string(), "the name is no UTF-8", ""));
        };
        if relative == MANIFEST {
            return Ok(None);
        }
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if matches!(extension, "json" | "geojson") {
            return self.document(&path, relative).map(Some);
        }
        let kind = if extension == "parquet" { Kind::Document } else { Kind::Asset };
        let (known, may_be_remembered) = self.sums(&path, &relative)?;
        let (size, sha256, crc64) = (known.size(), known.sums.sha256.clone(), Some(known.sums.crc64));
        let file = BuildFile { path: relative, kind, size, sha256, crc64 };
        Ok(Some(Found { file, said: Said::default(), summed: may_be_remembered.then_some(known) }))
    }

    /// Reads a file only where nothing is known of it; and whether that may be remembered.
    fn sums(&self, path: &Path, relative: &str) -> Result<(Known, bool)> {
        let meta = path.metadata().map_err(|e| Error::file(path, &e))?;
        match self.checksums.of(relative, &meta).filter(|_| self.trust == Trust::Remembered) {
            Some(known) => Ok((known.clone(), true)),
            None => Known::read(path),
        }
    }

    fn document(&self, path: &Path, relative: String) -> Result<Found> {
        let text = std::fs::read(path).map_err(|e| Error::file(path, &e))?;
        let document = document(path, &text)?;
        let kind = match document.get("type").and_then(Value::as_str) {
            Some("Feature") => Kind::Item,
            Some("Collection" | "Catalog") if relative == self.root => Kind::Root,
            Some("Collection" | "Catalog") => Kind::Collection,
            _ => Kind::Document,
        };
        let said = if kind == Kind::Document { Said::default() } else { Said::by(&relative, &document) };
        let (size, sha256) = (text.len() as u64, digest::of_bytes(&text));
        Ok(Found { file: BuildFile { path: relative, kind, size, sha256, crc64: None }, said, summed: None })
    }
}

/// A JSON document that holds no token.
fn document(path: &Path, text: &[u8]) -> Result<Value> {
    let shown = path.display().to_string();
    if text.windows(5).any(|part| matches!(part, b"?sig=" | b"&sig=")) {
        return Err(Error::new(Family::Damaged, shown, "a link holds a SAS token", "links without tokens")
            .hint("build again: swath keeps tokens out of what it writes"));
    }
    serde_json::from_slice(text).map_err(|e| Error::new(Family::Damaged, shown, format!("no JSON: {e}"), ""))
}
