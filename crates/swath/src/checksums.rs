//! What the files of a build hash to, remembered, so that publishing does not read them all once more just for that.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crc_fast::{CrcAlgorithm, Digest as Crc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sums {
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// Of the kind that NVMe and Azure use.
    pub crc64: u64,
}

/// One file as it was when its bytes were summed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    stamp: Stamp,
    #[serde(flatten)]
    pub sums: Sums,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    size: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The checksums of one build, in `.swath/checksums/` beside it. Losing them costs time and nothing else, so they are not synced to the disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checksums {
    path: PathBuf,
    /// When they were written, by the clock of their own disk.
    written: (i64, i64),
    known: BTreeMap<String, Known>,
}

#[derive(Default, Serialize, Deserialize)]
struct Document {
    version: u32,
    files: BTreeMap<String, Known>,
}

const VERSION: u32 = 1;

/// Whoever changes a file may do so twice within one tick of its clock, or within two seconds on a coarse one: what is that young is summed, but
/// not remembered.
const YOUNG: Duration = Duration::from_secs(2);

impl Checksums {
    /// None where nothing is remembered, or not in a form that is understood.
    pub fn load(build: &Path) -> Self {
        let path = place(build);
        let read = || {
            let mut file = File::open(&path).ok()?;
            let mut text = Vec::new();
            file.read_to_end(&mut text).ok()?;
            let document: Document = serde_json::from_slice(&text).ok()?;
            let meta = file.metadata().ok()?;
            (document.version == VERSION).then_some((document.files, (meta.mtime(), meta.mtime_nsec())))
        };
        let (known, written) = read().unwrap_or_default();
        Self { path, written, known }
    }
    /// # Errors
    /// Disk, naming the file.
    pub fn save(&self) -> Result<()> {
        let failed = |e: std::io::Error| Error::file(&self.path, &e);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let document = Document { version: VERSION, files: self.known.clone() };
        let text = serde_json::to_vec(&document).map_err(|e| Error::misuse(self.path.display().to_string(), e.to_string(), ""))?;
        let mut file = tempfile::Builder::new().prefix(".part-").tempfile_in(folder).map_err(failed)?;
        file.write_all(&text).map_err(failed)?;
        file.persist(&self.path).map(drop).map_err(|e| failed(e.error))
    }
    /// What a file hashes to, if it still is as it was.
    ///
    /// A file that was changed as late as these were written may have been changed again right after, without a trace: it is not believed.
    pub fn of(&self, path: &str, meta: &Metadata) -> Option<&Known> {
        let (known, now) = (self.known.get(path)?, Stamp::of(meta));
        let is_old = now.modified < self.written && now.changed < self.written;
        (is_old && known.stamp == now).then_some(known)
    }
    /// Keeps what a file hashed to when it was as the stamp says.
    pub fn note(&mut self, path: &str, stamp: Stamp, sums: Sums) {
        self.known.insert(path.to_owned(), Known { stamp, sums });
    }
    /// Keeps exactly these; whether that changed anything.
    pub fn replace(&mut self, known: BTreeMap<String, Known>) -> bool {
        let changed = self.known != known;
        self.known = known;
        changed
    }
    /// Forgets files that are no part of the build any more.
    pub fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.known.retain(|path, _| is_there(path));
    }
}

