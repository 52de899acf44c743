//! Image file directories as bytes (TIFF 6.0, section 2, and BigTIFF).

/// Whether offsets have four or eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Classic,
    Big,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Ascii(String),
    Short(Vec<u16>),
    Long(Vec<u32>),
    Double(Vec<f64>),
    Rational(Vec<(u32, u32)>),
    /// Offsets and lengths of blocks: as many as there are blocks, known once all else has its place.
    Blocks(BlockArray),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum BlockArray {
    Offsets(Vec<u64>),
    Lengths(Vec<u32>),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Directory {
    /// By tag, ascending.
    entries: std::collections::BTreeMap<u16, Value>,
}

impl Directory {
    pub(super) fn set(&mut self, tag: u16, value: Value) {
        self.entries.insert(tag, value);
    }
    pub(super) fn blocks_mut(&mut self) -> impl Iterator<Item = &mut BlockArray> {
        self.entries.values_mut().filter_map(|value| match value {
            Value::Blocks(array) => Some(array),
            _ => None,
        })
    }
}

impl Value {
    fn kind(&self, width: Width) -> u16 {
        match self {
            Self::Ascii(_) => 2,
            Self::Short(_) => 3,
            Self::Long(_) | Self::Blocks(BlockArray::Lengths(_)) => 4,
            Self::Double(_) => 12,
            Self::Rational(_) => 5,
            Self::Blocks(BlockArray::Offsets(_)) => match width {
                Width::Classic => 4,
                Width::Big => 16,
            },
        }
    }
    fn count(&self) -> usize {
        match self {
            Self::Ascii(text) => text.len() + 1,
            Self::Short(v) => v.len(),
            Self::Long(v) => v.len(),
            Self::Double(v) => v.len(),
            Self::Rational(v) => v.len(),
            Self::Blocks(BlockArray::Offsets(v)) => v.len(),
            Self::Blocks(BlockArray::Lengths(v)) => v.len(),
        }
    }
    fn bytes(&self, width: Width) -> Vec<u8> {
        match self {
            Self::Ascii(text) => text.bytes().chain([0]).collect(),
            Self::Short(v) => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::Long(v) => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::Double(v) => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::Rational(v) => v.iter().flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()]).flatten().collect(),
            Self::Blocks(BlockArray::Lengths(v)) => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::Blocks(BlockArray::Offsets(v)) => match width {
                Width::Classic => v.iter().flat_map(|&v| (v as u32).to_le_bytes()).collect(),
                Width::Big => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            },
        }
    }
}

impl Width {
    fn offset(self, value: u64) -> Vec<u8> {
        match self {
            Self::Classic => (value as u32).to_le_bytes().to_vec(),
            Self::Big => value.to_le_bytes().to_vec(),
        }
    }
    fn inline(self) -> usize {
        match self {
            Self::Classic => 4,
            Self::Big => 8,
        }
    }
    fn magic(self) -> &'static [u8] {
        match self {
            Self::Classic => b"II*\0",
            Self::Big => b"II+\0\x08\0\0\0",
        }
    }
}

/// The front of a file: its header, `ghost` right behind it, all directories each with its values, and last all arrays of blocks.
/// Its length does not depend on what the arrays hold.
pub(super) fn front(width: Width, ghost: &[u8], directories: &[Directory]) -> Vec<u8> {
    let mut out = width.magic().to_vec();
    let mut link = out.len();
    out.extend(width.offset(0));
    out.extend_from_slice(ghost);
    let mut arrays: Vec<(usize, &Value)> = Vec::new();
    for directory in directories {
        align(&mut out, width);
        put_offset(&mut out, link, width);
        let count = directory.entries.len() as u64;
        match width {
            Width::Classic => out.extend((count as u16).to_le_bytes()),
            Width::Big => out.extend(count.to_le_bytes()),
        }
        let mut values: Vec<(usize, &Value)> = Vec::new();
        for (tag, value) in &directory.entries {
            out.extend(tag.to_le_bytes());
            out.extend(value.kind(width).to_le_bytes());
            out.extend(width.offset(value.count() as u64));
            let mut bytes = value.bytes(width);
            if bytes.len() > width.inline() {
                let list = if matches!(value, Value::Blocks(_)) { &mut arrays } else { &mut values };
                list.push((out.len(), value));
                bytes = Vec::new();
            }
            bytes.resize(width.inline(), 0);
            out.extend(bytes);
        }
        link = out.len();
        out.extend(width.offset(0));
        put_values(&mut out, &values, width);
    }
    put_values(&mut out, &arrays, width);
    align(&mut out, width);
    out
}

fn put_values(out: &mut Vec<u8>, values: &[(usize, &Value)], width: Width) {
    for (at, value) in values {
        align(out, width);
        put_offset(out, *at, width);
        out.extend(value.bytes(width));
    }
}

/// Writes where the end of `out` is at `at`.
fn put_offset(out: &mut [u8], at: usize, width: Width) {
    let here = width.offset(out.len() as u64);
    out[at..at + here.len()].copy_from_slice(&here);
}

fn align(out: &mut Vec<u8>, width: Width) {
    let to = match width {
        Width::Classic => 2,
        Width::Big => 8,
    };
    out.resize(out.len().next_multiple_of(to), 0);
}
