use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use swath_raster::{Nodata, SampleType, Samples};
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{Array, ArrayBuilder, ArrayBytes, ArrayMetadataOptions, FillValue};
use zarrs::array::{DataType, data_type};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::GroupBuilder;

use super::blocks::Blocks;
use super::cf::{self, words};
use super::target::{DraftFolder, Output};
use crate::stack::{Planes, Stack};
use crate::{Error, Family, Result};

const LEVEL: i32 = 5;
/// The name of the array in its group.
const NAME: &str = "data";

type Store = Arc<FilesystemStore>;

/// Writes a Zarr v3 group that `xarray.open_zarr` reads: `data` (time, band, y, x), its coordinates, and `spatial_ref` as rioxarray
/// and odc-geo expect it. Chunks are read and written side by side; the group gets its name when it is whole.
///
/// # Errors
/// Unsupported for complex integers; Disk; what the array says.
pub fn write_zarr(array: &dyn Planes, output: &Output, history: &str) -> Result<()> {
    let (head, path) = (array.head(), &output.path);
    if matches!(head.sample(), SampleType::CI16 | SampleType::CI32) {
        let found = format!("the array holds {}, complex integers, which Zarr does not have", head.sample().name());
        let error = Error::new(Family::Unsupported, path.display().to_string(), found, "real or complex floating point samples");
        return Err(error.hint("a name that ends in .tif keeps them"));
    }
    let draft = DraftFolder::of(output)?;
    let failed = |e: &dyn std::fmt::Display| Error::new(Family::Disk, path.display().to_string(), e.to_string(), "");
    let store: Store = Arc::new(FilesystemStore::new(draft.path()).map_err(|e| failed(&e))?);
    let mut group = GroupBuilder::new().build(store.clone(), "/").map_err(|e| failed(&e))?;
    group.attributes_mut().extend(cf::global(head, history));
    let names = coordinates(head, &store, &failed)?;
    let auxiliary: Vec<&str> = names.iter().copied().filter(|n| matches!(*n, "spatial_ref" | cf::BOUNDS)).collect();
    group.attributes_mut().insert("coordinates".into(), auxiliary.join(" ").into());
    group.store_metadata().map_err(|e| failed(&e))?;
    data(array, &store, &failed)?;
    consolidate(draft.path(), &names, &failed)?;
    draft.finish()
}

/// Puts the metadata of every array into that of the group, so that a reader needs one request for all of it.
fn consolidate(folder: &Path, names: &[&'static str], failed: &Failed) -> Result<()> {
    let read = |path: &Path| -> Result<Value> {
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, &e))?;
        serde_json::from_slice(&bytes).map_err(|e| failed(&e))
    };
    let mut arrays = Map::new();
    for name in names.iter().chain([&NAME]) {
        arrays.insert((*name).to_owned(), read(&folder.join(name).join("zarr.json"))?);
    }
    let path = folder.join("zarr.json");
    let mut group = read(&path)?;
    group["consolidated_metadata"] = json!({ "kind": "inline", "must_understand": false, "metadata": arrays });
    let text = serde_json::to_vec_pretty(&group).map_err(|e| failed(&e))?;
    std::fs::write(&path, text).map_err(|e| Error::file(&path, &e))
}

/// Without a line that says which library wrote it.
fn plain() -> ArrayMetadataOptions {
    ArrayMetadataOptions::default().with_include_zarrs_metadata(false)
}

type Failed<'a> = dyn Fn(&dyn std::fmt::Display) -> Error + Sync + 'a;

/// One array with all of its values in one chunk.
struct Small {
    name: &'static str,
    kind: DataType,
    fill: FillValue,
    /// Names and lengths; none for a scalar.
    dimensions: Vec<(&'static str, u64)>,
    words: cf::Words,
}

impl Small {
    fn build(self, store: &Store, failed: &Failed) -> Result<Array<FilesystemStore>> {
        let shape: Vec<u64> = self.dimensions.iter().map(|(_, len)| *len).collect();
        let chunks: Vec<u64> = shape.iter().map(|l| (*l).max(1)).collect();
        let mut builder = ArrayBuilder::new(shape, chunks, self.kind, self.fill);
        builder.dimension_names(Some(self.dimensions.iter().map(|(name, _)| *name)));
        builder.attributes(self.words);
        let array = builder.build(store.clone(), &format!("/{}", self.name)).map_err(|e| failed(&e))?;
        array.store_metadata_opt(&plain()).map_err(|e| failed(&e))?;
        Ok(array)
    }

    fn write_bytes(self, store: &Store, bytes: Vec<u8>, failed: &Failed) -> Result<()> {
        let chunk: Vec<u64> = self.dimensions.iter().map(|_| 0).collect();
        self.build(store, failed)?.store_chunk(&chunk, ArrayBytes::new_flen(bytes)).map_err(|e| failed(&e))
    }
}

/// Writes what is not the data and names it.
fn coordinates(head: &Stack, store: &Store, failed: &Failed) -> Result<Vec<&'static str>> {
    let mut names = vec!["band", "spatial_ref", "time", "x", "y"];
    let [x_words, y_words] = cf::horizontal(head);
    for (name, values, words) in [("x", head.x(), x_words), ("y", head.y(), y_words)] {
        let dimensions = vec![(name, values.len() as u64)];
        let bytes = values.iter().flat_map(|x| x.to_ne_bytes()).collect();
        Small { name, kind: data_type::float64(), fill: f64::NAN.into(), dimensions, words }.write_bytes(store, bytes, failed)?;
    }
    let axis = cf::time(head);
    let whole = |name, values: Vec<i64>, dimensions, words| {
        let bytes = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        // The fill is no time that is written, so that a chunk of zeros (1970) is stored and not left out.
        Small { name, kind: data_type::int64(), fill: i64::MIN.into(), dimensions, words }.write_bytes(store, bytes, failed)
    };
    let steps = head.times.len() as u64;
    whole("time", axis.values, vec![("time", steps)], axis.words)?;
    if let Some(bounds) = axis.bounds {
        whole(cf::BOUNDS, bounds, vec![("time", steps), (cf::ENDS, 2)], cf::Words::new())?;
        names.push(cf::BOUNDS);
    }
    bands(head, store, failed)?;
    let spatial_ref =
        Small { name: "spatial_ref", kind: data_type::int64(), fill: 0i64.into(), dimensions: Vec::new(), words: cf::spatial_ref(head) };
    spatial_ref.build(store, failed)?;
    Ok(names)
}

