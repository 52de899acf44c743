//! What was built from what: the reason a second build converts nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::output::write_if_changed;
use crate::checksums::Stamp;
use crate::local::sidecar_paths;
use crate::{Error, Result};

/// How a raw file looked when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    pub path: String,
    pub size: u64,
    pub modified_ns: u64,
}

impl Fingerprint {
    /// # Errors
    /// Absent or Disk, naming the file.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let meta = std::fs::metadata(path).map_err(|e| Error::file(path, &e))?;
        Ok(Self { path: path.display().to_string(), size: meta.len(), modified_ns: modified_ns(&meta) })
    }

    fn below(path: &Path, folder: &Path) -> Result<Self> {
        Self::of(path).map(|print| Self { path: relative(path, folder).display().to_string(), ..print })
    }
}

/// A path as it is called from the plan's folder, so that a build is the same wherever it is started and wherever the disk is mounted.
pub(crate) fn relative<'a>(path: &'a Path, folder: &Path) -> &'a Path {
    path.strip_prefix(folder).or_else(|_| path.strip_prefix(".")).unwrap_or(path)
}

/// What was read of a raw file: itself and what lies beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Raw {
    pub source: Fingerprint,
    #[serde(default)]
    pub sidecars: Vec<Fingerprint>,
}

impl Raw {
    /// The file by its name from the plan's folder.
    ///
    /// # Errors
    /// Absent or Disk, naming the file.
    pub(crate) fn of(path: &Path, folder: &Path) -> Result<Self> {
        // A sidecar that is gone since it was listed is none.
        let sidecars = sidecar_paths(path).iter().filter_map(|beside| Fingerprint::below(beside, folder).ok()).collect();
        Ok(Self { source: Fingerprint::below(path, folder)?, sidecars })
    }
}

/// Nanoseconds since 1970; 0 where the file system does not say.
pub(crate) fn modified_ns(meta: &std::fs::Metadata) -> u64 {
    let modified = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX)
}

/// One finished asset.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(flatten)]
    pub raw: Raw,
    /// Digest of everything that decides the output besides the pixels.
    pub recipe: String,
    /// Path inside the build.
    pub file: String,
    pub size: u64,
    pub facts: super::Facts,
    /// The file as it was when it got its name.
    #[serde(default)]
    pub stamp: Option<Stamp>,
}

impl Entry {
    /// Whether it was made from this very file and its sidecars by this recipe and still lies where it was put.
    pub(crate) fn stands(&self, raw: &Raw, recipe: &str, build: &Path) -> bool {
        let whole = || std::fs::metadata(build.join(&self.file)).is_ok_and(|m| m.is_file() && m.len() == self.size);
        self.raw == *raw && self.recipe == recipe && whole()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    version: u32,
    pub entries: BTreeMap<String, Entry>,
    /// JSON and parquet files the last build wrote.
    pub documents: Vec<String>,
    /// Assets that newer ones took the place of, until the tree no longer names them.
    #[serde(default)]
    pub replaced: Vec<String>,
    /// What a shard tried in vain; a whole build tries again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<super::failed::Failed>,
}

/// Raised whenever the writer or the facts change so that old outputs must be made anew.
const VERSION: u32 = 2;

impl Memory {
    /// Nothing remembered where the file is absent, unreadable or of another version: everything is built again then.
    pub(crate) fn load(path: &Path) -> Self {
        let loaded = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        loaded.filter(|m| m.version == VERSION).unwrap_or(Self { version: VERSION, ..Self::default() })
    }

    /// # Errors
    /// Disk, naming the file.
    pub(crate) fn save(&self, unfinished: &Path, path: &Path) -> Result<()> {
        let bytes = serde_json::to_vec(self).map_err(|e| Error::misuse(path.display().to_string(), e.to_string(), ""))?;
        write_if_changed(unfinished, path, &bytes).map(|_| ())
    }

    /// Whether this asset was made from the same file and sidecars by the same recipe and still lies where it was put.
    pub(crate) fn holds(&self, key: &str, raw: &Raw, recipe: &str, build: &Path) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.stands(raw, recipe, build))
    }
}

/// Hex sha256 of a value's JSON.
pub(crate) fn digest(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    hex(&Sha256::digest(&bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
