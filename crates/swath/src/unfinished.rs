//! Files that are being written: what a signal must sweep away, since no destructor runs then.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static PARTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn parts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn begin(path: &Path) {
    parts().insert(path.to_owned());
}

pub(crate) fn end(path: &Path) {
    parts().remove(path);
}

/// Removes every file that this process has begun and not finished. For the last moment before the process ends.
pub fn sweep_unfinished() {
    for path in parts().iter() {
        // Nobody is left to tell; what stays is swept by the next build.
        let _ = std::fs::remove_file(path);
    }
}
