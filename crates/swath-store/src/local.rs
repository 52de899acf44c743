//! A local file on its way out: read once, in order, and held to what it was when it was opened.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum_combine};
use sha2::{Digest, Sha256};

use crate::store::blocking;
use crate::upload::LocalFile;
use crate::{Error, Family, Result};

/// A file that is being sent.
pub(crate) struct Local {
    path: PathBuf,
    file: File,
    stamp: Stamp,
    held: Held,
    read: u64,
}

/// What the whole file must hash to, where that is known, and what it hashes to so far.
enum Held {
    Free,
    Sha256 { right: [u8; 32], sum: Sha256 },
    Crc64 { right: u64, sum: u64 },
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
        let (path, held) = (file.path.to_path_buf(), Held::to(file));
        blocking(move || Self::open(&path, held)).await
    }
    fn open(path: &Path, held: Held) -> Result<Self> {
        let failed = |e: std::io::Error| Error::file(path, &e);
        let file = File::open(path).map_err(failed)?;
        let stamp = Stamp::of(&file.metadata().map_err(failed)?);
        Ok(Self { path: path.to_owned(), file, stamp, held, read: 0 })
    }
    pub fn size(&self) -> u64 {
        self.stamp.size
    }
    /// The next bytes, at most so many; none at the end.
    pub fn piece(&mut self, most: u64) -> Result<Bytes> {
        let mut bytes = Vec::new();
        self.fill(most, &mut bytes)?;
        self.held.update(&bytes);
        Ok(bytes.into())
    }
    /// The same into an empty buffer; their CRC-64.
    pub fn read(&mut self, most: u64, bytes: &mut Vec<u8>) -> Result<u64> {
        self.fill(most, bytes)?;
        let crc64 = crc_fast::crc64_nvme(bytes);
        match &mut self.held {
            Held::Crc64 { sum, .. } => *sum = checksum_combine(CrcAlgorithm::Crc64Nvme, *sum, crc64, bytes.len() as u64),
            held => held.update(bytes),
        }
        Ok(crc64)
    }
    /// Nobody clears the memory before: that costs as much as a checksum.
    fn fill(&mut self, most: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let failed = |e: std::io::Error| Error::file(&self.path, &e);
        let left = self.stamp.size.saturating_sub(self.read).min(most);
        bytes.reserve_exact(usize::try_from(left).unwrap_or(0));
        (&mut self.file).take(left).read_to_end(bytes).map_err(failed)?;
        if (bytes.len() as u64) < left {
            return Err(self.changed());
        }
        self.read += left;
        Ok(())
    }
    /// Makes sure, when all is read, that nobody changed the file in between.
    ///
    /// # Errors
    /// Conflict where the file is not what it was, or not what was expected.
    pub fn finish(&self) -> Result<()> {
        let now = std::fs::metadata(&self.path).map_err(|e| Error::file(&self.path, &e))?;
        let same = self.read == self.stamp.size && Stamp::of(&now) == self.stamp;
        if !same || !self.held.is_right() {
            return Err(self.changed());
        }
        Ok(())
    }

    fn changed(&self) -> Error {
        let free = matches!(self.held, Held::Free);
        let found = if free { "changed while it was sent" } else { "changed since it was planned" };
        Error::new(Family::Conflict, self.path.display().to_string(), found, "").hint("run the command again")
    }
}

impl Held {
    fn to(file: &LocalFile<'_>) -> Self {
        match (file.crc64, file.sha256) {
            (Some(right), _) => Self::Crc64 { right, sum: crc_fast::crc64_nvme(b"") },
            (None, Some(right)) => Self::Sha256 { right, sum: Sha256::new() },
            (None, None) => Self::Free,
        }
    }
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Free => {}
            Self::Sha256 { sum, .. } => sum.update(bytes),
            Self::Crc64 { sum, .. } => {
                *sum = checksum_combine(CrcAlgorithm::Crc64Nvme, *sum, crc_fast::crc64_nvme(bytes), bytes.len() as u64);
            }
        }
    }
    fn is_right(&self) -> bool {
        match self {
            Self::Free => true,
            Self::Sha256 { right, sum } => sum.clone().finalize()[..] == right[..],
            Self::Crc64 { right, sum } => sum == right,
        }
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
        let sha256: Option<[u8; 32]> = Some(Sha256::digest("abcdef").into());
        let crc64 = Some(crc_fast::crc64_nvme(b"abcdef"));
        for (meanwhile, sha256, crc64, same) in [
            (unchanged, None, None, true),
            (unchanged, sha256, None, true),
            (unchanged, sha256, crc64, true),
            (unchanged, Some([0; 32]), None, false),
            (unchanged, sha256, Some(0), false),
            (longer, None, None, false),
            (replaced, None, None, false),
            (touched, None, None, false),
        ] {
            std::fs::write(&path, "abcdef").unwrap();
            let mut local = Local::open(&path, Held::to(&LocalFile { path: &path, sha256, crc64 })).unwrap();
            assert_eq!(local.piece(4).unwrap(), "abcd");
            meanwhile(&path);
            let mut rest = Vec::new();
            let end = local.read(4, &mut rest).and_then(|crc64| local.finish().map(|()| crc64));
            assert_eq!(end.as_ref().is_ok_and(|crc64| rest == b"ef" && *crc64 == crc_fast::crc64_nvme(b"ef")), same, "{end:?}");
            assert!(end.is_ok() || end.unwrap_err().family == Family::Conflict);
        }
    }

    #[test]
    fn a_file_that_shrinks_is_noticed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "abcdef").unwrap();
        let mut local = Local::open(&path, Held::Free).unwrap();
        std::fs::write(&path, "ab").unwrap();
        assert_eq!(local.piece(6).unwrap_err().family, Family::Conflict);
    }
}
