use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use swath_store::Store;

use super::manifest::Manifest;
use super::owner::unchanged;
use super::plan::{AT_ONCE, Commit, Replace};
use super::run::seal;
use crate::{Error, Result};

/// Removes what the manifest calls retired, and nothing else: no file that swath did not publish is ever touched, and
/// none that was changed since, nor anything where another catalog is now. How many objects were removed.
///
/// # Errors
/// Absent where nothing was published; Conflict where somebody publishes at the same time, or the root is another catalog's; Refused where the
/// credentials may not delete; Unreachable, Disk.
pub async fn prune(store: &Store) -> Result<usize> {
    let Some((manifest, etag)) = Manifest::read(store).await? else {
        return Err(Error::new(crate::Family::Absent, store.url(), "nothing was published here", ""));
    };
    if manifest.retired.is_empty() {
        return Ok(0);
    }
    unchanged(&manifest, store).await?;
    let remove = async |(path, published): (&String, &super::Published)| store.delete(path, published.etag.as_deref()).await;
    let removed: Vec<()> = stream::iter(manifest.retired.iter().map(remove)).buffer_unordered(AT_ONCE).try_collect().await?;
    let next = Manifest::after(Some(&manifest));
    let (catalog, replace) = (manifest.catalog, etag.map_or(Replace::Anything, Replace::Version));
    let commit = Commit { generation: next.generation, parent: next.parent, catalog, replace };
    seal(&commit, manifest.objects, BTreeMap::new(), store).await?;
    Ok(removed.len())
}
