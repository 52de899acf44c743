use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use swath_raster::{Nodata, SampleType, Samples};
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{ArrayBuilder, ArrayBytes, ArrayMetadataOptions, FillValue};
use zarrs::array::{DataType, data_type};
use zarrs::filesystem::FilesystemStore;
use zarrs::group::GroupBuilder;

use super::target::Draft;
use crate::stack::Stack;
use crate::{Error, Family, Result};

/// Rows and columns of a chunk at most.
const CHUNK: usize = 1024;
const LEVEL: i32 = 5;
/// The name of the array in its group.
const NAME: &str = "data";

type Store = Arc<FilesystemStore>;

/// Writes a Zarr v3 group that `xarray.open_zarr` reads: `data` (time, band, y, x), its coordinates, and `spatial_ref` as rioxarray
/// and odc-geo expect it. A Zarr that was there is replaced once the new one is complete.
///
/// # Errors
/// Conflict where something that is no Zarr has the name; Disk.
pub fn write_zarr(stack: &Stack, path: &Path) -> Result<()> {
    let path = &path.components().collect::<std::path::PathBuf>();
    if path.exists() && !path.join("zarr.json").is_file() {
        return Err(Error::new(Family::Conflict, path.display().to_string(), "is there and is no Zarr v3", "a free name"));
    }
    if matches!(stack.sample(), SampleType::CI16 | SampleType::CI32) {
        let found = format!("the array holds {}, complex integers, which Zarr does not have", stack.sample().name());
        let error = Error::new(Family::Unsupported, path.display().to_string(), found, "real or complex floating point samples");
        return Err(error.hint("a name that ends in .tif keeps them"));
    }
    let draft = Draft::beside(path)?;
    let failed = |e: &dyn std::fmt::Display| Error::new(Family::Disk, path.display().to_string(), e.to_string(), "");
    let store: Store = Arc::new(FilesystemStore::new(&draft.path).map_err(|e| failed(&e))?);
    let mut group = GroupBuilder::new().build(store.clone(), "/").map_err(|e| failed(&e))?;
    let title = stack.bands.iter().map(|b| b.name.as_str()).collect::<Vec<_>>().join(", ");
    group.attributes_mut().extend(object(json!({ "Conventions": "CF-1.11", "title": title, "history": "swath stack" })));
    group.store_metadata().map_err(|e| failed(&e))?;
    coordinates(stack, &store, &failed)?;
    data(stack, &store, &failed)?;
    consolidate(&draft.path, &failed)?;
    draft.finish()
}

