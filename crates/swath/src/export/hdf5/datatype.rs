use swath_raster::SampleType;

/// The type of an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Datatype {
    Real(SampleType),
    /// UTF-8 of a fixed number of bytes, filled up with zeros.
    Text(usize),
    /// ASCII of so many bytes, the last of which is zero.
    Word(usize),
    /// The address of an object's header.
    Reference,
    /// A sequence of references.
    References,
    /// A reference and which of its dimensions: an entry of REFERENCE_LIST.
    Attached,
    /// 32-bit floating point, big-endian: what netCDF gives a dimension that has no variable.
    Dimension,
}

impl Datatype {
    /// Bytes of one element.
    pub fn size(&self) -> usize {
        match self {
            Self::Real(sample) => sample.size(),
            Self::Text(len) | Self::Word(len) => *len,
            Self::Reference => 8,
            // Length, heap address, index (IV.A.2.d, variable-length).
            Self::References => 16,
            Self::Attached => 16,
            Self::Dimension => 4,
        }
    }

    /// The datatype message (IV.A.2.d).
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Real(sample) if sample.is_float() => float(sample.size(), false),
            Self::Real(sample) => {
                integer(sample.size(), matches!(sample, SampleType::I8 | SampleType::I16 | SampleType::I32 | SampleType::I64))
            }
            // Filled up with zeros, UTF-8.
            Self::Text(len) => class(3, [0x11, 0, 0], *len),
            Self::Word(len) => class(3, [0, 0, 0], *len),
            Self::Reference => class(7, [0, 0, 0], 8),
            Self::References => [class(9, [0, 0, 0], self.size()), Self::Reference.encode()].concat(),
            Self::Attached => {
                let mut out = class(6, [2, 0, 0], self.size());
                // Version 3: names without padding, offsets in as few bytes as the size needs.
                out[0] = 0x36;
                for (name, at, kind) in [("dataset", 0u8, Self::Reference), ("dimension", 8, Self::Real(SampleType::I32))] {
                    out.extend(name.as_bytes());
                    out.extend([0, at]);
                    out.extend(kind.encode());
                }
                out
            }
            Self::Dimension => float(4, true),
        }
    }
}

/// Class and version 1, bit field, size.
fn class(class: u8, bits: [u8; 3], size: usize) -> Vec<u8> {
    let mut out = vec![0x10 | class, bits[0], bits[1], bits[2]];
    out.extend((size as u32).to_le_bytes());
    out
}

fn integer(size: usize, signed: bool) -> Vec<u8> {
    let mut out = class(0, [if signed { 8 } else { 0 }, 0, 0], size);
    out.extend([0, 0]);
    out.extend((8 * size as u16).to_le_bytes());
    out
}

/// IEEE 754: the highest bit of the mantissa is implied, the sign is the highest bit of all.
fn float(size: usize, big_endian: bool) -> Vec<u8> {
    let bits = 8 * size as u16;
    let (exponent, mantissa, bias) = if size == 8 { (11u8, 52u8, 1023u32) } else { (8, 23, 127) };
    let mut out = class(1, [0x20 | u8::from(big_endian), (bits - 1) as u8, 0], size);
    out.extend([0, 0]);
    out.extend(bits.to_le_bytes());
    out.extend([mantissa, exponent, 0, mantissa]);
    out.extend(bias.to_le_bytes());
    out
}
