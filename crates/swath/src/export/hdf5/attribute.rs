use swath_raster::{SampleType, Samples};

use super::datatype::Datatype;

/// A named value beside an array.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    pub name: String,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    /// ASCII ended by a zero: what the specification of dimension scales wants for its own two.
    Word(String),
    /// One number.
    Number(Samples),
    /// A row of numbers.
    Numbers(Samples),
    /// For each dimension, the address in the heap of its scale's reference: object index and heap address.
    Scales(Vec<HeapObject>),
    /// Who uses this scale, and for which of its dimensions.
    UsedBy(Vec<(u64, u32)>),
}

/// Where in the global heap a sequence of one element lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeapObject {
    pub heap: u64,
    pub index: u32,
}

impl Attribute {
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), value }
    }
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, Value::Text(text.into()))
    }
    pub fn int(name: impl Into<String>, value: i32) -> Self {
        Self::new(name, Value::Number(Samples::I32(vec![value])))
    }

    /// The attribute message, version 3 (IV.A.2.m).
    pub fn encode(&self) -> Vec<u8> {
        let (kind, space, data) = self.value.parts();
        let (kind, space) = (kind.encode(), dataspace(space));
        let mut out = vec![3, 0];
        for len in [self.name.len() + 1, kind.len(), space.len()] {
            out.extend((len as u16).to_le_bytes());
        }
        // The name is UTF-8.
        out.push(1);
        out.extend(self.name.as_bytes());
        out.push(0);
        [out, kind, space, data].concat()
    }
}

impl Value {
    fn parts(&self) -> (Datatype, Option<Vec<u64>>, Vec<u8>) {
        match self {
            Self::Text(text) => {
                let mut bytes = text.as_bytes().to_vec();
                // An element of no bytes there is not.
                bytes.resize(bytes.len().max(1), 0);
                (Datatype::Text(bytes.len()), None, bytes)
            }
            Self::Word(word) => (Datatype::Word(word.len() + 1), None, [word.as_bytes(), &[0]].concat()),
            Self::Number(samples) => (Datatype::Real(samples.sample_type()), None, little_endian(samples)),
            Self::Numbers(samples) => (Datatype::Real(samples.sample_type()), Some(vec![samples.len() as u64]), little_endian(samples)),
            Self::Scales(objects) => {
                let data = objects.iter().flat_map(|o| [&1u32.to_le_bytes()[..], &o.heap.to_le_bytes(), &o.index.to_le_bytes()].concat());
                (Datatype::References, Some(vec![objects.len() as u64]), data.collect())
            }
            Self::UsedBy(uses) => {
                let data = uses.iter().flat_map(|(at, dim)| [&at.to_le_bytes()[..], &dim.to_le_bytes(), &[0; 4]].concat());
                (Datatype::Attached, Some(vec![uses.len() as u64]), data.collect())
            }
        }
    }
}

/// The dataspace message, version 2 (IV.A.2.b): a scalar without dimensions.
pub fn dataspace(shape: Option<Vec<u64>>) -> Vec<u8> {
    let shape = shape.as_deref();
    let rank = shape.map_or(0, <[u64]>::len) as u8;
    let mut out = vec![2, rank, 0, u8::from(shape.is_some())];
    shape.unwrap_or_default().iter().for_each(|len| out.extend(len.to_le_bytes()));
    out
}

/// The bytes of samples as the file keeps them.
pub fn little_endian(samples: &Samples) -> Vec<u8> {
    let mut bytes = samples.as_bytes().to_vec();
    if cfg!(target_endian = "big") {
        let part = match samples.sample_type() {
            SampleType::CI16 | SampleType::CI32 | SampleType::CF32 | SampleType::CF64 => samples.sample_type().size() / 2,
            real => real.size(),
        };
        bytes.chunks_mut(part).for_each(<[u8]>::reverse);
    }
    bytes
}
