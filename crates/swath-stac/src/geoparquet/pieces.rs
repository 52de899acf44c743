//! Parts of a file that have arrived, in the place of the file.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// Parts of one file; what was not added cannot be read.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    size: u64,
    /// By where each begins.
    parts: BTreeMap<u64, Bytes>,
}

impl Pieces {
    /// None yet of a file of so many bytes.
    pub fn of(size: u64) -> Self {
        Self { size, parts: BTreeMap::new() }
    }

    /// All of a file.
    pub fn whole(bytes: Bytes) -> Self {
        let mut pieces = Self::of(bytes.len() as u64);
        pieces.add(0, bytes);
        pieces
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn add(&mut self, start: u64, bytes: Bytes) {
        // Of two that begin together the longer says all that the shorter does.
        if self.parts.get(&start).is_none_or(|known| known.len() < bytes.len()) {
            self.parts.insert(start, bytes);
        }
    }

    /// Those of the ranges that have not arrived.
    pub(super) fn missing(&self, ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
        ranges.into_iter().filter(|range| self.slice(range).is_none()).collect()
    }

    pub(super) fn slice(&self, range: &Range<u64>) -> Option<Bytes> {
        if range.is_empty() {
            return Some(Bytes::new());
        }
        let before = self.parts.range(..=range.start).rev().take(LOOK_BACK);
        before.filter_map(|(&start, bytes)| part(start, bytes, range)).next()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (Range<u64>, Bytes)> + '_ {
        self.parts.iter().map(|(&start, bytes)| (start..start + bytes.len() as u64, bytes.clone()))
    }
}

/// Parts that begin before a place and may still hold it: a long one asked for early, a short one within it later.
const LOOK_BACK: usize = 64;

fn part(start: u64, bytes: &Bytes, range: &Range<u64>) -> Option<Bytes> {
    let from = usize::try_from(range.start.checked_sub(start)?).ok()?;
    let to = usize::try_from(range.end.checked_sub(start)?).ok()?;
    (from <= to && to <= bytes.len()).then(|| bytes.slice(from..to))
}

impl Length for Pieces {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Pieces {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let before = self.parts.range(..=start).rev().take(LOOK_BACK);
        let rest = before.filter_map(|(&at, bytes)| part(at, bytes, &(start..at + bytes.len() as u64))).max_by_key(Bytes::len);
        rest.filter(|rest| !rest.is_empty()).map(Buf::reader).ok_or_else(|| absent(start, 1))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64).ok_or_else(|| absent(start, length))?;
        self.slice(&(start..end)).ok_or_else(|| absent(start, length))
    }
}

fn absent(start: u64, length: usize) -> ParquetError {
    ParquetError::EOF(format!("the pages contradict their header: {length} bytes at {start} lie in no page"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_arrived_can_be_read_and_nothing_else() {
        let mut pieces = Pieces::of(100);
        pieces.add(10, Bytes::from_static(b"0123456789"));
        pieces.add(12, Bytes::from_static(b"23"));
        for (range, expected) in [(10..20, Some("0123456789")), (13..16, Some("345")), (5..11, None), (19..21, None), (50..50, Some(""))] {
            assert_eq!(pieces.slice(&range).as_deref(), expected.map(str::as_bytes), "{range:?}");
        }
        assert_eq!(pieces.missing(vec![10..12, 0..4]), [0..4]);
        assert_eq!(pieces.get_bytes(14, 2).unwrap(), "45");
        assert!(pieces.get_bytes(14, 7).is_err() && pieces.get_read(40).is_err());
    }
}
