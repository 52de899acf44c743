use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use netcdf_reader::{
    NcAttrValue, NcFile, NcGroup, NcMetadataMode, NcOpenOptions, NcSliceInfo, NcSliceInfoElem, NcType, NcVariable, RangeRequestStorage,
};

use super::hdf5::Hdf5;
use crate::{ByteSource, Error, Limits, Result, Samples, Span};

/// A NetCDF file, its variables listed with the path of their group.
pub(super) struct File {
    pub at: String,
    reader: NcFile,
    /// The way to the samples of a NetCDF-4 file.
    hdf5: Option<Hdf5>,
    pub variables: Vec<Variable>,
    /// The file's own attributes.
    pub attributes: BTreeMap<String, NcAttrValue>,
    /// Bytes of samples one read may give.
    largest_read: u64,
}

/// A variable, and where in the file it lies.
#[derive(Clone)]
pub(super) struct Variable {
    /// `tas` in the root group, `/group/tas` below it.
    pub path: String,
    /// The group with its closing slash, empty for the root.
    pub group: String,
    pub inner: NcVariable,
}

/// What to take of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    One(u64),
    Range { start: u64, len: u64 },
}

/// Groups within groups.
const DEEPEST: usize = 32;

impl File {
    pub fn open(at: &str, bytes: Arc<dyn ByteSource>, limits: &Limits) -> Result<Self> {
        let len = bytes.len();
        let storage = Arc::new(RangeRequestStorage::new(len, move |offset, len| {
            let span = Span { offset, len: len as u64 };
            if span.end() > bytes.len() {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            Ok(bytes.read(span)?.to_vec())
        }));
        let options = || NcOpenOptions {
            metadata_mode: NcMetadataMode::Lossy,
            max_chunk_bytes: usize::try_from(limits.block_bytes).unwrap_or(usize::MAX),
            ..NcOpenOptions::default()
        };
        let (reader, variables, attributes) = guarded(at, || {
            let reader = NcFile::from_storage_with_options(storage.clone(), options())?;
            let mut variables = Vec::new();
            let root = reader.root_group()?;
            list(root, "", 0, &mut variables);
            let attributes = root.attributes.iter().map(|a| (a.name.clone(), a.value.clone())).collect();
            Ok((reader, variables, attributes))
        })?;
        let hdf5 = match reader.as_classic() {
            Some(_) => None,
            None => Some(guarded(at, || Ok(Hdf5::open(storage, &variables, limits)?))?),
        };
        let largest_read = limits.block_bytes.max(1 << 20).saturating_mul(16);
        let file = Self { at: at.to_owned(), reader, hdf5, variables, attributes, largest_read };
        if file.hdf5.is_none() {
            file.check_classic_sizes(len)?;
        }
        Ok(file)
    }
    /// A classic file stores every sample, so a header that claims more than the file holds is damaged.
    fn check_classic_sizes(&self, len: u64) -> Result<()> {
        for variable in &self.variables {
            let samples = variable.inner.dimensions.iter().try_fold(1u64, |total, dimension| total.checked_mul(dimension.size));
            let size = variable.inner.dtype.size().unwrap_or(1) as u64;
            if samples.and_then(|samples| samples.checked_mul(size)).is_none_or(|bytes| bytes > len) {
                let at = format!("{}: variable {}", self.at, variable.path);
                return Err(Error::damaged(at, format!("{:?} samples", variable.inner.shape()), format!("the file has {len} bytes")));
            }
        }
        Ok(())
    }
    /// The variable `name` as one in `group` sees it: its own group first, then those around it.
    pub fn variable(&self, group: &str, name: &str) -> Option<&Variable> {
        if name.starts_with('/') {
            let root = name.trim_start_matches('/');
            return self.variables.iter().find(|v| v.path == name || v.path == root);
        }
        let mut group = group;
        loop {
            let path = format!("{group}{name}");
            if let Some(found) = self.variables.iter().find(|v| v.path == path || (group.is_empty() && v.path == name)) {
                return Some(found);
            }
            let outer = group.trim_end_matches('/').rfind('/')?;
            group = if outer == 0 { "" } else { &group[..=outer] };
        }
    }
    /// All values of a small variable as numbers, scale and offset not applied; `None` where it is not numeric or cannot be read.
    pub fn numbers(&self, variable: &Variable) -> Option<Vec<f64>> {
        let samples = self.whole(variable).ok()?;
        Some(crate::with_real!(&samples, values => values.iter().map(|&v| v as f64).collect(), else return None))
    }
    /// All samples of a variable.
    ///
    /// # Errors
    /// As [`File::read`].
    pub fn whole(&self, variable: &Variable) -> Result<Samples> {
        let picks: Vec<Pick> = variable.inner.dimensions.iter().map(|d| Pick::Range { start: 0, len: d.size }).collect();
        self.read(variable, &picks)
    }
    /// All strings of a text variable.
    pub fn strings(&self, variable: &Variable) -> Option<Vec<String>> {
        guarded(&self.at, || self.reader.read_variable_as_strings(reader_path(&variable.path))).ok()
    }
    /// Columns and rows of whatever the file stores in one piece, by dimension; `None` where it is not cut into chunks.
    pub fn chunk(&self, variable: &Variable) -> Option<Vec<u32>> {
        self.hdf5.as_ref()?.chunk(variable)
    }
    /// Whether the library fills what was never written with a value of its own.
    pub fn fills(&self, variable: &Variable) -> bool {
        self.hdf5.as_ref().is_none_or(|hdf5| hdf5.fills(variable))
    }
    /// A hyperslab in the order of the file's dimensions, in the type it is stored in.
    ///
    /// # Errors
    /// Damaged or Unsupported from the file; OverLimit where the slab is larger than any sensible read.
    pub fn read(&self, variable: &Variable, picks: &[Pick]) -> Result<Samples> {
        let at = format!("{}: variable {}", self.at, variable.path);
        let samples = picks.iter().try_fold(1u64, |total, pick| match pick {
            Pick::One(_) => Some(total),
            Pick::Range { len, .. } => total.checked_mul(*len),
        });
        let bytes = samples.and_then(|samples| samples.checked_mul(16));
        if bytes.is_none_or(|bytes| bytes > self.largest_read) {
            return Err(Error::over_limit(at, format!("a read of {picks:?}"), format!("at most {} bytes at once", self.largest_read)));
        }
        let read = match &self.hdf5 {
            Some(hdf5) => guarded(&at, || hdf5.read(variable, picks)).and_then(|read| read.ok_or_else(|| unsupported(&at, variable))),
            None => self.read_classic(&at, variable, picks),
        }?;
        let wanted = samples.unwrap_or(0);
        if read.len() as u64 == wanted {
            return Ok(read);
        }
        Err(Error::damaged(at, format!("{} samples", read.len()), format!("{wanted} were asked for")))
    }
    fn read_classic(&self, at: &str, variable: &Variable, picks: &[Pick]) -> Result<Samples> {
        let selection = NcSliceInfo {
            selections: picks
                .iter()
                .map(|pick| match *pick {
                    Pick::One(index) => NcSliceInfoElem::Index(index),
                    Pick::Range { start, len } => NcSliceInfoElem::Slice { start, end: start.saturating_add(len), step: 1 },
                })
                .collect(),
        };
        let path = reader_path(&variable.path);
        macro_rules! typed {
            ($($nc:ident $ours:ident,)*) => {
                match &variable.inner.dtype {
                    $(NcType::$nc => guarded(at, || self.reader.read_variable_slice(path, &selection)).map(|a| Samples::$ours(a.into_iter().collect())),)*
                    _ => Err(unsupported(at, variable)),
                }
            };
        }
        typed! {
            Byte I8, UByte U8, Short I16, UShort U16, Int I32, UInt U32, Int64 I64, UInt64 U64, Float F32, Double F64,
        }
    }
}

fn unsupported(at: &str, variable: &Variable) -> Error {
    Error::unsupported(at, format!("type {:?}", variable.inner.dtype), "supported: integers, floats, and pairs of them as complex numbers")
}

pub(super) fn reader_path(path: &str) -> &str {
    path.trim_start_matches('/')
}

fn list(group: &NcGroup, path: &str, depth: usize, out: &mut Vec<Variable>) {
    for inner in &group.variables {
        let name = format!("{path}{}", inner.name);
        out.push(Variable { path: name, group: path.to_owned(), inner: inner.clone() });
    }
    if depth < DEEPEST {
        let outer = if path.is_empty() { "/" } else { path };
        for group in &group.groups {
            list(group, &format!("{outer}{}/", group.name), depth + 1, out);
        }
    }
}

/// What the third-party reader says, by what to do next.
fn explained(at: &str, text: &str) -> Error {
    if text.contains("chunk limit") {
        return Error::over_limit(at, text, "").hint("cut it into smaller chunks: `nccopy -c lat/1000,lon/1000 IN.nc OUT.nc`");
    }
    super::filters::refused(at, text).unwrap_or_else(|| Error::damaged(at, text, "right: a whole NetCDF file"))
}

/// Runs the third-party reader. It is hardened and fuzzed, yet slices bytes that a file's author chose: should it panic after all,
/// that is the file's damage, not ours, so it becomes an error here instead of ending the program.
fn guarded<T>(at: &str, run: impl FnOnce() -> netcdf_reader::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(netcdf_reader::Error::UnsupportedFeature(feature))) => {
            Err(Error::unsupported(at, format!("NetCDF feature: {feature}"), "").hint("convert it with `nccopy -d 1` or `gdal_translate`"))
        }
        Ok(Err(error)) => Err(explained(at, &error.to_string())),
        Err(_) => Err(Error::damaged(at, "bytes that the NetCDF reader fails on", "right: a whole NetCDF file")),
    }
}
