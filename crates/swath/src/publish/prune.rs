use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use swath_store::{Entry, Store};

use super::files::{Kind, rank};
use super::manifest::{Manifest, Published};
use super::owner::unchanged;
use super::plan::{Commit, Replace};
use super::remote::Remote;
use super::run::{AT_ONCE, seal};
use crate::{Error, Result};

/// Removes what the manifest calls retired, and nothing else: no file that swath did not publish is ever touched, and
/// none that was changed since, nor anything where another catalog is now. What refers to others goes before them. How many objects
/// were removed.
///
/// # Errors
/// Absent where nothing was published; Conflict where somebody publishes at the same time, or the root is another catalog's: then
/// nothing more is removed; Refused where the credentials may not delete; Unreachable, Disk.
pub async fn prune(store: &Store) -> Result<usize> {
    sweep(store).await
}

pub(super) async fn sweep<R: Remote>(remote: &R) -> Result<usize> {
    let Some((manifest, etag)) = Manifest::read_from(remote).await? else {
        return Err(Error::new(crate::Family::Absent, remote.url(), "nothing was published here", ""));
    };
    if manifest.retired.is_empty() {
        return Ok(0);
    }
    unchanged(&manifest, remote).await?;
    let there: HashMap<String, Entry> = remote.list().await?.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
    let due = due(&manifest, &there);
    let remove = async |(path, published): &(&String, &Published)| remote.delete(path, published.etag.as_deref()).await;
    for wave in due.chunk_by(|a, b| order(a) == order(b)) {
        stream::iter(wave.iter().map(remove)).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    }
    let removed = due.len();
    let next = Manifest::after(Some(&manifest));
    let replace = etag.map_or(Replace::Anything, Replace::Version);
    let commit = Commit {
        generation: next.generation,
        parent: next.parent,
        catalog: manifest.catalog,
        replace,
        objects: BTreeMap::new(),
        claims: Vec::new(),
    };
    seal(&commit, manifest.objects, BTreeMap::new(), remote).await?;
    Ok(removed)
}

/// What is retired, not named, and still there in the version that was retired, in the order in which it goes. What was written anew
/// meanwhile is somebody's again.
fn due<'a>(manifest: &'a Manifest, there: &HashMap<String, Entry>) -> Vec<(&'a String, &'a Published)> {
    let same = |entry: &Entry, published: &Published| entry.etag.is_none() || published.etag.is_none() || entry.etag == published.etag;
    let is_due = |(path, published): &(&String, &Published)| {
        !manifest.objects.contains_key(*path) && there.get(*path).is_some_and(|entry| same(entry, published))
    };
    let mut due: Vec<_> = manifest.retired.iter().filter(is_due).collect();
    due.sort_by_key(|retired| (order(retired), retired.0.clone()));
    due
}

/// The other way round than publishing.
fn order((path, published): &(&String, &Published)) -> std::cmp::Reverse<(Kind, usize)> {
    std::cmp::Reverse(rank(published.kind.unwrap_or(Kind::Asset), path))
}
