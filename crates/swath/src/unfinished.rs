//! Files that are being written: what a signal must sweep away, since no destructor runs then, and what a killed run left behind.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

/// How the name of an unfinished file begins.
pub(crate) const PREFIX: &str = ".swath-part-";

/// How often a folder is removed that others write into.
const TRIES: usize = 50;

static PARTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn parts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new unfinished file. It is locked for as long as it is open, so that nobody takes it for a leftover.
pub(crate) fn begin(folder: &Path) -> io::Result<NamedTempFile> {
    // Held over the making, so that a sweep sees every file or comes before it.
    let mut parts = parts();
    loop {
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
        // Where the file system knows no locks, leftovers stay; nothing else is lost.
        let _ = file.as_file().lock_shared();
        if file.path().exists() {
            parts.insert(file.path().to_owned());
            return Ok(file);
        }
    }
}

/// Gives an unfinished file its final name, in one step that no sweep can come into.
pub(crate) fn finish(file: NamedTempFile, path: &Path) -> io::Result<()> {
    let mut parts = parts();
    parts.remove(file.path());
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// A folder under way; gone with all it holds unless it is finished.
pub(crate) struct Folder {
    inside: tempfile::TempDir,
    /// Held open for its lock.
    _lock: Option<File>,
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        self.inside.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        parts().remove(self.inside.path());
    }
}

/// A new unfinished folder, locked like a file.
pub(crate) fn begin_folder(folder: &Path) -> io::Result<Folder> {
    use std::os::unix::fs::PermissionsExt;
    let mut parts = parts();
    let inside = tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder)?;
    std::fs::set_permissions(inside.path(), std::fs::Permissions::from_mode(0o755))?;
    let lock = File::open(inside.path()).ok().filter(|file| file.lock_shared().is_ok());
    parts.insert(inside.path().to_owned());
    drop(parts);
    Ok(Folder { inside, _lock: lock })
}

/// Gives an unfinished folder its final name, which must be free.
pub(crate) fn finish_folder(folder: Folder, path: &Path) -> io::Result<()> {
    let mut parts = parts();
    std::fs::rename(folder.path(), path)?;
    parts.remove(folder.path());
    drop(parts);
    // Nothing is left under the old name to be removed.
    drop(folder);
    Ok(())
}

/// Removes what runs that were killed left in a folder; files that a living process writes are locked and stay.
pub(crate) fn sweep_leftovers(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|e| e.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())) {
        let path = entry.path();
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_ok() {
            remove(&path);
        }
    }
}

/// Removes every file that this process has begun and not finished. For the last moment before the process ends: from here on no
/// file is begun or finished.
pub fn sweep_unfinished() {
    let parts = parts();
    for path in parts.iter() {
        remove(path);
    }
    std::mem::forget(parts);
}

/// What cannot be removed stops nobody; the next run tries again.
fn remove(path: &Path) {
    if !path.is_dir() {
        let _ = std::fs::remove_file(path);
        return;
    }
    // Other threads may still be writing into it.
    for _ in 0..TRIES {
        let _ = std::fs::remove_dir_all(path);
        std::thread::sleep(std::time::Duration::from_millis(4));
        if !path.exists() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_is_swept_and_a_file_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let alive = begin(folder.path()).unwrap();
        std::fs::write(folder.path().join(".swath-part-dead"), b"half").unwrap();
        std::fs::create_dir_all(folder.path().join(".swath-part-dead-folder/c")).unwrap();
        let alive_folder = begin_folder(folder.path()).unwrap();
        std::fs::write(folder.path().join("other"), b"whole").unwrap();
        sweep_leftovers(folder.path());
        let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
        left.sort();
        let mut expected = [alive.path().to_owned(), alive_folder.path().to_owned(), folder.path().join("other")];
        expected.sort();
        assert_eq!(left, expected);
        finish_folder(alive_folder, &folder.path().join("folder")).unwrap();
        finish(alive, &folder.path().join("done")).unwrap();
        sweep_leftovers(folder.path());
        assert!(folder.path().join("done").exists());
    }
}
