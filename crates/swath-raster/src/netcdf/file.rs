use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use netcdf_reader::{
    NcFile, NcGroup, NcMetadataMode, NcOpenOptions, NcSliceInfo, NcSliceInfoElem, NcType, NcVariable, RangeRequestStorage,
};

use crate::{ByteSource, Error, Limits, Result, Samples, Span};

/// A NetCDF file, its variables listed with the path of their group.
pub(super) struct File {
    pub at: String,
    reader: NcFile,
    pub variables: Vec<Variable>,
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

/// Decoded chunks kept between reads, so that neighbouring bands of one chunk cost one decoding.
const CHUNK_CACHE: usize = 256 << 20;
const CHUNK_SLOTS: usize = 4099;
/// Groups within groups.
const DEEPEST: usize = 32;

impl File {
    pub fn open(at: &str, bytes: Arc<dyn ByteSource>, limits: &Limits) -> Result<Self> {
        let len = bytes.len();
        let storage = RangeRequestStorage::new(len, move |offset, len| {
            let span = Span { offset, len: len as u64 };
            if span.end() > bytes.len() {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
            Ok(bytes.read(span)?.to_vec())
        });
        let options = NcOpenOptions {
            chunk_cache_bytes: CHUNK_CACHE,
            chunk_cache_slots: CHUNK_SLOTS,
            metadata_mode: NcMetadataMode::Lossy,
            max_chunk_bytes: usize::try_from(limits.block_bytes).unwrap_or(usize::MAX),
            ..NcOpenOptions::default()
        };
        let (reader, variables) = guarded(at, || {
            let reader = NcFile::from_storage_with_options(Arc::new(storage), options)?;
            let mut variables = Vec::new();
            list(reader.root_group()?, "", 0, &mut variables);
            Ok((reader, variables))
        })?;
        let file = Self { at: at.to_owned(), reader, variables, largest_read: limits.block_bytes.max(1 << 20).saturating_mul(16) };
        if file.reader.as_classic().is_some() {
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
        let picks: Vec<Pick> = variable.inner.dimensions.iter().map(|d| Pick::Range { start: 0, len: d.size }).collect();
        let samples = self.read(variable, &picks).ok()?;
        Some(crate::with_real!(&samples, values => values.iter().map(|&v| v as f64).collect(), else return None))
    }
    /// All strings of a text variable.
    pub fn strings(&self, variable: &Variable) -> Option<Vec<String>> {
        guarded(&self.at, || self.reader.read_variable_as_strings(reader_path(&variable.path))).ok()
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
                    $(NcType::$nc => guarded(&at, || self.reader.read_variable_slice(path, &selection)).map(|a| Samples::$ours(a.into_iter().collect())),)*
                    NcType::Enum { base, .. } if **base == NcType::Byte => {
                        guarded(&at, || self.reader.read_variable_slice(path, &selection)).map(|a| Samples::I8(a.into_iter().collect()))
                    }
                    NcType::Enum { base, .. } if **base == NcType::UByte => {
                        guarded(&at, || self.reader.read_variable_slice(path, &selection)).map(|a| Samples::U8(a.into_iter().collect()))
                    }
                    other => Err(Error::unsupported(&at, format!("type {other:?}"), "supported: integers and floats")),
                }
            };
        }
        let read = typed! {
            Byte I8, UByte U8, Short I16, UShort U16, Int I32, UInt U32, Int64 I64, UInt64 U64, Float F32, Double F64,
        }?;
        let wanted = samples.unwrap_or(0);
        if read.len() as u64 == wanted {
            return Ok(read);
        }
        Err(Error::damaged(at, format!("{} samples", read.len()), format!("{wanted} were asked for")))
    }
}

fn reader_path(path: &str) -> &str {
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

/// Runs the third-party reader. It is hardened and fuzzed, yet slices bytes that a file's author chose: should it panic after all,
/// that is the file's damage, not ours, so it becomes an error here instead of ending the program.
fn guarded<T>(at: &str, run: impl FnOnce() -> netcdf_reader::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(netcdf_reader::Error::UnsupportedFeature(feature))) => {
            Err(Error::unsupported(at, format!("NetCDF feature: {feature}"), "").hint("convert it with `nccopy -d 1` or `gdal_translate`"))
        }
        Ok(Err(error)) => Err(Error::damaged(at, error.to_string(), "right: a whole NetCDF file")),
        Err(_) => Err(Error::damaged(at, "bytes that the NetCDF reader fails on", "right: a whole NetCDF file")),
    }
}
