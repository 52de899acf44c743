use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use swath_store::{Entry, Family as StoreFamily, Put, Store};

use super::claims::Said;
use super::files::{BuildFile, Kind, Scan, scan};
use super::manifest::{MANIFEST, Manifest, Published};
use super::owner::{ROOTS, another};
use crate::{Error, Result};

/// What may take the place of bytes that are already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overwrite {
    /// Metadata that differs is replaced; assets never change under their name.
    #[default]
    IfChanged,
    /// Nothing is replaced.
    Never,
    /// Whatever differs is replaced, assets too.
    Always,
}

/// What publishing would do; [`run`](super::run) does exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishPlan {
    pub build: PathBuf,
    /// The store's URL, without any secret.
    pub to: String,
    /// In the order they will go.
    pub uploads: Vec<Upload>,
    pub present: Vec<Present>,
    /// Nothing is uploaded while there is one.
    pub conflicts: Vec<Conflict>,
    /// What earlier publications left behind; `prune` removes it.
    pub retired: BTreeMap<String, Published>,
    /// The manifest that is due; `None` where nothing changes.
    pub commit: Option<Commit>,
    /// One asset that the build has.
    pub example: Option<Example>,
}

/// A file that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub path: String,
    pub kind: Kind,
    pub size: u64,
    pub sha256: String,
    pub replace: Replace,
}

/// What an upload expects to find under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replace {
    Nothing,
    /// The version with this ETag.
    Version(String),
    /// A version that its server does not name.
    Anything,
}

/// A file that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    pub path: String,
    pub size: u64,
    pub sha256: String,
    pub etag: Option<String>,
}

/// Other bytes under a name that may not be overwritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub path: String,
    pub found: String,
}

/// One asset of one item, by which to show how a catalog is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The item's id.
    pub item: String,
    /// The asset's key.
    pub asset: String,
}

/// The manifest to write at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub generation: u64,
    pub parent: Option<u64>,
    /// The id of the root.
    pub catalog: Option<String>,
    pub replace: Replace,
}

impl PublishPlan {
    /// Whether there is nothing to upload and nothing to commit.
    pub fn is_done(&self) -> bool {
        self.uploads.is_empty() && self.commit.is_none()
    }
    /// Bytes of the files that are due.
    pub fn bytes(&self) -> u64 {
        self.uploads.iter().map(|upload| upload.size).sum()
    }
}

impl Example {
    fn of(item: &Said) -> Option<Self> {
        let claim = item.claims.iter().find(|claim| claim.is_data).or(item.claims.first())?;
        Some(Self { item: item.id.clone()?, asset: claim.asset.clone() })
    }
}

impl Replace {
    fn version(etag: Option<String>) -> Self {
        etag.map_or(Self::Anything, Self::Version)
    }
    pub(super) fn put(&self) -> Put {
        match self {
            Self::Nothing => Put::Create,
            Self::Version(etag) => Put::IfMatch(etag.clone()),
            Self::Anything => Put::Overwrite,
        }
    }
}

/// How many objects are compared or moved at once.
pub(super) const AT_ONCE: usize = 16;

