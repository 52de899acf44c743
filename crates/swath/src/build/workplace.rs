//! The folder `.swath/` beside the plan: a lock, unfinished files, and the memory of what was built from what.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::output::disk;
use super::shard::{Records, Shard};
use crate::{Error, Family, Result};

/// Held for the length of one build; nobody else builds the same plan meanwhile.
pub(crate) struct Workplace {
    _locks: Vec<File>,
}

impl Workplace {
    /// Makes `.swath/` under the plan's folder and sweeps out what a killed run left.
    ///
    /// # Errors
    /// Conflict where another build of the same plan runs; Disk where the folder cannot be written.
    pub(crate) fn open(plan_folder: &Path) -> Result<Self> {
        let folder = plan_folder.join(".swath");
        let lock = lock_file(&folder.join("lock"))?;
        if would_block(lock.try_lock()) {
            return Err(busy(&folder, "another build of this plan, or of a shard of it, is running"));
        }
        sweep(&folder.join("unfinished"))?;
        Ok(Self { _locks: vec![lock] })
    }

    /// The same for one shard; other shards may run meanwhile, a whole build may not.
    ///
    /// # Errors
    /// Conflict where a whole build or the same shard runs; Disk where the folder cannot be written.
    pub(crate) fn open_shard(plan_folder: &Path, shard: Shard) -> Result<Self> {
        let folder = plan_folder.join(".swath");
        let whole = lock_file(&folder.join("lock"))?;
        if would_block(whole.try_lock_shared()) {
            return Err(busy(&folder, "a build of this whole plan is running"));
        }
        let own = lock_file(&Records::folder(plan_folder).join(format!("{}.lock", shard.stem())))?;
        if would_block(own.try_lock()) {
            return Err(busy(&folder, &format!("shard {shard} of this plan is running already")));
        }
        sweep(&Self::unfinished_of(plan_folder, shard))?;
        Ok(Self { _locks: vec![own, whole] })
    }

    /// Where a shard writes what is not whole yet.
    pub(crate) fn unfinished_of(plan_folder: &Path, shard: Shard) -> PathBuf {
        plan_folder.join(".swath").join("unfinished").join(shard.stem())
    }

    pub(crate) fn memory(plan_folder: &Path) -> PathBuf {
        plan_folder.join(".swath").join("build.json")
    }
}

/// Opened for reading and writing: network file systems want the one for a shared lock, the other for an exclusive one.
fn lock_file(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| disk(folder, &e))?;
    }
    File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(|e| disk(path, &e))
}

/// Where the file system knows no locks, nobody is told to wait.
fn would_block(locked: std::result::Result<(), TryLockError>) -> bool {
    matches!(locked, Err(TryLockError::WouldBlock))
}

fn busy(folder: &Path, found: &str) -> Error {
    Error::new(Family::Conflict, folder.display().to_string(), found, "").hint("wait for it to end, or stop it: what it finished is kept")
}

/// Removes what a killed run left; makes the folder where there is none.
fn sweep(unfinished: &Path) -> Result<()> {
    std::fs::create_dir_all(unfinished).map_err(|e| disk(unfinished, &e))?;
    for entry in std::fs::read_dir(unfinished).map_err(|e| disk(unfinished, &e))?.flatten() {
        let path = entry.path();
        // What cannot be removed stops nobody.
        let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_run_beside_each_other_but_neither_twice_nor_beside_a_whole_build() {
        let folder = tempfile::tempdir().unwrap();
        let shard = |text: &str| Workplace::open_shard(folder.path(), text.parse().unwrap());
        let conflict = |result: Result<Workplace>| result.err().map(|e| (e.family, e.found));
        let (first, second) = (shard("1/2").unwrap(), shard("2/2").unwrap());
        assert_eq!(conflict(shard("2/2")), Some((Family::Conflict, "shard 2/2 of this plan is running already".to_owned())));
        let whole = conflict(Workplace::open(folder.path()));
        assert_eq!(whole, Some((Family::Conflict, "another build of this plan, or of a shard of it, is running".to_owned())));
        drop((first, second));
        let whole = Workplace::open(folder.path()).unwrap();
        assert_eq!(conflict(shard("1/2")), Some((Family::Conflict, "a build of this whole plan is running".to_owned())));
        drop(whole);
        shard("1/2").unwrap();
    }
}
