//! What each shard has made, in a file of its own that no other process writes: `.swath/shards/2-of-4.json`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::share::Shard;
use crate::Result;
use crate::build::jobs::{key, recipe};
use crate::build::memory::{Entry, Memory, Raw};
use crate::build::output::disk;
use crate::build::run::Place;
use crate::lattice::{Resolved, ResolvedAsset};

/// The records that lie beside a plan now.
#[derive(Default)]
pub(crate) struct Records {
    found: Vec<Record>,
}

struct Record {
    path: PathBuf,
    shard: Shard,
    modified: SystemTime,
}

impl Records {
    pub(crate) fn folder(plan_folder: &Path) -> PathBuf {
        plan_folder.join(".swath").join("shards")
    }

    pub(super) fn path(plan_folder: &Path, shard: Shard) -> PathBuf {
        Self::folder(plan_folder).join(format!("{}.json", shard.stem()))
    }

    /// None where no shard ever ran.
    pub(crate) fn list(plan_folder: &Path) -> Self {
        let entries = std::fs::read_dir(Self::folder(plan_folder)).into_iter().flatten().flatten();
        let mut found: Vec<Record> = entries.filter_map(|e| record(&e.path())).collect();
        found.sort_by_key(|r| r.shard);
        Self { found }
    }

    /// Into how many shards the latest of them divided the build.
    pub(super) fn count(&self) -> Option<usize> {
        self.found.iter().max_by_key(|r| r.modified).map(|r| r.shard.count())
    }

    fn memories(&self) -> impl Iterator<Item = Memory> {
        self.found.iter().map(|r| Memory::load(&r.path))
    }

    /// Forgets them, once the memory of the whole holds what they say.
    ///
    /// # Errors
    /// Disk, naming the record.
    pub(crate) fn forget(&self, plan_folder: &Path) -> Result<()> {
        for record in &self.found {
            match std::fs::remove_file(&record.path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(disk(&record.path, &e)),
                _ => {}
            }
        }
        // Locks are left where a network file system still holds one open.
        let _ = std::fs::remove_dir_all(Self::folder(plan_folder));
        Ok(())
    }
}

fn record(path: &Path) -> Option<Record> {
    let shard = Shard::of_stem(path.file_name()?.to_str()?.strip_suffix(".json")?)?;
    let modified = path.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    Some(Record { path: path.to_owned(), shard, modified })
}

/// The memory of the whole as it would be with what the shards made since; records are always younger than the memory.
pub(crate) fn join(mut memory: Memory, records: &Records, resolved: &Resolved, place: &Place) -> Memory {
    if records.found.is_empty() {
        return memory;
    }
    let standing = Standing::of(resolved, place);
    for record in records.memories() {
        memory.replaced.extend(record.replaced);
        memory.failed.extend(record.failed);
        for (key, entry) in record.entries {
            let older = match memory.entries.get(&key) {
                Some(old) if standing.stands(&key, old) => entry,
                _ => match memory.entries.insert(key.clone(), entry) {
                    Some(old) => old,
                    None => continue,
                },
            };
            if memory.entries.get(&key).is_some_and(|kept| kept.file != older.file) {
                memory.replaced.push(older.file);
            }
        }
    }
    memory
}

/// Tells entries that are still true.
struct Standing<'a> {
    assets: HashMap<String, &'a ResolvedAsset>,
    place: &'a Place,
}

impl<'a> Standing<'a> {
    fn of(resolved: &'a Resolved, place: &'a Place) -> Self {
        let items = resolved.datasets.iter().flat_map(|d| d.items.iter().map(move |i| (d, i)));
        let assets = items.flat_map(|(d, i)| i.assets.iter().map(|a| (key(&d.id, &i.id, &a.variable), a))).collect();
        Self { assets, place }
    }

    fn stands(&self, key: &str, entry: &Entry) -> bool {
        self.assets.get(key).is_some_and(|asset| {
            let raw = Raw::of(&asset.path, &self.place.folder);
            raw.is_ok_and(|raw| entry.stands(&raw, &recipe(asset, &self.place.folder), &self.place.build))
        })
    }
}
