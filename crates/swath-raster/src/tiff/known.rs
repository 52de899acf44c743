use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use crate::Span;

/// What a question about a partly known file comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<T> {
    /// Fetch these ranges, insert them, ask again.
    Need(Vec<Span>),
    Ready(T),
}

/// The ranges of one file that have arrived.
///
/// ```
/// # use bytes::Bytes;
/// # use swath_raster::{Span, tiff::Known};
/// let mut known = Known::new(Some(10));
/// known.insert(0, Bytes::from_static(b"abc"));
/// known.insert(3, Bytes::from_static(b"def"));
/// assert_eq!(known.bytes(Span { offset: 2, len: 3 }).as_deref(), Some(b"cde".as_slice()));
/// assert_eq!(known.bytes(Span { offset: 5, len: 3 }), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Known {
    len: Option<u64>,
    /// By offset; no piece lies within another, so that ends rise with starts.
    pieces: BTreeMap<u64, Bytes>,
}

impl Known {
    /// `len`: of the whole file, where it is known; ranges past it are then refused without asking.
    pub fn new(len: Option<u64>) -> Self {
        Self { len, pieces: BTreeMap::new() }
    }

    /// Bytes of the whole file, where known.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub fn insert(&mut self, offset: u64, bytes: Bytes) {
        let Some(end) = offset.checked_add(bytes.len() as u64) else { return };
        if bytes.is_empty() || self.before(offset).is_some_and(|(start, piece)| start + piece.len() as u64 >= end) {
            return;
        }
        let inside: Vec<u64> =
            self.pieces.range(offset..end).filter(|(start, piece)| **start + piece.len() as u64 <= end).map(|(s, _)| *s).collect();
        for start in inside {
            self.pieces.remove(&start);
        }
        self.pieces.insert(offset, bytes);
    }

    /// The bytes of `span` if all of them have arrived; shared where they came in one piece.
    pub fn bytes(&self, span: Span) -> Option<Bytes> {
        let end = span.offset.checked_add(span.len)?;
        if span.len == 0 {
            return Some(Bytes::new());
        }
        let (start, piece) = self.before(span.offset)?;
        let from = usize::try_from(span.offset - start).ok()?;
        if start + piece.len() as u64 >= end {
            return Some(piece.slice(from..from + usize::try_from(span.len).ok()?));
        }
        self.joined(span, end)
    }

    fn joined(&self, span: Span, end: u64) -> Option<Bytes> {
        let (first, _) = self.before(span.offset)?;
        let mut joined = BytesMut::new();
        let mut at = span.offset;
        for (start, piece) in self.pieces.range(first..end) {
            let piece_end = start + piece.len() as u64;
            if *start > at || piece_end <= at {
                return None;
            }
            let until = piece_end.min(end);
            joined.extend_from_slice(&piece[usize::try_from(at - start).ok()?..usize::try_from(until - start).ok()?]);
            at = until;
        }
        (at == end).then(|| joined.freeze())
    }

    fn before(&self, offset: u64) -> Option<(u64, &Bytes)> {
        self.pieces.range(..=offset).next_back().map(|(start, piece)| (*start, piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_piece_is_not_hidden_by_a_shorter_one_inside_it() {
        let mut known = Known::new(None);
        known.insert(0, Bytes::from_static(b"0123456789"));
        known.insert(4, Bytes::from_static(b"45"));
        assert_eq!(known.bytes(Span { offset: 4, len: 6 }).as_deref(), Some(b"456789".as_slice()));
        known.insert(8, Bytes::from_static(b"89ab"));
        assert_eq!(known.bytes(Span { offset: 3, len: 9 }).as_deref(), Some(b"3456789ab".as_slice()));
        assert_eq!(known.bytes(Span { offset: 3, len: 10 }), None);
        assert_eq!(known.bytes(Span { offset: u64::MAX, len: 10 }), None);
    }
}