/// Puts the metadata of every array into that of the group, so that a reader needs one request for all of it.
fn consolidate(folder: &Path, failed: &Failed) -> Result<()> {
    let read = |path: &Path| -> Result<Value> {
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, &e))?;
        serde_json::from_slice(&bytes).map_err(|e| failed(&e))
    };
    let mut arrays = Map::new();
    for name in ["band", NAME, "spatial_ref", "time", "x", "y"] {
        arrays.insert(name.to_owned(), read(&folder.join(name).join("zarr.json"))?);
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

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

type Failed<'a> = dyn Fn(&dyn std::fmt::Display) -> Error + Sync + 'a;

/// One array with all of its values in one chunk.
struct Small {
    name: &'static str,
    kind: DataType,
    fill: FillValue,
    /// Absent for a scalar.
    dimension: Option<&'static str>,
    len: u64,
    attributes: Value,
}

impl Small {
    fn build(self, store: &Store, failed: &Failed) -> Result<zarrs::array::Array<FilesystemStore>> {
        let shape: Vec<u64> = self.dimension.iter().map(|_| self.len).collect();
        let chunks: Vec<u64> = shape.iter().map(|l| (*l).max(1)).collect();
        let mut builder = ArrayBuilder::new(shape, chunks, self.kind, self.fill);
        builder.dimension_names(self.dimension.map(|d| vec![d]).or(Some(Vec::new())));
        builder.attributes(object(self.attributes));
        let array = builder.build(store.clone(), &format!("/{}", self.name)).map_err(|e| failed(&e))?;
        array.store_metadata_opt(&plain()).map_err(|e| failed(&e))?;
        Ok(array)
    }

    fn write_bytes(self, store: &Store, bytes: Vec<u8>, failed: &Failed) -> Result<()> {
        let chunk: Vec<u64> = self.dimension.iter().map(|_| 0).collect();
        self.build(store, failed)?.store_chunk(&chunk, ArrayBytes::new_flen(bytes)).map_err(|e| failed(&e))
    }
}

fn coordinates(stack: &Stack, store: &Store, failed: &Failed) -> Result<()> {
    let bytes = |v: &[f64]| v.iter().flat_map(|x| x.to_ne_bytes()).collect::<Vec<u8>>();
    let geographic = stack.grid.crs.as_ref().is_some_and(|c| c.is_geographic());
    let unit = stack.grid.crs.as_ref().map_or("1", |c| c.unit()).to_owned();
    for (name, values, longitude) in [("x", stack.x(), true), ("y", stack.y(), false)] {
        let attributes = match (geographic, longitude) {
            (true, true) => json!({ "standard_name": "longitude", "units": "degrees_east", "axis": "X" }),
            (true, false) => json!({ "standard_name": "latitude", "units": "degrees_north", "axis": "Y" }),
            (false, true) => json!({ "standard_name": "projection_x_coordinate", "units": unit, "axis": "X" }),
            (false, false) => json!({ "standard_name": "projection_y_coordinate", "units": unit, "axis": "Y" }),
        };
        let small =
            Small { name, kind: data_type::float64(), fill: f64::NAN.into(), dimension: Some(name), len: values.len() as u64, attributes };
        small.write_bytes(store, bytes(&values), failed)?;
    }
    let times: Vec<u8> = stack.times.iter().flat_map(|t| t.datetime.timestamp_micros().to_ne_bytes()).collect();
    let attributes =
        json!({ "standard_name": "time", "units": "microseconds since 1970-01-01", "calendar": "proleptic_gregorian", "axis": "T" });
    // The fill is no time that is written, so that a chunk of zeros (1970) is stored and not left out.
    let small = Small {
        name: "time",
        kind: data_type::int64(),
        fill: i64::MIN.into(),
        dimension: Some("time"),
        len: stack.times.len() as u64,
        attributes,
    };
    small.write_bytes(store, times, failed)?;
    bands(stack, store, failed)?;
    let small =
        Small { name: "spatial_ref", kind: data_type::int64(), fill: 0i64.into(), dimension: None, len: 1, attributes: spatial_ref(stack) };
    small.build(store, failed).map(|_| ())
}

fn bands(stack: &Stack, store: &Store, failed: &Failed) -> Result<()> {
    let names: Vec<String> = stack.bands.iter().map(|b| b.name.clone()).collect();
    let len = names.len() as u64;
    let small = Small {
        name: "band",
        kind: data_type::string(),
        fill: "".into(),
        dimension: Some("band"),
        len,
        attributes: json!({ "long_name": "band" }),
    };
    small.build(store, failed)?.store_chunk(&[0], names).map_err(|e| failed(&e))
}

fn spatial_ref(stack: &Stack) -> Value {
    let t = stack.grid.transform;
    let transform = [t.c, t.a, t.b, t.f, t.d, t.e].map(|v| v.to_string()).join(" ");
    let wkt = stack.grid.crs.as_ref().map_or("", |c| c.wkt2());
    json!({ "crs_wkt": wkt, "spatial_ref": wkt, "GeoTransform": transform })
}

fn data(stack: &Stack, store: &Store, failed: &Failed) -> Result<()> {
    let (kind, fill) = kind(stack);
    let [times, bands, rows, cols] = stack.shape();
    let (down, across) = (rows.clamp(1, CHUNK), cols.clamp(1, CHUNK));
    let shape = vec![times as u64, bands as u64, rows as u64, cols as u64];
    let mut builder = ArrayBuilder::new(shape, vec![1, 1, down as u64, across as u64], kind, FillValue::from(fill.clone()));
    builder.dimension_names(Some(["time", "band", "y", "x"]));
    builder.bytes_to_bytes_codecs(vec![Arc::new(ZstdCodec::new(LEVEL, false))]);
    builder.attributes(object(attributes(stack)));
    let array = builder.build(store.clone(), &format!("/{NAME}")).map_err(|e| failed(&e))?;
    array.store_metadata_opt(&plain()).map_err(|e| failed(&e))?;
    let chunks: Vec<[usize; 4]> = (0..times)
        .flat_map(|t| {
            (0..bands).flat_map(move |b| (0..rows.div_ceil(down)).flat_map(move |j| (0..cols.div_ceil(across)).map(move |i| [t, b, j, i])))
        })
        .collect();
    let (bytes, size) = (stack.data.as_bytes(), stack.sample().size());
    chunks.par_iter().try_for_each(|&[t, b, j, i]| {
        let plane = stack.plane(t, b).start;
        let mut chunk = fill.repeat(down * across);
        let width = across.min(cols - i * across);
        for row in 0..down.min(rows - j * down) {
            let from = (plane + (j * down + row) * cols + i * across) * size;
            chunk[row * across * size..][..width * size].copy_from_slice(&bytes[from..from + width * size]);
        }
        array.store_chunk(&[t as u64, b as u64, j as u64, i as u64], ArrayBytes::new_flen(chunk)).map_err(|e| failed(&e))
    })
}

/// The type of the array and one sample that means nothing.
fn kind(stack: &Stack) -> (DataType, Vec<u8>) {
    let kind = match stack.sample() {
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
    };
    (kind, fill(stack.sample(), stack.nodata))
}

fn fill(sample: SampleType, nodata: Option<Nodata>) -> Vec<u8> {
    crate::stack::empty_samples(sample, nodata, 1).as_bytes().to_vec()
}

fn attributes(stack: &Stack) -> Value {
    let mut attributes = json!({ "grid_mapping": "spatial_ref", "coordinates": "spatial_ref" });
    let nodata = stack.nodata.or_else(|| stack.sample().is_float().then_some(Nodata::Float(f64::NAN)));
    if let Some(nodata) = nodata.filter(|_| !stack.sample().is_complex()) {
        attributes["_FillValue"] = fill_value(stack.sample(), nodata);
    }
    let units: Vec<&str> = stack.bands.iter().filter_map(|b| b.unit.as_deref()).collect();
    if let [unit, rest @ ..] = units.as_slice()
        && units.len() == stack.bands.len()
        && rest.iter().all(|u| u == unit)
    {
        attributes["units"] = json!(unit);
    }
    attributes
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
