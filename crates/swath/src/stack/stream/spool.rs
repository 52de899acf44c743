use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use swath_raster::{Nodata, Samples, Window};

use crate::build::output::disk;
use crate::stack::planes::rows_of;
use crate::stack::{Planes, Stack};
use crate::{Error, Result};

/// An array whose samples lie in a file without a name, row-major in the order time, band, y, x.
pub(super) struct Spool {
    head: Stack,
    samples: File,
    /// One byte for each sample: 1 where there is none and its value does not tell.
    gaps_at: File,
    gaps: AtomicBool,
    folder: PathBuf,
}

impl Spool {
    /// `head` says what the array is; its own samples are of the right type and none.
    ///
    /// # Errors
    /// Disk.
    pub fn new(head: Stack, folder: &Path) -> Result<Self> {
        let file = || tempfile::tempfile_in(folder).map_err(|e| disk(folder, &e));
        let head = Stack { valid: None, ..head };
        Ok(Self { head, samples: file()?, gaps_at: file()?, gaps: AtomicBool::new(false), folder: folder.to_owned() })
    }

    /// Lays a part of the array: its steps and bands begin at the given ones, its pixels fill the window.
    ///
    /// # Errors
    /// Disk; Misuse for a part that reaches outside or is of another type.
    pub fn lay(&self, part: &Stack, (time, band): (usize, usize), window: Window) -> Result<()> {
        let sample = self.head.sample();
        if part.sample() != sample {
            return Err(Error::misuse("", format!("a part of {}", part.sample().name()), format!("one of {}", sample.name())));
        }
        let failed = |e: std::io::Error| disk(&self.folder, &e);
        let [times, bands, ..] = part.shape();
        let (size, values, all) = (sample.size(), part.data.as_bytes(), self.head.bands.len());
        for (t, b) in (0..times).flat_map(|t| (0..bands).map(move |b| (t, b))) {
            let mut from = part.plane(t, b).start;
            for to in self.runs((time + t) * all + band + b, window)? {
                let len = to.len();
                let bytes =
                    values.get(from * size..(from + len) * size).ok_or_else(|| Error::misuse("", "a part shorter than its window", ""))?;
                self.samples.write_all_at(bytes, (to.start * size) as u64).map_err(failed)?;
                if let Some(valid) = part.valid.as_ref().and_then(|v| v.get(from..from + len)).filter(|v| v.contains(&0)) {
                    let empty: Vec<u8> = valid.iter().map(|v| u8::from(*v == 0)).collect();
                    self.gaps.store(true, Relaxed);
                    self.gaps_at.write_all_at(&empty, to.start as u64).map_err(failed)?;
                }
                from += len;
            }
        }
        Ok(())
    }

    /// Stretches of samples that lie side by side: rows, or all of them at once where they are whole.
    fn runs(&self, plane: usize, window: Window) -> Result<Vec<std::ops::Range<usize>>> {
        let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
        for row in rows_of(&self.head, plane, window)? {
            match runs.last_mut() {
                Some(last) if last.end == row.start => last.end = row.end,
                _ => runs.push(row),
            }
        }
        Ok(runs)
    }

    /// The array, all parts of which are laid. `nodata` is what a part has found to mean nothing.
    ///
    /// # Errors
    /// Disk.
    pub fn finish(mut self, nodata: Option<Nodata>) -> Result<Self> {
        // Empty: it says that there is a mask, which is read from the file.
        self.head.valid = self.gaps.load(Relaxed).then(Vec::new);
        self.head.nodata = self.head.nodata.or(nodata.filter(|_| self.head.sample().is_float()));
        // What was never written lies beyond the end: it is zero, which says that nothing is missing.
        let all: usize = self.head.shape().into_iter().product();
        self.gaps_at.set_len(all as u64).map_err(|e| disk(&self.folder, &e))?;
        Ok(self)
    }

    fn read_runs(&self, file: &File, size: usize, out: &mut [u8], plane: usize, window: Window) -> Result<()> {
        let mut at = 0;
        for run in self.runs(plane, window)? {
            let bytes = run.len() * size;
            file.read_exact_at(&mut out[at..at + bytes], (run.start * size) as u64).map_err(|e| disk(&self.folder, &e))?;
            at += bytes;
        }
        Ok(())
    }
}

impl Planes for Spool {
    fn head(&self) -> &Stack {
        &self.head
    }
    fn read(&self, plane: usize, window: Window) -> Result<Samples> {
        let mut out = Samples::zeros(self.head.sample(), window.pixels());
        self.read_runs(&self.samples, self.head.sample().size(), out.as_bytes_mut(), plane, window)?;
        Ok(out)
    }
    fn valid(&self, plane: usize, window: Window) -> Result<Option<Vec<u8>>> {
        if self.head.valid.is_none() {
            return Ok(None);
        }
        let mut out = vec![0; window.pixels()];
        self.read_runs(&self.gaps_at, 1, &mut out, plane, window)?;
        out.iter_mut().for_each(|v| *v = u8::from(*v == 0));
        Ok(Some(out))
    }
}
