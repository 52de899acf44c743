use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};

use super::Desk;
use super::read::object;
use super::tree::Tree;
use crate::publish::claims::Said;
use crate::publish::files::Kind;
use crate::publish::manifest::Published;
use crate::publish::remote::Remote;
use crate::publish::run::AT_ONCE;
use crate::{Error, Result};

/// What is visible and that no manifest names: of others who have not come to their commit. It is named from now on, so that
/// whoever reads the manifest alone knows that it is there.
pub(super) async fn adopt<R: Remote>(desk: &Desk<'_, R>, tree: &Tree, dropped: &BTreeSet<String>) -> Result<BTreeMap<String, Published>> {
    let mut adopted = BTreeMap::new();
    let mut due: BTreeSet<(String, Kind)> = BTreeSet::new();
    let is_new = |path: &str| !desk.files.contains_key(path) && desk.world.named(path).is_none() && !dropped.contains(path);
    for (path, document) in tree.found.iter().filter(|(path, _)| !dropped.contains(*path)) {
        if let Some(found) = document.found.as_ref().filter(|_| is_new(path)) {
            adopted.insert(path.clone(), published(found.size, found.sha256.clone(), found.etag.clone(), Kind::Collection));
        }
        let items = tree.others_items(desk, path).into_iter().chain(tree.others_rows(desk, path)).map(|item| (item, Kind::Item));
        due.extend(items.chain(document.mirror.clone().map(|table| (table, Kind::Table))).filter(|(path, _)| is_new(path)));
    }
    let read = async |(path, kind): (String, Kind)| Ok::<_, Error>((object(&path, desk.remote).await?, path, kind));
    let objects: Vec<_> = stream::iter(due.into_iter().map(read)).buffered(AT_ONCE).try_collect().await?;
    for (object, path, kind) in objects {
        let Some((fetched, found)) = object else { continue };
        if let Some(document) = serde_json::from_slice(&fetched.bytes).ok().filter(|_| kind == Kind::Item) {
            for claim in Said::by(&path, &document).claims {
                if let (Some(sha256), Some(entry)) = (
                    claim.sha256,
                    desk.world.entry(&claim.path).filter(|entry| is_new(&entry.path) && claim.size.is_none_or(|size| size == entry.size)),
                ) {
                    adopted.insert(claim.path, published(entry.size, sha256, entry.etag.clone(), Kind::Asset));
                }
            }
        }
        adopted.insert(path, published(found.size, found.sha256, found.etag, kind));
    }
    Ok(adopted)
}

fn published(size: u64, sha256: String, etag: Option<String>, kind: Kind) -> Published {
    Published { size, sha256, etag, kind: Some(kind), by: BTreeSet::new() }
}
