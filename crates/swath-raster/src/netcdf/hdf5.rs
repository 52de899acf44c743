//! The samples of NetCDF-4 files: chunks are unpacked on all cores, and kept as long as a pass over the raster needs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hdf5_reader::messages::fill_value::FillTime;
use hdf5_reader::storage::DynStorage;
use hdf5_reader::{Dataset, Hdf5File, OpenOptions, SliceInfo, SliceInfoElem};
use netcdf_reader::NcType;

use super::file::{Pick, Variable, reader_path};
use super::filters;
use super::pair::Pair;
use crate::{Limits, Samples};

pub(super) struct Hdf5 {
    file: Hdf5File,
    open: Mutex<HashMap<String, Arc<Dataset>>>,
}

/// Decoded chunks kept between reads: at least, and at most.
const LEAST_KEPT: u64 = 32 << 20;
const MOST_KEPT: u64 = 512 << 20;
/// The same for bands that share no chunk and are read together.
const MOST_KEPT_TOGETHER: u64 = 192 << 20;
const CHUNK_SLOTS: usize = 1 << 16;

impl Hdf5 {
    pub fn open(storage: DynStorage, variables: &[Variable], limits: &Limits) -> hdf5_reader::error::Result<Self> {
        let chunk = usize::try_from(limits.block_bytes).unwrap_or(usize::MAX);
        let with = |kept: u64| -> hdf5_reader::error::Result<Self> {
            let options = OpenOptions {
                chunk_cache_bytes: usize::try_from(kept).unwrap_or(usize::MAX),
                chunk_cache_slots: CHUNK_SLOTS,
                max_chunk_bytes: chunk,
                filter_registry: Some(filters::registry(chunk)),
                ..OpenOptions::default()
            };
            Ok(Self { file: Hdf5File::from_storage_with_options(storage.clone(), options)?, open: Mutex::default() })
        };
        let small = with(LEAST_KEPT)?;
        let kept = variables.iter().map(|variable| small.worth_keeping(variable)).max().unwrap_or(0).min(MOST_KEPT.max(limits.block_bytes));
        if kept <= LEAST_KEPT { Ok(small) } else { with(kept) }
    }
    /// Bytes of chunks that make a pass over the raster unpack none twice: two rows of chunks for each band where each belongs to one,
    /// all that a band touches where neighbouring bands share them.
    fn worth_keeping(&self, variable: &Variable) -> u64 {
        let dimensions = &variable.inner.dimensions;
        let (Some(chunk), true) = (self.chunk(variable), dimensions.len() >= 2) else { return 0 };
        let size = variable.inner.dtype.size().unwrap_or(1) as u64;
        let along = |at: usize| {
            let step = chunk.get(at).map_or(1, |&step| u64::from(step.max(1)));
            dimensions.get(at).map_or(1, |dimension| dimension.size.div_ceil(step)) * step
        };
        let last = dimensions.len() - 1;
        let depth = chunk.iter().take(last - 1).fold(1u64, |depth, &step| depth.saturating_mul(u64::from(step.max(1))));
        let line = depth.saturating_mul(along(last)).saturating_mul(size);
        if depth > 1 {
            return line.saturating_mul(along(last - 1));
        }
        // Each band that is read at a time leaves its last row of chunks to its next strip; all are where they are read together.
        let row = line.saturating_mul(chunk.get(last - 1).map_or(1, |&step| u64::from(step)));
        let bands: u64 = dimensions.iter().take(last - 1).fold(1, |bands, dimension| bands.saturating_mul(dimension.size));
        let apart = row.saturating_mul(2 * rayon::current_num_threads().min(4) as u64);
        apart.max(row.saturating_mul(2).saturating_mul(bands).min(MOST_KEPT_TOGETHER)).saturating_add(LEAST_KEPT / 2)
    }
    /// The chunk's extent along each dimension.
    pub fn chunk(&self, variable: &Variable) -> Option<Vec<u32>> {
        let chunk = self.dataset(variable).ok()?.chunks()?;
        (chunk.len() == variable.inner.dimensions.len()).then_some(chunk)
    }
    /// Whether what was never written reads as a value that the library, or the writer, chose.
    pub fn fills(&self, variable: &Variable) -> bool {
        let Ok(dataset) = self.dataset(variable) else { return false };
        // HDF5 numbers these: on allocation 0, never 1, if set 2; hdf5-reader 0.12 gives 1 the name `Always`.
        dataset.fill_value().is_some_and(|fill| fill.defined && fill.value.is_some() && fill.fill_time != FillTime::Always)
    }
    fn dataset(&self, variable: &Variable) -> hdf5_reader::error::Result<Arc<Dataset>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&variable.path) {
            return Ok(Arc::clone(known));
        }
        let mut dataset = self.file.dataset(reader_path(&variable.path))?;
        if dataset.max_dims().is_some_and(|most| most.contains(&u64::MAX)) {
            // A dimension that grows may have grown further for a sibling: what is missing reads as fill.
            dataset = dataset.with_padded_shape(&variable.inner.shape())?;
        }
        let dataset = Arc::new(dataset);
        open.insert(variable.path.clone(), Arc::clone(&dataset));
        Ok(dataset)
    }
    /// A hyperslab in the order of the file's dimensions; `None` for a type that is no number.
    pub fn read(&self, variable: &Variable, picks: &[Pick]) -> netcdf_reader::Result<Option<Samples>> {
        let selection = SliceInfo {
            selections: picks
                .iter()
                .map(|pick| match *pick {
                    Pick::One(index) => SliceInfoElem::Index(index),
                    Pick::Range { start, len } => SliceInfoElem::Slice { start, end: start.saturating_add(len), step: 1 },
                })
                .collect(),
        };
        let dataset = self.dataset(variable)?;
        macro_rules! typed {
            ($dtype:expr; $($nc:pat => $ours:ident,)*) => {
                match $dtype {
                    $($nc => Samples::$ours(dataset.read_slice_parallel(&selection)?.into_raw_vec_and_offset().0),)*
                    NcType::Compound { fields, .. } => return pairs(&dataset, &selection, fields),
                    _ => return Ok(None),
                }
            };
        }
        let stored = match &variable.inner.dtype {
            NcType::Enum { base, .. } => base,
            dtype => dtype,
        };
        let samples = typed! {
            stored;
            NcType::Byte => I8, NcType::UByte => U8, NcType::Short => I16, NcType::UShort => U16, NcType::Int => I32, NcType::UInt => U32,
            NcType::Int64 => I64, NcType::UInt64 => U64, NcType::Float => F32, NcType::Double => F64,
        };
        Ok(Some(samples))
    }
}

/// Compounds of two numbers of one type, as complex numbers.
fn pairs(dataset: &Dataset, selection: &SliceInfo, fields: &[netcdf_reader::NcCompoundField]) -> netcdf_reader::Result<Option<Samples>> {
    macro_rules! typed {
        ($($nc:ident $ty:ty => $ours:ident,)*) => {
            match fields {
                $([first, second] if first.dtype == NcType::$nc && second.dtype == NcType::$nc => {
                    let read: Vec<Pair<$ty>> = dataset.read_slice_parallel(selection)?.into_raw_vec_and_offset().0;
                    Samples::$ours(read.into_iter().map(|pair| pair.0).collect())
                })*
                _ => return Ok(None),
            }
        };
    }
    Ok(Some(typed! { Float f32 => CF32, Double f64 => CF64, Short i16 => CI16, Int i32 => CI32, }))
}
