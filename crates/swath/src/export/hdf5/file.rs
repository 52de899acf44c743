use std::io::{Seek, SeekFrom, Write};

use super::attribute::{Attribute, HeapObject, Value, dataspace};
use super::checksum::lookup3;
use super::datatype::Datatype;
use super::messages::{self, Message, NOWHERE};
use super::{chunks, header, heap};

/// Where bytes lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub at: u64,
    pub len: u64,
}

/// What an array holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Contents {
    /// Nothing was written: a dimension without a variable.
    Absent,
    Whole(Placed),
    /// Shuffled and deflated chunks, all of one shape, in row-major order of their grid.
    Chunks {
        chunk: Vec<u64>,
        places: Vec<Placed>,
        level: u32,
    },
}

/// An array of the root group.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    pub name: String,
    pub kind: Datatype,
    /// Indices of the variables that are its dimensions; none for a scalar.
    pub dimensions: Vec<usize>,
    pub shape: Vec<u64>,
    pub contents: Contents,
    /// One element.
    pub fill: Option<Vec<u8>>,
    pub attributes: Vec<Attribute>,
    /// Whether it is a dimension itself.
    pub is_scale: bool,
}

/// A file under way. Bytes of arrays are put first, what describes them follows at the end.
pub struct File<W> {
    out: W,
    at: u64,
}

const SUPERBLOCK: usize = 48;

impl<W: Write + Seek> File<W> {
    /// # Errors
    /// What the medium says.
    pub fn new(mut out: W) -> std::io::Result<Self> {
        out.write_all(&[0; SUPERBLOCK])?;
        Ok(Self { out, at: SUPERBLOCK as u64 })
    }

    /// Writes bytes where the file ends.
    ///
    /// # Errors
    /// What the medium says.
    pub fn put(&mut self, bytes: &[u8]) -> std::io::Result<Placed> {
        let place = Placed { at: self.at, len: bytes.len() as u64 };
        self.out.write_all(bytes)?;
        self.at += place.len;
        // Everything begins at a multiple of eight.
        let gap = (self.at.next_multiple_of(8) - self.at) as usize;
        self.out.write_all(&[0; 8][..gap])?;
        self.at += gap as u64;
        Ok(place)
    }

    /// Describes the arrays and closes the file.
    ///
    /// # Errors
    /// What the medium says; `InvalidInput` where more is to be described than the format's fields hold.
    pub fn finish(mut self, variables: &[Variable], attributes: &[Attribute]) -> std::io::Result<W> {
        let trees = variables.iter().map(|v| self.tree(v)).collect::<std::io::Result<Vec<u64>>>()?;
        let references: usize = variables.iter().filter(|v| !v.is_scale).map(|v| v.dimensions.len()).sum();
        if references > heap::MOST {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "more arrays than one file holds"));
        }
        // Headers are as long whatever the addresses in them: once for their lengths, once for good.
        let draft = Addresses { heap: 0, headers: vec![0; variables.len()] };
        let mut at = self.at;
        let mut headers = Vec::new();
        for (i, tree) in trees.iter().enumerate() {
            headers.push(at);
            at = (at + header::encode(&draft.messages(variables, i, *tree)).len() as u64).next_multiple_of(8);
        }
        let known = Addresses { heap: at, headers };
        let mut written = Vec::new();
        for (i, tree) in trees.iter().enumerate() {
            written.push(self.put(&checked(&known.messages(variables, i, *tree))?)?.at);
        }
        self.put(&heap::encode(&known.references(variables)))?;
        let root = self.put(&checked(&root(variables, attributes, &known.headers))?)?;
        self.superblock(root.at)?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// The address of the tree over a variable's chunks.
    fn tree(&mut self, variable: &Variable) -> std::io::Result<u64> {
        let Contents::Chunks { chunk, places, .. } = &variable.contents else { return Ok(NOWHERE) };
        let (bytes, root) = chunks::tree(&variable.shape, chunk, places, self.at);
        self.put(&bytes)?;
        Ok(root)
    }

    /// Version 2 (II.A).
    fn superblock(&mut self, root: u64) -> std::io::Result<()> {
        let mut block = b"\x89HDF\r\n\x1a\n".to_vec();
        // Version, bytes of offsets and of lengths, flags.
        block.extend([2, 8, 8, 0]);
        for address in [0, NOWHERE, self.at, root] {
            block.extend(address.to_le_bytes());
        }
        block.extend(lookup3(&block).to_le_bytes());
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&block)
    }
}

