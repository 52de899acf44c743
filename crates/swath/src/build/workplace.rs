//! The folder `.swath/` beside the plan: a lock, unfinished files, and the memory of what was built from what.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::output::disk;
use crate::{Error, Family, Result};

/// Held for the length of one build; nobody else builds the same plan meanwhile.
pub(crate) struct Workplace {
    _lock: File,
}

impl Workplace {
    /// Makes `.swath/` under the plan's folder and sweeps out what a killed run left.
    ///
    /// # Errors
    /// Conflict where another build of the same plan runs; Disk where the folder cannot be written.
    pub(crate) fn open(plan_folder: &Path) -> Result<Self> {
        let folder = plan_folder.join(".swath");
        let unfinished = folder.join("unfinished");
        std::fs::create_dir_all(&unfinished).map_err(|e| disk(&unfinished, &e))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|e| disk(&path, &e))?;
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(Error::new(Family::Conflict, folder.display().to_string(), "another build of this plan is running", "")
                .hint("wait for it to end, or stop it: what it finished is kept"));
        }
        for entry in std::fs::read_dir(&unfinished).map_err(|e| disk(&unfinished, &e))?.flatten() {
            let _ = std::fs::remove_file(entry.path());
        }
        Ok(Self { _lock: lock })
    }

    pub(crate) fn memory(plan_folder: &Path) -> PathBuf {
        plan_folder.join(".swath").join("build.json")
    }
}
