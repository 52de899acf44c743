use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::digest;
use super::files::Kind;
use crate::{Error, Result};

/// What one build last published to one place: the base against which it and what others did there are merged.
///
/// It lies in `.swath/published/` beside the build. Without it a build is a stranger to the place: nothing of what is there counts
/// as its own, so nothing is retired. It is not synced to the disk, for losing it is safe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    /// The place, without any secret.
    pub to: String,
    /// This build's name in manifests; it means nothing.
    pub publisher: String,
    /// The files of the build when it was last published.
    pub published: BTreeMap<String, Mark>,
    /// The files of every run since then that began and may have been killed before or after its commit; the latest last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attempted: BTreeMap<String, Vec<Mark>>,
    /// What the collections of the build said of themselves, digested, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub described: BTreeMap<String, String>,
}

/// One file of a build, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub kind: Kind,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

const VERSION: u32 = 1;

impl Record {
    /// `None` where this build has not been published there, or its record cannot be read any more.
    pub fn load(build: &Path, to: &str) -> Option<Self> {
        let to = &settled(to);
        let record: Self = serde_json::from_slice(&std::fs::read(place(build, to)).ok()?).ok()?;
        (record.version == VERSION && record.to == *to).then_some(record)
    }
    /// Of a build that has published nothing yet.
    pub fn new(to: &str) -> Self {
        Self { version: VERSION, to: settled(to), publisher: format!("{:016x}", random()), ..Self::default() }
    }
    /// # Errors
    /// Disk, naming the file.
    pub fn save(&self, build: &Path) -> Result<()> {
        let path = place(build, &self.to);
        let failed = |e: std::io::Error| Error::file(&path, &e);
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let text = serde_json::to_vec(self).map_err(|e| Error::misuse(path.display().to_string(), e.to_string(), ""))?;
        let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder).map_err(failed)?;
        file.write_all(&text).map_err(failed)?;
        file.persist(&path).map(drop).map_err(|e| failed(e.error))
    }
    /// Whether this build published these very bytes under this path, or was about to.
    pub fn knows(&self, path: &str, sha256: &str) -> bool {
        self.published.get(path).into_iter().chain(self.attempted.get(path).into_iter().flatten()).any(|mark| mark.sha256 == sha256)
    }
    /// Notes what a run is about to publish. What earlier ones, killed, were about to stays noted: it may be visible.
    pub fn attempt(&mut self, files: &BTreeMap<String, Mark>) {
        for (path, mark) in files {
            let marks = self.attempted.entry(path.clone()).or_default();
            marks.retain(|other| other != mark);
            marks.push(mark.clone());
        }
    }
    /// Every path that this build published, or was about to.
    pub fn paths(&self) -> impl Iterator<Item = (&String, &Mark)> {
        let attempted = self.attempted.iter().filter_map(|(path, marks)| Some((path, marks.last()?)));
        attempted.chain(self.published.iter().filter(|(path, _)| !self.attempted.contains_key(*path)))
    }
}

/// The same place by the same name, from wherever a folder is named.
fn settled(to: &str) -> String {
    if to.contains("://") {
        to.to_owned()
    } else {
        std::path::absolute(to).map_or_else(|_| to.to_owned(), |path| path.display().to_string())
    }
}

/// Keyed by the name of the build and the place, so that a project keeps its records when it is moved.
fn place(build: &Path, to: &str) -> PathBuf {
    let whole = build.canonicalize().or_else(|_| std::path::absolute(build)).unwrap_or_else(|_| build.to_owned());
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let key: String = digest::of_bytes(format!("{name}\n{to}").as_bytes()).chars().take(16).collect();
    whole.parent().unwrap_or(Path::new("/")).join(".swath").join("published").join(format!("{key}.json"))
}

/// A number that nobody else has; not for secrets.
pub(super) fn random() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}
