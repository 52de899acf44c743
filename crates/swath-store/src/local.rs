//! A local file on its way out: read once, in order, and held to what it was when it was opened.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::store::blocking;
use crate::upload::LocalFile;
use crate::{Error, Family, Result};

/// A file that is being sent.
pub(crate) struct Local {
    path: PathBuf,
    file: File,
    stamp: Stamp,
    /// What the whole file must hash to, where that is known.
    expected: Option<[u8; 32]>,
    sha256: Sha256,
    read: u64,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Local {
    pub async fn of(file: &LocalFile<'_>) -> Result<Self> {
        let (path, expected) = (file.path.to_path_buf(), file.sha256);
        blocking(move || Self::open(&path, expected)).await
    }
    pub fn open(path: &Path, expected: Option<[u8; 32]>) -> Result<Self> {
        let failed = |e: std::io::Error| Error::file(path, &e);
        let file = File::open(path).map_err(failed)?;
        let stamp = Stamp::of(&file.metadata().map_err(failed)?);
        Ok(Self { path: path.to_owned(), file, stamp, expected, sha256: Sha256::new(), read: 0 })
    }
    pub fn size(&self) -> u64 {
        self.stamp.size
    }
    /// The next bytes, at most so many; none at the end.
    pub fn piece(&mut self, most: u64) -> Result<Bytes> {
        let failed = |e: std::io::Error| Error::file(&self.path, &e);
        let left = self.stamp.size.saturating_sub(self.read).min(most);
        let mut bytes = vec![0; usize::try_from(left).unwrap_or(0)];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read(&mut bytes[filled..]).map_err(failed)? {
                0 => return Err(self.changed()),
                more => filled += more,
            }
        }
        if self.expected.is_some() {
            self.sha256.update(&bytes);
        }
        self.read += left;
        Ok(bytes.into())
    }
    /// Makes sure, when all is read, that nobody changed the file in between.
    ///
    /// # Errors
    /// Conflict where the file is not what it was, or not what was expected.
    pub fn finish(&self) -> Result<()> {
        let now = std::fs::metadata(&self.path).map_err(|e| Error::file(&self.path, &e))?;
        let same = self.read == self.stamp.size && Stamp::of(&now) == self.stamp;
        let sum: [u8; 32] = self.sha256.clone().finalize().into();
        if !same || self.expected.is_some_and(|expected| expected != sum) {
            return Err(self.changed());
        }
        Ok(())
    }

    fn changed(&self) -> Error {
        let found = if self.expected.is_some() { "changed since it was planned" } else { "changed while it was sent" };
        Error::new(Family::Conflict, self.path.display().to_string(), found, "").hint("run the command again")
    }
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changes_on_its_way_is_no_file_to_send() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let unchanged: fn(&Path) = |_| ();
        let longer: fn(&Path) = |path| std::fs::write(path, "abcdefgh").unwrap();
        let replaced: fn(&Path) = |path| {
            let other = path.with_extension("new");
            std::fs::write(&other, "ABCDEF").unwrap();
            std::fs::rename(other, path).unwrap();
        };
        let touched: fn(&Path) = |path| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            std::fs::write(path, "abcdeX").unwrap();
        };
        let right: [u8; 32] = Sha256::digest("abcdef").into();
        for (meanwhile, expected, same) in [
            (unchanged, None, true),
            (unchanged, Some(right), true),
            (unchanged, Some([0; 32]), false),
            (longer, None, false),
            (replaced, None, false),
            (touched, None, false),
        ] {
            std::fs::write(&path, "abcdef").unwrap();
            let mut local = Local::open(&path, expected).unwrap();
            assert_eq!(local.piece(4).unwrap(), "abcd");
            meanwhile(&path);
            let end = local.piece(4).and_then(|rest| local.finish().map(|()| rest));
            assert_eq!(end.as_ref().is_ok_and(|rest| rest == "ef"), same, "{end:?}");
            assert!(end.is_ok() || end.unwrap_err().family == Family::Conflict);
        }
    }

    #[test]
    fn a_file_that_shrinks_is_noticed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "abcdef").unwrap();
        let mut local = Local::open(&path, None).unwrap();
        std::fs::write(&path, "ab").unwrap();
        assert_eq!(local.piece(6).unwrap_err().family, Family::Conflict);
    }
}