/// Where headers and heap lie.
struct Addresses {
    heap: u64,
    headers: Vec<u64>,
}

impl Addresses {
    fn messages(&self, variables: &[Variable], index: usize, tree: u64) -> Vec<Message> {
        let variable = &variables[index];
        let size = variable.kind.size();
        let is_chunked = matches!(variable.contents, Contents::Chunks { .. });
        let scalar = variable.shape.is_empty();
        let mut out = vec![
            Message { kind: messages::DATASPACE, body: dataspace((!scalar).then(|| variable.shape.clone())) },
            Message { kind: messages::DATATYPE, body: variable.kind.encode() },
            messages::fill(variable.fill.as_deref(), is_chunked),
        ];
        match &variable.contents {
            Contents::Absent => {
                out.push(messages::contiguous(Placed { at: NOWHERE, len: variable.shape.iter().product::<u64>() * size as u64 }));
            }
            Contents::Whole(place) => out.push(messages::contiguous(*place)),
            Contents::Chunks { chunk, level, .. } => {
                out.push(messages::chunked(tree, chunk, size));
                out.push(messages::shuffled_and_deflated(size, *level));
            }
        }
        let own = variable.attributes.iter().cloned();
        let all = own.chain(self.scale_of(variables, index));
        out.extend(all.map(|a| Message { kind: messages::ATTRIBUTE, body: a.encode() }));
        out
    }

    /// What ties a variable to its dimensions, or a dimension to its users (HDF5 Dimension Scale Specification).
    fn scale_of(&self, variables: &[Variable], index: usize) -> Vec<Attribute> {
        let variable = &variables[index];
        if variable.is_scale {
            let name = match variable.contents {
                // What netCDF's own library writes for a dimension that no variable describes.
                Contents::Absent => format!("This is a netCDF dimension but not a netCDF variable.{:10}", variable.shape[0]),
                _ => variable.name.clone(),
            };
            let users = variables.iter().zip(&self.headers).filter(|(v, _)| !v.is_scale);
            let uses: Vec<(u64, u32)> = users
                .flat_map(|(v, at)| v.dimensions.iter().enumerate().filter(|(_, d)| **d == index).map(move |(i, _)| (*at, i as u32)))
                .collect();
            let number = variables[..index].iter().filter(|v| v.is_scale).count() as i32;
            let mut out = vec![Attribute::new("CLASS", Value::Word("DIMENSION_SCALE".into())), Attribute::new("NAME", Value::Word(name))];
            if !uses.is_empty() {
                out.push(Attribute::new("REFERENCE_LIST", Value::UsedBy(uses)));
            }
            out.push(Attribute::int("_Netcdf4Dimid", number));
            return out;
        }
        if variable.dimensions.is_empty() {
            return Vec::new();
        }
        let before: usize = variables[..index].iter().filter(|v| !v.is_scale).map(|v| v.dimensions.len()).sum();
        let objects = (0..variable.dimensions.len()).map(|i| HeapObject { heap: self.heap, index: (before + i) as u32 + 1 });
        vec![Attribute::new("DIMENSION_LIST", Value::Scales(objects.collect()))]
    }

    /// The references of the heap, in the order in which variables name them.
    fn references(&self, variables: &[Variable]) -> Vec<u64> {
        let users = variables.iter().filter(|v| !v.is_scale);
        users.flat_map(|v| v.dimensions.iter().map(|d| self.headers[*d])).collect()
    }
}

fn root(variables: &[Variable], attributes: &[Attribute], headers: &[u64]) -> Vec<Message> {
    let mut out = vec![messages::link_info(variables.len()), messages::group_info()];
    out.extend(variables.iter().zip(headers).enumerate().map(|(i, (v, at))| messages::link(&v.name, i, *at)));
    out.extend(attributes.iter().map(|a| Message { kind: messages::ATTRIBUTE, body: a.encode() }));
    out
}

/// The header of these messages, each of which must fit its field.
fn checked(messages: &[Message]) -> std::io::Result<Vec<u8>> {
    if messages.iter().any(|m| m.body.len() > usize::from(u16::MAX)) {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "an attribute longer than 64 KiB"));
    }
    Ok(header::encode(messages))
}
