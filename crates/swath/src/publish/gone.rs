//! What a build published before and has no more, and what is left of earlier publications.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{BuildFile, Kind};
use super::manifest::Published;
use super::record::Record;
use super::remote::Remote;
use super::world::World;
use crate::Result;

/// Paths that this build published, nobody else's build has, and that still hold what it published. Its documents that are shared
/// count by their name: what they hold by now is everyone's.
pub(super) async fn of_build(
    record: &Record,
    publisher: &str,
    files: &BTreeMap<String, BuildFile>,
    world: &World,
    remote: &impl Remote,
) -> Result<BTreeSet<String>> {
    let mut gone = BTreeSet::new();
    for (path, mark) in record.paths().filter(|(path, _)| !files.contains_key(*path)) {
        let named = world.named(path);
        if named.is_some_and(|published| published.by.iter().any(|by| by != publisher)) {
            continue;
        }
        if mark.kind.is_shared() || (named.is_none() && world.entry(path).is_none()) {
            gone.insert(path.clone());
        } else if mark.kind != Kind::Asset || world.known(path).is_some() {
            let there = world.sha256(path, remote).await?;
            if there.is_none_or(|sha256| record.knows(path, &sha256)) {
                gone.insert(path.clone());
            }
        }
    }
    Ok(gone)
}

/// Everything that is named there and is not in the build.
pub(super) fn of_all(files: &BTreeMap<String, BuildFile>, world: &World) -> BTreeSet<String> {
    let named = world.manifest.iter().flat_map(|manifest| manifest.objects.keys());
    named.filter(|path| !files.contains_key(*path)).cloned().collect()
}

/// What nothing names any more and is still there, in the version that was named: what was retired before, and what is gone now.
pub(super) fn retired(
    world: &World,
    objects: &BTreeMap<String, Published>,
    gone: &BTreeSet<String>,
    dropped: &BTreeSet<String>,
) -> BTreeMap<String, Published> {
    let before = world.manifest.iter().flat_map(|manifest| &manifest.retired);
    let is_shared = |path: &String| world.named(path).is_some_and(|published| published.kind.is_some_and(Kind::is_shared));
    let now = world.manifest.iter().flat_map(|manifest| &manifest.objects).filter(|(path, _)| match is_shared(path) {
        true => dropped.contains(*path),
        false => gone.contains(*path),
    });
    let is_there = |path: &String, published: &Published| {
        world.entry(path).is_some_and(|entry| published.etag.is_none() || entry.etag.is_none() || published.etag == entry.etag)
    };
    let left = before.chain(now).filter(|(path, published)| !objects.contains_key(*path) && is_there(path, published));
    left.map(|(path, published)| (path.clone(), published.clone())).collect()
}
