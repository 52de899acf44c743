use std::io::{Read, Seek, SeekFrom, Write};

use super::level::Place;
use crate::{Error, Result};

/// Scratch space: a temporary file, or memory (`std::io::Cursor<Vec<u8>>`).
pub trait ReadWriteSeek: Read + Write + Seek {}

impl<T: Read + Write + Seek> ReadWriteSeek for T {}

/// Blocks in the order they were finished, each between its leader and its trailer.
pub(super) struct Spool<'a> {
    medium: &'a mut dyn ReadWriteSeek,
    len: u64,
    reading_at: Option<u64>,
    buffer: Vec<u8>,
}

const AT_ONCE: usize = 1 << 20;

impl<'a> Spool<'a> {
    pub(super) fn new(medium: &'a mut dyn ReadWriteSeek) -> Result<Self> {
        medium.seek(SeekFrom::Start(0)).map_err(|e| failed(&e))?;
        Ok(Self { medium, len: 0, reading_at: None, buffer: Vec::with_capacity(AT_ONCE) })
    }

    /// Keeps a block; an empty one takes no space.
    pub(super) fn put(&mut self, block: &[u8]) -> Result<Place> {
        if block.is_empty() {
            return Ok(Place::default());
        }
        let len = u32::try_from(block.len()).map_err(|_| {
            Error::over_limit("block", format!("{} bytes compressed", block.len()), "less than 4 GiB").hint("smaller blocks")
        })?;
        let mut last = [0; 4];
        let tail = &block[block.len().saturating_sub(4)..];
        last[..tail.len()].copy_from_slice(tail);
        for part in [&len.to_le_bytes()[..], block, &last] {
            if self.buffer.len() + part.len() > AT_ONCE {
                self.flush()?;
            }
            if part.len() > AT_ONCE {
                self.medium.write_all(part).map_err(|e| failed(&e))?;
            } else {
                self.buffer.extend_from_slice(part);
            }
        }
        let place = Place { at: self.len, len };
        self.len += place.stored();
        Ok(place)
    }

    pub(super) fn flush(&mut self) -> Result<()> {
        self.medium.write_all(&self.buffer).map_err(|e| failed(&e))?;
        self.buffer.clear();
        Ok(())
    }

    /// Hands `len` bytes from `at` on to `to`, in pieces.
    pub(super) fn copy(&mut self, at: u64, len: u64, mut to: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if self.reading_at != Some(at) {
            self.medium.seek(SeekFrom::Start(at)).map_err(|e| failed(&e))?;
        }
        let mut left = len;
        while left > 0 {
            let piece = left.min(AT_ONCE as u64) as usize;
            self.buffer.resize(piece, 0);
            self.medium.read_exact(&mut self.buffer).map_err(|e| failed(&e))?;
            to(&self.buffer)?;
            left -= piece as u64;
        }
        self.buffer.clear();
        self.reading_at = Some(at + len);
        Ok(())
    }
}

fn failed(error: &std::io::Error) -> Error {
    Error::unreadable("spool", error)
}