impl Known {
    /// Reads a file; and whether that may be remembered.
    ///
    /// # Errors
    /// Absent or Disk, naming the file.
    pub fn read(path: &Path) -> Result<(Self, bool)> {
        let failed = |e: std::io::Error| Error::file(path, &e);
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut file = File::open(path).map_err(failed)?;
        let stamp = Stamp::of(&file.metadata().map_err(failed)?);
        let (mut sha256, mut crc64) = (Sha256::new(), Crc::new(CrcAlgorithm::Crc64Nvme));
        let mut piece = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut piece).map_err(failed)?;
            if read == 0 {
                break;
            }
            sha256.update(&piece[..read]);
            crc64.update(&piece[..read]);
        }
        let is_same = Stamp::of(&std::fs::metadata(path).map_err(failed)?) == stamp;
        let old = i64::try_from(begun.saturating_sub(YOUNG).as_secs()).unwrap_or(i64::MAX);
        let is_old = stamp.modified.0 < old && stamp.changed.0 < old;
        let sums = Sums { sha256: crate::build::memory::hex(&sha256.finalize()), crc64: crc64.finalize() };
        Ok((Self { stamp, sums }, is_same && is_old))
    }
    pub fn size(&self) -> u64 {
        self.stamp.size
    }
}

impl Stamp {
    /// Of a file that is there.
    pub fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|meta| Self::of(&meta))
    }
    fn of(meta: &Metadata) -> Self {
        let (modified, changed) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
        Self { size: meta.len(), inode: meta.ino(), modified, changed }
    }
}

fn place(build: &Path) -> PathBuf {
    let whole = build.canonicalize().or_else(|_| std::path::absolute(build)).unwrap_or_else(|_| build.to_owned());
    let mut name = whole.file_name().unwrap_or_default().to_owned();
    name.push(".json");
    whole.parent().unwrap_or(Path::new("/")).join(".swath").join("checksums").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A build with one file, remembered as it is now.
    fn remembered(build: &Path, wait: Duration) -> PathBuf {
        let file = build.join("a.tif");
        std::fs::write(&file, "before").unwrap();
        let mut checksums = Checksums::load(build);
        let sums = Known::read(&file).unwrap().0.sums;
        checksums.note("a.tif", Stamp::at(&file).unwrap(), sums);
        std::thread::sleep(wait);
        checksums.save().unwrap();
        file
    }

    fn is_believed(build: &Path) -> bool {
        Checksums::load(build).of("a.tif", &build.join("a.tif").metadata().unwrap()).is_some()
    }

    #[test]
    fn a_file_is_believed_while_nobody_has_touched_it() {
        let untouched: fn(&Path) = |_| ();
        let rewritten: fn(&Path) = |file| std::fs::write(file, "behind").unwrap();
        let backdated: fn(&Path) = |file| {
            let before = file.metadata().unwrap().modified().unwrap();
            std::fs::write(file, "behind").unwrap();
            File::options().write(true).open(file).unwrap().set_modified(before).unwrap();
        };
        let replaced: fn(&Path) = |file| {
            std::fs::write(file.with_extension("new"), "behind").unwrap();
            std::fs::rename(file.with_extension("new"), file).unwrap();
        };
        for (meanwhile, believed) in [(untouched, true), (rewritten, false), (backdated, false), (replaced, false)] {
            let folder = tempfile::tempdir().unwrap();
            let build = folder.path().join("build");
            std::fs::create_dir(&build).unwrap();
            let file = remembered(&build, Duration::from_millis(30));
            std::thread::sleep(Duration::from_millis(30));
            meanwhile(&file);
            assert_eq!(is_believed(&build), believed);
        }
    }

    #[test]
    fn a_file_as_young_as_what_is_remembered_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let build = folder.path().join("build");
        std::fs::create_dir(&build).unwrap();
        let file = remembered(&build, Duration::ZERO);
        let written = place(&build);
        let same = file.metadata().unwrap().modified().unwrap();
        File::options().write(true).open(written).unwrap().set_modified(same).unwrap();
        assert!(!is_believed(&build));
    }

    #[test]
    fn what_was_just_written_is_summed_but_not_remembered() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let (known, may_be_remembered) = Known::read(file.path()).unwrap();
        assert!(!may_be_remembered);
        assert_eq!((known.size(), known.sums.crc64), (3, crc_fast::crc64_nvme(b"abc")));
        assert!(known.sums.sha256.starts_with("ba7816bf"));
    }
}