fn bands(head: &Stack, store: &Store, failed: &Failed) -> Result<()> {
    let names: Vec<String> = head.bands.iter().map(|b| b.name.clone()).collect();
    let dimensions = vec![("band", names.len() as u64)];
    let small =
        Small { name: "band", kind: data_type::string(), fill: "".into(), dimensions, words: words(json!({ "long_name": "band" })) };
    small.build(store, failed)?.store_chunk(&[0], names).map_err(|e| failed(&e))
}

fn data(array: &dyn Planes, store: &Store, failed: &Failed) -> Result<()> {
    let head = array.head();
    let fill = crate::stack::empty_samples(head.sample(), head.nodata, 1).as_bytes().to_vec();
    let blocks = Blocks::of(head);
    let [deep, down, across] = blocks.shape.map(|n| n as u64);
    let shape = head.shape().map(|n| n as u64).to_vec();
    let mut builder = ArrayBuilder::new(shape, vec![deep, 1, down, across], kind(head.sample()), FillValue::from(fill.clone()));
    builder.dimension_names(Some(["time", "band", "y", "x"]));
    builder.bytes_to_bytes_codecs(vec![Arc::new(ZstdCodec::new(LEVEL, false))]);
    builder.attributes(attributes(head));
    let written = builder.build(store.clone(), &format!("/{NAME}")).map_err(|e| failed(&e))?;
    written.store_metadata_opt(&plain()).map_err(|e| failed(&e))?;
    let all: Vec<_> = (0..head.bands.len()).flat_map(|band| blocks.of_band(band)).collect();
    all.par_iter().try_for_each(|&at| {
        let bytes = blocks.bytes(array, at, &fill)?;
        written.store_chunk(&at.map(|n| n as u64), ArrayBytes::new_flen(bytes)).map_err(|e| failed(&e))
    })
}

fn kind(sample: SampleType) -> DataType {
    match sample {
        SampleType::U8 => data_type::uint8(),
        SampleType::I8 => data_type::int8(),
        SampleType::U16 => data_type::uint16(),
        SampleType::I16 => data_type::int16(),
        SampleType::U32 => data_type::uint32(),
        SampleType::I32 => data_type::int32(),
        SampleType::U64 => data_type::uint64(),
        SampleType::I64 => data_type::int64(),
        SampleType::F32 => data_type::float32(),
        SampleType::F64 => data_type::float64(),
        // Complex integers were refused before.
        SampleType::CI16 | SampleType::CF32 => data_type::complex64(),
        SampleType::CI32 | SampleType::CF64 => data_type::complex128(),
    }
}

/// What holds for every band stands as CF has it; what differs stands as a list in the order of the bands.
fn attributes(head: &Stack) -> cf::Words {
    let each: Vec<cf::Words> = head.bands.iter().map(|b| cf::band(b, head)).collect();
    let mut out = words(json!({ "grid_mapping": "spatial_ref", "coordinates": "spatial_ref" }));
    let packed = ["scale_factor", "add_offset"];
    let shared = |key: &str| each.first().and_then(|b| b.get(key)).filter(|v| each.iter().all(|b| b.get(key) == Some(v)));
    // Half of a packing would unpack wrongly.
    let unpacks = packed.iter().all(|key| shared(key).is_some());
    for key in ["units", "cell_methods", "scale_factor", "add_offset", "long_name"] {
        let listed = format!("band_{key}");
        match shared(key) {
            Some(value) if unpacks || !packed.contains(&key) => drop(out.insert(key.into(), value.clone())),
            _ if key != "long_name" && each.iter().any(|b| b.contains_key(key)) => {
                out.insert(listed, each.iter().map(|b| b.get(key).cloned().unwrap_or_default()).collect());
            }
            _ => {}
        }
    }
    let nodata = head.nodata.or_else(|| head.sample().is_float().then_some(Nodata::Float(f64::NAN)));
    if let Some(nodata) = nodata.filter(|_| !head.sample().is_complex()) {
        out.insert("_FillValue".into(), fill_value(head.sample(), nodata));
    }
    out
}

/// As xarray keeps it in Zarr v3: integers as numbers, floats as the base64 of their eight little-endian bytes.
fn fill_value(sample: SampleType, nodata: Nodata) -> Value {
    match (sample.is_float(), nodata) {
        (false, Nodata::Int(v)) => json!(v),
        (false, Nodata::Uint(v)) => json!(v),
        (false, Nodata::Float(v)) => match crate::stack::empty_samples(sample, Some(nodata), 1) {
            Samples::U64(one) => json!(one[0]),
            _ => json!(v as i64),
        },
        (true, nodata) => {
            let value = if sample == SampleType::F32 { f64::from(nodata.as_f64() as f32) } else { nodata.as_f64() };
            json!(base64::engine::general_purpose::STANDARD.encode(value.to_le_bytes()))
        }
    }
}
