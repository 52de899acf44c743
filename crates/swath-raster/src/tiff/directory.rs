use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use bytes::Bytes;

use crate::{
    Error, Limits, Result, Span,
    tiff::{
        Known,
        field::{ByteOrder, FieldKind, Fields, Values},
        tags,
    },
};

/// Asked for when a directory's place is known but not its size.
const DIRECTORY_GUESS: u64 = 4096;
/// Of all directories: they may overlap, so that a small file could hold a thousand of the longest.
const MOST_ENTRIES: u64 = 1 << 18;
/// Bytes of one tag that says what the pixels mean, and not where they lie.
const MOST_MEANING: u64 = 16 << 20;

/// One parse over what has arrived: hands out bytes, and remembers what was missing and how far the metadata reaches.
pub(crate) struct Reader<'a> {
    pub at: &'a str,
    pub known: &'a Known,
    pub limits: &'a Limits,
    pub order: ByteOrder,
    pub big: bool,
    pub missing: RefCell<Vec<Span>>,
    pub end: Cell<u64>,
    /// Entries of all directories so far.
    pub entries: Cell<u64>,
}

/// The entries of one image file directory, values not yet fetched.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub offset: u64,
    /// 0 where this is the last one.
    pub next: u64,
    entries: BTreeMap<u16, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    kind: FieldKind,
    count: u64,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Inline(Bytes),
    At(u64),
}

impl Reader<'_> {
    /// `None`: noted as missing.
    ///
    /// # Errors
    /// Damaged where the span leaves the file.
    pub fn bytes(&self, span: Span, what: &str) -> Result<Option<Bytes>> {
        let end = span.offset.checked_add(span.len);
        let within = end.is_some_and(|end| self.known.len().is_none_or(|len| end <= len));
        let (Some(end), true) = (end, within) else {
            let len = self.known.len().map_or_else(|| "unknown length".to_owned(), |len| format!("{len} bytes"));
            let found = format!("{} bytes at {} lie outside the file of {len}", span.len, span.offset);
            return Err(Error::damaged(self.place(what), found, "a place inside the file"));
        };
        let bytes = self.known.bytes(span);
        match &bytes {
            Some(_) => self.end.set(self.end.get().max(end)),
            None => self.missing.borrow_mut().push(span),
        }
        Ok(bytes)
    }

    pub fn place(&self, what: &str) -> String {
        format!("{}: {what}", self.at)
    }

    /// Entries of the directory at `offset`; `None` where bytes are missing.
    ///
    /// # Errors
    /// Damaged where it leaves the file.
    pub fn directory(&self, offset: u64) -> Result<Option<Directory>> {
        let what = format!("directory at {offset}");
        let (head, entry, tail) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let guess = self.known.len().map_or(DIRECTORY_GUESS, |len| DIRECTORY_GUESS.min(len.saturating_sub(offset)));
        let head_span = Span { offset, len: head };
        if self.known.bytes(head_span).is_none() {
            return self.bytes(Span { offset, len: guess.max(head) }, &what).map(|_| None);
        }
        let Some(bytes) = self.bytes(head_span, &what)? else { return Ok(None) };
        let count = if self.big { self.order.u64(&bytes, 0) } else { self.order.u16(&bytes, 0).map(u64::from) }.unwrap_or(0);
        if count == 0 || count > 65535 {
            return Err(Error::damaged(self.place(&what), format!("{count} entries"), "1 to 65535"));
        }
        self.entries.set(self.entries.get() + count);
        if self.entries.get() > MOST_ENTRIES {
            let found = format!("{} entries with those of the directories before it", self.entries.get());
            return Err(Error::over_limit(self.place(&what), found, format!("at most {MOST_ENTRIES}")));
        }
        let Some(table) = self.bytes(Span { offset: offset.saturating_add(head), len: count * entry + tail }, &what)? else {
            return Ok(None);
        };
        let mut entries = BTreeMap::new();
        let entry_len = if self.big { 20 } else { 12 };
        for row in table.chunks_exact(entry_len).take(usize::try_from(count).unwrap_or(0)) {
            if let Some((tag, found)) = self.entry(row) {
                entries.entry(tag).or_insert(found);
            }
        }
        let tail_at = table.len() - if self.big { 8 } else { 4 };
        let next = if self.big { self.order.u64(&table, tail_at) } else { self.order.u32(&table, tail_at).map(u64::from) };
        Ok(Some(Directory { offset, next: next.unwrap_or(0), entries }))
    }

    /// `None` where the type is unknown: TIFF 6.0 tells readers to skip such fields.
    fn entry(&self, row: &[u8]) -> Option<(u16, Entry)> {
        let (tag, code) = (self.order.u16(row, 0)?, self.order.u16(row, 2)?);
        if !tags::LAYOUT.contains(&tag) && !tags::MEANING.contains(&tag) {
            return None;
        }
        let kind = FieldKind::from_code(code)?;
        let (count, value_at, room) = if self.big { (self.order.u64(row, 4)?, 12, 8) } else { (u64::from(self.order.u32(row, 4)?), 8, 4) };
        let size = count.saturating_mul(kind.size());
        let place = if size <= room {
            Place::Inline(Bytes::copy_from_slice(row.get(value_at..value_at + usize::try_from(size).ok()?)?))
        } else if self.big {
            Place::At(self.order.u64(row, value_at)?)
        } else {
            Place::At(u64::from(self.order.u32(row, value_at)?))
        };
        Some((tag, Entry { kind, count, place }))
    }

    /// The values of those of `wanted` that the directory has; `None` where bytes are missing, all of them noted.
    ///
    /// # Errors
    /// Damaged where values leave the file, OverLimit where they are larger than [`Limits::directory_bytes`] in all.
    pub fn fields(&self, directory: &Directory, wanted: &[u16]) -> Result<Option<Fields>> {
        let mut fields = Fields::default();
        let mut complete = true;
        let mut total = 0_u64;
        for (tag, entry) in wanted.iter().filter_map(|tag| directory.entries.get(tag).map(|entry| (*tag, entry))) {
            let bytes = match &entry.place {
                Place::Inline(bytes) => Some(bytes.clone()),
                Place::At(offset) => {
                    let what = format!("directory at {}: {}", directory.offset, tags::name(tag));
                    let len = entry.count.saturating_mul(entry.kind.size());
                    total = total.saturating_add(len);
                    if self.known.len().is_none_or(|file| len <= file) && total > self.limits.directory_bytes {
                        let right = format!("at most {} bytes for all tags of a directory", self.limits.directory_bytes);
                        return Err(Error::over_limit(self.place(&what), format!("{} values, {len} bytes", entry.count), right));
                    }
                    if len > MOST_MEANING && tags::MEANING.contains(&tag) {
                        let right = format!("at most {MOST_MEANING} bytes for this tag");
                        return Err(Error::over_limit(self.place(&what), format!("{} values, {len} bytes", entry.count), right));
                    }
                    self.bytes(Span { offset: *offset, len }, &what)?
                }
            };
            match bytes {
                Some(bytes) => drop(fields.0.insert(tag, Values { kind: entry.kind, bytes, order: self.order })),
                None => complete = false,
            }
        }
        Ok(complete.then_some(fields))
    }
}