/// Compares a build with what is published, by reading both; writes nothing.
///
/// # Errors
/// Misuse where there is no build, or the target lies inside it; Damaged where a document holds a token, a file is not what
/// its item says, or the manifest cannot be understood; Refused (without credentials, before anything is sent), Unreachable, Disk.
pub async fn plan(build: &Path, store: &Store, overwrite: Overwrite) -> Result<PublishPlan> {
    apart(build, store)?;
    store.may_write()?;
    let folder = build.to_path_buf();
    let scanned = tokio::task::spawn_blocking(move || scan(&folder));
    let Scan { files, catalog, first } =
        scanned.await.map_err(|e| Error::new(crate::Family::Disk, build.display().to_string(), e.to_string(), ""))??;
    let listed = match store.list("").await {
        Ok(entries) => entries,
        Err(e) if e.family == StoreFamily::Absent => Vec::new(),
        Err(e) => return Err(e.into()),
    };
    let there: HashMap<&str, &Entry> = listed.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let manifest = if there.contains_key(MANIFEST) { Manifest::read(store).await? } else { None };
    let known = manifest.as_ref().map(|(manifest, _)| manifest);

    let compare = async |file: BuildFile| {
        let same = match there.get(file.path.as_str()) {
            Some(entry) => is_same(&file, entry, known, build, store).await?,
            None => false,
        };
        Ok::<_, Error>((file, same))
    };
    let compared: Vec<_> = stream::iter(files.iter().cloned().map(compare)).buffered(AT_ONCE).try_collect().await?;

    let mut plan = PublishPlan {
        build: build.to_path_buf(),
        to: store.url(),
        uploads: Vec::new(),
        present: Vec::new(),
        conflicts: Vec::new(),
        retired: retired(known, &files, &there),
        commit: None,
        example: first.as_ref().and_then(Example::of),
    };
    for (file, same) in compared {
        plan.sort_in(file, same, &there, overwrite);
    }
    let ours = |root: &str| files.iter().any(|file| file.path == root && file.kind != Kind::Root);
    let same = |root: &str| plan.present.iter().any(|file| file.path == root);
    let roots: Vec<&str> = ROOTS.into_iter().filter(|root| there.contains_key(root) && !same(root) && !ours(root)).collect();
    let another = another(catalog.as_deref(), &roots, known, store).await?;
    let is_another = another.is_some();
    if let Some(conflict) = another {
        // What belongs to another catalog is not ours to prune, not even when its root may be replaced.
        plan.retired.clear();
        if overwrite != Overwrite::Always {
            plan.conflicts = vec![conflict];
        }
    }
    let named = files.into_iter().map(|f| (f.path, Published { size: f.size, sha256: f.sha256, etag: None })).collect();
    if is_another || !plan.uploads.is_empty() || known.is_none_or(|manifest| !manifest.names_the_same(&named)) {
        let next = Manifest::after(known);
        let replace = match manifest {
            None => Replace::Nothing,
            Some((_, etag)) => Replace::version(etag),
        };
        plan.commit = Some(Commit { generation: next.generation, parent: next.parent, catalog, replace });
    }
    Ok(plan)
}

impl PublishPlan {
    fn sort_in(&mut self, file: BuildFile, same: bool, there: &HashMap<&str, &Entry>, overwrite: Overwrite) {
        let entry = there.get(file.path.as_str());
        let replace = match entry {
            Some(entry) if same => {
                self.present.push(Present { path: file.path, size: file.size, sha256: file.sha256, etag: entry.etag.clone() });
                return;
            }
            Some(entry) if overwrite == Overwrite::Always || (overwrite == Overwrite::IfChanged && file.kind.changes()) => {
                Replace::version(entry.etag.clone())
            }
            Some(entry) => {
                let found = format!("other bytes are there ({} where the build has {})", entry.size, file.size);
                self.conflicts.push(Conflict { path: file.path, found });
                return;
            }
            None => Replace::Nothing,
        };
        self.uploads.push(Upload { path: file.path, kind: file.kind, size: file.size, sha256: file.sha256, replace });
    }
}

/// Whether an object holds a file's bytes: by the manifest where it speaks of this very version, else by comparing.
async fn is_same(file: &BuildFile, entry: &Entry, manifest: Option<&Manifest>, build: &Path, store: &Store) -> Result<bool> {
    if entry.size != file.size {
        return Ok(false);
    }
    let recorded = manifest.and_then(|manifest| manifest.objects.get(&file.path).or_else(|| manifest.retired.get(&file.path)));
    match recorded {
        Some(published) if published.etag.is_some() && published.etag == entry.etag => Ok(published.sha256 == file.sha256),
        _ => Ok(store.holds(entry, &build.join(&file.path)).await?),
    }
}

/// What the manifest names, now or from before, that the build no longer has and that is still there.
fn retired(manifest: Option<&Manifest>, files: &[BuildFile], there: &HashMap<&str, &Entry>) -> BTreeMap<String, Published> {
    let kept: std::collections::HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let named = manifest.into_iter().flat_map(|manifest| manifest.retired.iter().chain(&manifest.objects));
    let gone = named.filter(|(path, _)| !kept.contains(path.as_str()) && there.contains_key(path.as_str()));
    gone.map(|(path, published)| (path.clone(), published.clone())).collect()
}

/// Refuses to publish a build into itself.
fn apart(build: &Path, store: &Store) -> Result<()> {
    let absolute = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    let Some((build, target)) = store.folder().and_then(|target| Some((absolute(build)?, absolute(&target)?))) else { return Ok(()) };
    if target.starts_with(&build) || build.starts_with(&target) {
        return Err(Error::misuse(target.display().to_string(), "lies in the build, or the build in it", "a folder apart from the build"));
    }
    Ok(())
}
