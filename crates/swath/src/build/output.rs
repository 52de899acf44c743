//! Files that appear under their final name only when they are whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::writeback::Writeback;
use crate::{Error, Family, Result, unfinished};

/// A file that remembers the disk's own errors, so that they are told from those of the data.
pub(crate) struct Tracked<F> {
    file: F,
    folder: PathBuf,
    failure: Option<io::Error>,
}

/// A file being written beside where it will be; it is gone unless committed.
pub(crate) type Pending = Tracked<Growing>;

/// What grows there goes to the disk all the while.
pub(crate) struct Growing {
    file: NamedTempFile,
    writeback: Writeback,
}

/// A file without a name: the system frees it however the process ends.
pub(crate) type Scratch = Tracked<File>;

impl Scratch {
    /// # Errors
    /// Disk, naming the folder.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder).map_err(|e| disk(folder, &e))?;
        Ok(Self { file, folder: folder.to_owned(), failure: None })
    }
}

impl<F> Tracked<F> {
    /// The disk's own error, where writing failed for its reason and not for the data's.
    pub(crate) fn failure(&mut self) -> Option<Error> {
        let folder = self.folder.clone();
        self.failure.take().map(|e| disk(&folder, &e))
    }

    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result
            && self.failure.is_none()
            && e.kind() != io::ErrorKind::Interrupted
        {
            self.failure = Some(io::Error::new(e.kind(), e.to_string()));
        }
        result
    }
}

impl Pending {
    /// # Errors
    /// Disk, naming the folder.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let file = unfinished::begin(folder).map_err(|e| disk(folder, &e))?;
        let file = Growing { file, writeback: Writeback::default() };
        Ok(Self { file, folder: folder.to_owned(), failure: None })
    }

    /// Syncs the bytes, then renames to the final name in one step.
    ///
    /// # Errors
    /// Disk, naming the final path; nothing is left under it then.
    pub(crate) fn commit(self, path: &Path) -> Result<()> {
        let Growing { file, mut writeback } = self.file;
        writeback.wait().and_then(|()| file.as_file().sync_all()).map_err(|e| disk(path, &e))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| disk(folder, &e))?;
        }
        readable_by_all(file.as_file()).map_err(|e| disk(path, &e))?;
        unfinished::finish(file, path).map_err(|e| disk(path, &e))?;
        sync_folder(path)
    }

    /// When the bytes were last written; the final name keeps it.
    ///
    /// # Errors
    /// Disk, naming the folder.
    pub(crate) fn modified_ns(&mut self) -> Result<u64> {
        self.file.flush().map_err(|e| disk(&self.folder, &e))?;
        let meta = self.file.file.as_file().metadata().map_err(|e| disk(&self.folder, &e))?;
        Ok(super::memory::modified_ns(&meta))
    }
}

/// Temporary files are private by default; what is built is for everyone the umask allows.
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

/// Makes the rename itself durable.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| disk(folder, &e))
}

pub(crate) fn disk(path: &Path, error: &io::Error) -> Error {
    let family = if error.kind() == io::ErrorKind::NotFound { Family::Absent } else { Family::Disk };
    let (found, hint) = swath_store::in_words(error);
    Error { hint: hint.map(str::to_owned), ..Error::new(family, path.display().to_string(), found, "") }
}

/// Writes a small file whole, and only if its bytes differ; answers whether it did.
///
/// # Errors
/// Disk, naming the path.
pub(crate) fn write_if_changed(work: &Path, path: &Path, bytes: &[u8]) -> Result<bool> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let mut pending = Pending::new(work)?;
    pending.write_all(bytes).map_err(|e| disk(path, &e))?;
    pending.commit(path)?;
    Ok(true)
}

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.writeback.wrote(self.file.as_file(), written)?;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Growing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl<F: Write> Write for Tracked<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.file.write(bytes);
        self.note(result)
    }
    fn flush(&mut self) -> io::Result<()> {
        let result = self.file.flush();
        self.note(result)
    }
}

impl<F: Read> Read for Tracked<F> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let result = self.file.read(bytes);
        self.note(result)
    }
}

impl<F: Seek> Seek for Tracked<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let result = self.file.seek(to);
        self.note(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_committed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut pending = Pending::new(folder.path()).unwrap();
        pending.write_all(b"half").unwrap();
        drop(pending);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_same_bytes_are_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.json");
        assert!(write_if_changed(folder.path(), &path, b"{}").unwrap());
        assert!(!write_if_changed(folder.path(), &path, b"{}").unwrap());
        assert!(write_if_changed(folder.path(), &path, b"[]").unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"[]");
    }
}
