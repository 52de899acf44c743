//! Where the parts of a TIFF lie, found by a parser of its own: the tests do not trust what they test.

/// One part that a mutation may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Byte order, magic number, size of offsets.
    Magic,
    /// A number that points to a directory.
    Pointer,
    /// How many entries a directory has.
    Entries,
    /// A whole entry.
    Entry {
        tag: u16,
    },
    Tag,
    Kind,
    Count {
        tag: u16,
    },
    /// The value of an entry, or where it lies.
    Value {
        tag: u16,
    },
    /// One of the numbers that an entry points to.
    Element {
        tag: u16,
    },
    /// Text or bytes that an entry points to.
    Text {
        tag: u16,
    },
    Block,
}

#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub part: Part,
    pub at: usize,
    pub len: usize,
}

#[derive(Debug, Clone)]
pub struct Structure {
    pub little: bool,
    pub big: bool,
    pub places: Vec<Place>,
    pub directories: Vec<usize>,
}

const MOST_ELEMENTS: usize = 48;
const KIND_SIZES: [usize; 19] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

impl Structure {
    pub fn of(file: &[u8]) -> Self {
        let little = file.first() == Some(&b'I');
        let mut structure = Self { little, big: false, places: Vec::new(), directories: Vec::new() };
        structure.big = structure.number(file, 2, 2) == Some(43);
        structure.add(Part::Magic, 0, if structure.big { 8 } else { 4 });
        let (at, size) = if structure.big { (8, 8) } else { (4, 4) };
        structure.add(Part::Pointer, at, size);
        let mut todo: Vec<u64> = structure.number(file, at, size).into_iter().collect();
        while let Some(offset) = todo.pop() {
            let Ok(offset) = usize::try_from(offset) else { continue };
            if offset != 0 && !structure.directories.contains(&offset) && structure.directories.len() < 40 {
                structure.directories.push(offset);
                structure.directory(file, offset, &mut todo);
            }
        }
        structure
    }

    fn add(&mut self, part: Part, at: usize, len: usize) {
        self.places.push(Place { part, at, len });
    }

    pub fn number(&self, file: &[u8], at: usize, len: usize) -> Option<u64> {
        let bytes = file.get(at..at.checked_add(len)?)?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.little { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) })
    }

    pub fn put(&self, file: &mut [u8], at: usize, len: usize, value: u64) {
        let Some(room) = file.get_mut(at..at + len) else { return };
        let bytes = if self.little { value.to_le_bytes() } else { value.to_be_bytes() };
        room.copy_from_slice(if self.little { &bytes[..len] } else { &bytes[8 - len..] });
    }

    /// Bytes of a count of entries, of an entry, of its count and value, and of a pointer.
    pub fn sizes(&self) -> (usize, usize, usize) {
        if self.big { (8, 20, 8) } else { (2, 12, 4) }
    }

    fn directory(&mut self, file: &[u8], offset: usize, todo: &mut Vec<u64>) {
        let (head, entry, size) = self.sizes();
        let Some(count) = self.number(file, offset, head).filter(|count| *count < 4000) else { return };
        self.add(Part::Entries, offset, head);
        let mut blocks: (Vec<u64>, Vec<u64>) = Default::default();
        for row in 0..count as usize {
            let at = offset + head + row * entry;
            let (Some(tag), Some(kind)) = (self.number(file, at, 2), self.number(file, at + 2, 2)) else { return };
            let (Some(count), Some(value)) = (self.number(file, at + 4, size), self.number(file, at + 4 + size, size)) else { return };
            let tag = tag as u16;
            self.add(Part::Entry { tag }, at, entry);
            self.add(Part::Tag, at, 2);
            self.add(Part::Kind, at + 2, 2);
            self.add(Part::Count { tag }, at + 4, size);
            self.add(Part::Value { tag }, at + 4 + size, size);
            let each = KIND_SIZES.get(kind as usize).copied().unwrap_or(0);
            let Some(bytes) = (count as usize).checked_mul(each).filter(|bytes| *bytes <= file.len()) else { continue };
            let values = if bytes <= size { at + 4 + size } else { value as usize };
            if bytes > size {
                let part = if each == 1 { Part::Text { tag } } else { Part::Element { tag } };
                let (parts, len) = if each == 1 { (1, bytes) } else { ((count as usize).min(MOST_ELEMENTS), each) };
                (0..parts).for_each(|i| self.add(part, values + i * len, len));
            }
            let numbers = || (0..(count as usize).min(4096)).filter_map(|i| self.number(file, values + i * each, each));
            match tag {
                273 | 324 => blocks.0 = numbers().collect(),
                279 | 325 => blocks.1 = numbers().collect(),
                330 => todo.extend(numbers()),
                _ => {}
            }
        }
        for (at, len) in blocks.0.iter().zip(&blocks.1).take(MOST_ELEMENTS) {
            if *len > 0 && at.checked_add(*len).is_some_and(|end| end <= file.len() as u64) {
                self.add(Part::Block, *at as usize, *len as usize);
            }
        }
        let next = offset + head + count as usize * entry;
        self.add(Part::Pointer, next, size);
        todo.extend(self.number(file, next, size));
    }
}
