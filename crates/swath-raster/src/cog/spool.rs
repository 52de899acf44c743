use std::io::{Read, Seek, SeekFrom, Write};

use super::level::{LEADER, Place, TRAILER};
use crate::{Error, Result};

/// Scratch space: a temporary file, or memory (`std::io::Cursor<Vec<u8>>`).
pub trait ReadWriteSeek: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> ReadWriteSeek for T {}

/// Finished blocks in the order they were finished: the first in memory, the rest in the medium.
pub(super) struct Spool<'a> {
    medium: &'a mut dyn ReadWriteSeek,
    held: Vec<Vec<u8>>,
    held_bytes: u64,
    most_held: u64,
    len: u64,
    buffer: Vec<u8>,
}

/// Bytes written or read at once.
const AT_ONCE: usize = 1 << 20;
/// Blocks larger than this are written as they are; smaller ones are gathered first.
const LARGE: usize = 128 << 10;

/// Where bytes of the file come from, some hundreds of KiB to some MiB.
pub(super) enum Piece<'s> {
    Held(&'s [Vec<u8>]),
    Read(Vec<u8>),
}

impl Piece<'_> {
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let (held, read) = match self {
            Piece::Held(blocks) => (*blocks, None),
            Piece::Read(bytes) => (&[][..], Some(bytes.as_slice())),
        };
        held.iter().map(Vec::as_slice).chain(read)
    }
}

impl<'a> Spool<'a> {
    /// Keeps `most_held` bytes in memory.
    pub(super) fn new(medium: &'a mut dyn ReadWriteSeek, most_held: u64) -> Result<Self> {
        medium.seek(SeekFrom::Start(0)).map_err(|e| failed(&e))?;
        Ok(Self { medium, held: Vec::new(), held_bytes: 0, most_held, len: 0, buffer: Vec::new() })
    }

    /// Keeps a block that stands between its leader and its trailer; an empty one takes no space.
    pub(super) fn put(&mut self, block: Vec<u8>) -> Result<Place> {
        if block.is_empty() {
            return Ok(Place::default());
        }
        let place = Place { at: self.len, len: (block.len() as u64 - LEADER - TRAILER) as u32 };
        self.len += block.len() as u64;
        if self.len <= self.most_held {
            self.held_bytes = self.len;
            self.held.push(block);
            return Ok(place);
        }
        // From here on nothing more is held, so that what is held is the spool's beginning.
        self.most_held = 0;
        let large = block.len() > LARGE;
        if large || self.buffer.len() + block.len() > AT_ONCE {
            self.flush()?;
        }
        if large {
            self.medium.write_all(&block).map_err(|e| failed(&e))?;
        } else {
            self.buffer.extend_from_slice(&block);
        }
        Ok(place)
    }

    fn flush(&mut self) -> Result<()> {
        self.medium.write_all(&self.buffer).map_err(|e| failed(&e))?;
        self.buffer.clear();
        Ok(())
    }

    /// All blocks are there.
    pub(super) fn finish(&mut self) -> Result<Reader<'_>> {
        self.flush()?;
        self.buffer = Vec::new();
        let mut starts = Vec::with_capacity(self.held.len());
        let mut at = 0;
        for block in &self.held {
            starts.push(at);
            at += block.len() as u64;
        }
        Ok(Reader { medium: &mut *self.medium, held: &self.held, starts, held_bytes: self.held_bytes, reading_at: None })
    }
}

/// The spool once it is whole.
pub(super) struct Reader<'s> {
    medium: &'s mut dyn ReadWriteSeek,
    held: &'s [Vec<u8>],
    starts: Vec<u64>,
    held_bytes: u64,
    reading_at: Option<u64>,
}

impl<'s> Reader<'s> {
    /// The first piece of `len` bytes from `at`, which is the beginning of a block, and its length. `room` is used again.
    pub(super) fn piece(&mut self, at: u64, len: u64, room: Vec<u8>) -> Result<(Piece<'s>, u64)> {
        if at < self.held_bytes {
            let first = self.starts.partition_point(|start| *start < at);
            let last = self.starts.partition_point(|start| *start < at + len.min(AT_ONCE as u64));
            let end = self.starts.get(last).copied().unwrap_or(self.held_bytes);
            return Ok((Piece::Held(&self.held[first..last]), end - at));
        }
        if self.reading_at != Some(at) {
            self.medium.seek(SeekFrom::Start(at - self.held_bytes)).map_err(|e| failed(&e))?;
        }
        let mut bytes = room;
        bytes.resize(len.min(AT_ONCE as u64) as usize, 0);
        self.medium.read_exact(&mut bytes).map_err(|e| failed(&e))?;
        let len = bytes.len() as u64;
        self.reading_at = Some(at + len);
        Ok((Piece::Read(bytes), len))
    }
}

fn failed(error: &std::io::Error) -> Error {
    Error::unreadable("spool", error)
}
