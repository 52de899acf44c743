//! `.swath/cog.jsonl` in the folder of outputs: a line for each output that was made, appended before the output gets its name.
//! An output is whole and ours exactly when it is the file that its last line speaks of.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::build::memory::{Fingerprint, hex, modified_ns};
use crate::build::output::{disk, write_if_changed};
use crate::unfinished::sweep_leftovers;
use crate::{Error, Family, Result};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Relative to the folder.
    pub output: PathBuf,
    /// The raster and its sidecars, as they were.
    pub inputs: Vec<Fingerprint>,
    /// Digest of the options and of the program's version.
    pub recipe: String,
    pub size: u64,
    /// Of the output.
    pub modified_ns: u64,
    pub sha256: String,
}

impl Entry {
    /// Whether the file is still what was written: by size and time, and by its bytes where only the time differs.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let Ok(meta) = std::fs::metadata(path) else { return false };
        meta.is_file() && meta.len() == self.size && (modified_ns(&meta) == self.modified_ns || digest(path) == Some(self.sha256.clone()))
    }
}

fn digest(path: &Path) -> Option<String> {
    let (mut file, mut hash, mut piece) = (File::open(path).ok()?, Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut piece).ok()? {
            0 => return Some(hex(&hash.finalize())),
            n => hash.update(&piece[..n]),
        }
    }
}

/// What is remembered of a folder of outputs.
#[derive(Debug, Default)]
pub(super) struct Records {
    entries: HashMap<PathBuf, Entry>,
    lines: usize,
}

impl Records {
    /// Nothing is remembered where there is no such file; a line that was cut off by a kill speaks of no finished output.
    pub(super) fn load(out_dir: &Path) -> Self {
        let bytes = std::fs::read(file(out_dir)).unwrap_or_default();
        let mut records = Self::default();
        for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            records.lines += 1;
            if let Ok(entry) = serde_json::from_slice::<Entry>(line) {
                records.entries.insert(entry.output.clone(), entry);
            }
        }
        records
    }

    pub(super) fn of(&self, output: &Path) -> Option<&Entry> {
        self.entries.get(output)
    }

    /// Writes the file again without the lines that later ones replaced, where these are many.
    fn tidy(&self, out_dir: &Path) -> Result<()> {
        if self.lines <= 2 * self.entries.len() + 100 {
            return Ok(());
        }
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_by_key(|e| &e.output);
        let mut bytes = Vec::new();
        entries.into_iter().for_each(|entry| bytes.extend(line(entry)));
        write_if_changed(&folder(out_dir), &file(out_dir), &bytes).map(drop)
    }
}

/// The right to write into a folder of outputs; nobody else has it meanwhile.
pub(super) struct Ledger {
    _lock: File,
    file: File,
    path: PathBuf,
}

impl Ledger {
    /// Makes the folder, sweeps out what killed runs left, and opens its records.
    ///
    /// # Errors
    /// Conflict where another run writes into the folder; Disk where it cannot be written.
    pub(super) fn open(out_dir: &Path) -> Result<(Self, Records)> {
        let folder = folder(out_dir);
        std::fs::create_dir_all(&folder).map_err(|e| disk(&folder, &e))?;
        let path = folder.join("cog.lock");
        let lock = File::create(&path).map_err(|e| disk(&path, &e))?;
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(Error::new(Family::Conflict, out_dir.display().to_string(), "another swath cog is writing into it", "")
                .hint("wait for it to end, or stop it: what it finished is kept"));
        }
        sweep_leftovers(&folder);
        let records = Records::load(out_dir);
        records.tidy(out_dir)?;
        let path = file(out_dir);
        let mut file = File::options().create(true).append(true).read(true).open(&path).map_err(|e| disk(&path, &e))?;
        // A line that a kill cut off ends here.
        if std::fs::read(&path).is_ok_and(|bytes| bytes.last().is_some_and(|b| *b != b'\n')) {
            file.write_all(b"\n").map_err(|e| disk(&path, &e))?;
        }
        Ok((Self { _lock: lock, file, path }, records))
    }

    /// Remembers an output that is about to get its name. On the disk when this returns.
    ///
    /// # Errors
    /// Disk, naming the file.
    pub(super) fn remember(&mut self, entry: &Entry) -> Result<()> {
        self.file.write_all(&line(entry)).and_then(|()| self.file.sync_data()).map_err(|e| disk(&self.path, &e))
    }
}

fn line(entry: &Entry) -> Vec<u8> {
    // Numbers and texts alone: this cannot fail.
    let mut bytes = serde_json::to_vec(entry).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn folder(out_dir: &Path) -> PathBuf {
    out_dir.join(".swath")
}

fn file(out_dir: &Path) -> PathBuf {
    folder(out_dir).join("cog.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(output: &str, sha256: &str) -> Entry {
        Entry { output: output.into(), inputs: vec![], recipe: String::new(), size: 3, modified_ns: 7, sha256: sha256.to_owned() }
    }

    #[test]
    fn the_last_whole_line_of_an_output_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (mut ledger, none) = Ledger::open(folder.path()).unwrap();
        assert!(none.of(Path::new("a.tif")).is_none());
        ledger.remember(&entry("a.tif", "1")).unwrap();
        ledger.remember(&entry("a.tif", "2")).unwrap();
        assert!(Ledger::open(folder.path()).is_err(), "locked");
        drop(ledger);
        File::options().append(true).open(file(folder.path())).unwrap().write_all(b"{\"output\":\"a.tif\",\"inp").unwrap();
        let (mut ledger, records) = Ledger::open(folder.path()).unwrap();
        assert_eq!(records.of(Path::new("a.tif")), Some(&entry("a.tif", "2")));
        ledger.remember(&entry("b.tif", "3")).unwrap();
        assert_eq!(Records::load(folder.path()).of(Path::new("b.tif")), Some(&entry("b.tif", "3")));
    }

    #[test]
    fn an_output_is_known_by_its_bytes_where_its_time_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        std::fs::write(&path, b"abc").unwrap();
        let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(entry("a.tif", right).is_at(&path));
        assert!(!entry("a.tif", "other").is_at(&path));
        std::fs::write(&path, b"abcd").unwrap();
        assert!(!entry("a.tif", right).is_at(&path));
    }
}
