use std::collections::BTreeMap;

use bytes::Bytes;

/// How numbers of more than one byte lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    pub(crate) const NATIVE: ByteOrder = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };

    pub(crate) fn array<const N: usize>(self, bytes: &[u8], at: usize) -> Option<[u8; N]> {
        let mut array: [u8; N] = bytes.get(at..at.checked_add(N)?)?.try_into().ok()?;
        if self == Self::Big {
            array.reverse();
        }
        Some(array)
    }
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        self.array(bytes, at).map(u16::from_le_bytes)
    }
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        self.array(bytes, at).map(u32::from_le_bytes)
    }
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        self.array(bytes, at).map(u64::from_le_bytes)
    }
}

/// The type of a tag's values (TIFF 6.0, section 2; BigTIFF adds the last three).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Byte,
    Ascii,
    Short,
    Long,
    Rational,
    SignedByte,
    Undefined,
    SignedShort,
    SignedLong,
    SignedRational,
    Float,
    Double,
    Long8,
    SignedLong8,
}

impl FieldKind {
    pub fn from_code(code: u16) -> Option<Self> {
        Some(match code {
            1 => Self::Byte,
            2 => Self::Ascii,
            3 => Self::Short,
            4 | 13 => Self::Long,
            5 => Self::Rational,
            6 => Self::SignedByte,
            7 => Self::Undefined,
            8 => Self::SignedShort,
            9 => Self::SignedLong,
            10 => Self::SignedRational,
            11 => Self::Float,
            12 => Self::Double,
            16 | 18 => Self::Long8,
            17 => Self::SignedLong8,
            _ => return None,
        })
    }
    pub fn size(self) -> u64 {
        match self {
            Self::Byte | Self::Ascii | Self::SignedByte | Self::Undefined => 1,
            Self::Short | Self::SignedShort => 2,
            Self::Long | Self::SignedLong | Self::Float => 4,
            Self::Rational | Self::SignedRational | Self::Double | Self::Long8 | Self::SignedLong8 => 8,
        }
    }
}

/// One tag's values, kept as they lie in the file and decoded when asked: four billion of them cost what the file holds.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    pub kind: FieldKind,
    pub bytes: Bytes,
    pub order: ByteOrder,
}

impl Values {
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64 / self.kind.size()
    }

    /// The value as a count or an offset; `None` past the end, below zero, or where the type is no integer.
    pub fn unsigned(&self, index: u64) -> Option<u64> {
        let at = usize::try_from(index.checked_mul(self.kind.size())?).ok()?;
        match self.kind {
            FieldKind::Byte | FieldKind::Undefined => self.bytes.get(at).map(|b| u64::from(*b)),
            FieldKind::SignedByte => self.bytes.get(at).and_then(|b| u64::try_from(b.cast_signed()).ok()),
            FieldKind::Short => self.order.u16(&self.bytes, at).map(u64::from),
            FieldKind::SignedShort => self.order.u16(&self.bytes, at).and_then(|v| u64::try_from(v.cast_signed()).ok()),
            FieldKind::Long => self.order.u32(&self.bytes, at).map(u64::from),
            FieldKind::SignedLong => self.order.u32(&self.bytes, at).and_then(|v| u64::try_from(v.cast_signed()).ok()),
            FieldKind::Long8 => self.order.u64(&self.bytes, at),
            FieldKind::SignedLong8 => self.order.u64(&self.bytes, at).and_then(|v| u64::try_from(v.cast_signed()).ok()),
            _ => None,
        }
    }

    pub fn float(&self, index: u64) -> Option<f64> {
        let at = usize::try_from(index.checked_mul(self.kind.size())?).ok()?;
        match self.kind {
            FieldKind::Float => self.order.u32(&self.bytes, at).map(|v| f64::from(f32::from_bits(v))),
            FieldKind::Double => self.order.u64(&self.bytes, at).map(f64::from_bits),
            FieldKind::Rational => {
                let (n, d) = (self.order.u32(&self.bytes, at)?, self.order.u32(&self.bytes, at + 4)?);
                Some(f64::from(n) / f64::from(d))
            }
            _ => self.unsigned(index).map(|v| v as f64),
        }
    }

    /// The first million of them: no tag of few numbers has so many.
    pub fn floats(&self) -> Vec<f64> {
        (0..self.len().min(1 << 20)).map_while(|i| self.float(i)).collect()
    }

    /// Up to the first NUL; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        let end = self.bytes.iter().position(|b| *b == 0).unwrap_or(self.bytes.len());
        String::from_utf8_lossy(&self.bytes[..end]).into_owned()
    }
}

/// The tags of one directory that were asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(pub BTreeMap<u16, Values>);

impl Fields {
    pub fn array(&self, tag: u16) -> Option<&Values> {
        self.0.get(&tag).filter(|v| v.len() > 0)
    }
    pub fn unsigned(&self, tag: u16) -> Option<u64> {
        self.array(tag)?.unsigned(0)
    }
    pub fn floats(&self, tag: u16) -> Vec<f64> {
        self.array(tag).map(Values::floats).unwrap_or_default()
    }
    pub fn text(&self, tag: u16) -> Option<String> {
        self.array(tag).map(Values::text)
    }
}
