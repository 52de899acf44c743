use std::io::BufWriter;

use serde_json::Value as Json;
use swath_raster::{Nodata, SampleType, Samples};

use super::blocks::Blocks;
use super::cf::{self, Words};
use super::hdf5::{Attribute, Contents, Datatype, File, Value, Variable};
use super::target::Output;
use crate::build::output::{Pending, disk};
use crate::stack::{Band, Planes, Stack};
use crate::{Error, Family, Result};

/// Of deflate: what netCDF's users mostly take.
const LEVEL: u32 = 4;
/// Where time, y and x are among the variables.
const DIMENSIONS: [usize; 3] = [0, 1, 2];
const TAKEN: [&str; 6] = ["time", "y", "x", "spatial_ref", cf::BOUNDS, cf::ENDS];

/// Writes NetCDF-4 by the CF conventions: a variable (time, y, x) for each band, compressed block by block as they are read, and
/// `spatial_ref` as the grid mapping.
///
/// # Errors
/// Unsupported for complex samples; Disk; what the array says.
pub fn write_netcdf(array: &dyn Planes, output: &Output, history: &str) -> Result<()> {
    let head = array.head();
    if head.sample().is_complex() {
        let found = format!("the array holds {}, which NetCDF does not have", head.sample().name());
        let error = Error::new(Family::Unsupported, output.path.display().to_string(), found, "real samples");
        return Err(error.hint("a name that ends in .zarr or .tif keeps them"));
    }
    let failed = |e: std::io::Error| disk(&output.path, &e);
    let mut file = File::new(BufWriter::with_capacity(1 << 20, Pending::new(output.folder())?)).map_err(failed)?;
    let mut variables = coordinates(head, &mut file).map_err(failed)?;
    let mut taken: Vec<String> = TAKEN.iter().map(|n| (*n).to_owned()).collect();
    for (index, band) in head.bands.iter().enumerate() {
        let name = free_name(&band.name, &taken);
        taken.push(name.clone());
        variables.push(data(array, (index, band), name, &mut file, &failed)?);
    }
    let mut global = cf::global(head, history);
    global.insert(
        "coordinates".into(),
        if head_has_bounds(head) { format!("spatial_ref {}", cf::BOUNDS) } else { "spatial_ref".into() }.into(),
    );
    let out = file.finish(&variables, &attributes(&global)).map_err(failed)?;
    out.into_inner().map_err(|e| failed(e.into_error()))?.commit(&output.path)
}

fn head_has_bounds(head: &Stack) -> bool {
    cf::time(head).bounds.is_some()
}

type Out = File<BufWriter<Pending>>;

/// Time, y and x first, so that they are the dimensions; then the grid mapping, and what a step covers.
fn coordinates(head: &Stack, file: &mut Out) -> std::io::Result<Vec<Variable>> {
    let axis = cf::time(head);
    let [x_words, y_words] = cf::horizontal(head);
    let mut variables = Vec::new();
    for (name, samples, words) in
        [("time", Samples::I64(axis.values), axis.words), ("y", Samples::F64(head.y()), y_words), ("x", Samples::F64(head.x()), x_words)]
    {
        let dimension = variables.len();
        let shape = vec![samples.len() as u64];
        variables.push(Variable { is_scale: true, dimensions: vec![dimension], ..plain(name, &samples, shape, &words, file)? });
    }
    let grid = Samples::I32(vec![0]);
    let mapping = plain("spatial_ref", &grid, Vec::new(), &cf::spatial_ref(head), file)?;
    if let Some(bounds) = axis.bounds {
        let ends = Variable {
            name: cf::ENDS.into(),
            kind: Datatype::Dimension,
            dimensions: vec![3],
            shape: vec![2],
            contents: Contents::Absent,
            fill: None,
            attributes: Vec::new(),
            is_scale: true,
        };
        variables.push(ends);
        let samples = Samples::I64(bounds);
        let shape = vec![head.times.len() as u64, 2];
        variables.push(Variable { dimensions: vec![0, 3], ..plain(cf::BOUNDS, &samples, shape, &Words::new(), file)? });
    }
    variables.push(mapping);
    Ok(variables)
}

/// A small variable in one piece.
fn plain(name: &str, samples: &Samples, shape: Vec<u64>, words: &Words, file: &mut Out) -> std::io::Result<Variable> {
    let place = file.put(&super::hdf5::little_endian(samples))?;
    Ok(Variable {
        name: name.into(),
        kind: Datatype::Real(samples.sample_type()),
        dimensions: Vec::new(),
        shape,
        contents: Contents::Whole(place),
        fill: None,
        attributes: attributes(words),
        is_scale: false,
    })
}

fn data(
    array: &dyn Planes,
    (index, band): (usize, &Band),
    name: String,
    file: &mut Out,
    failed: &dyn Fn(std::io::Error) -> Error,
) -> Result<Variable> {
    let head = array.head();
    let sample = head.sample();
    let fill = crate::stack::empty_samples(sample, head.nodata, 1);
    let blocks = Blocks::of(head);
    let mut places = Vec::new();
    blocks.each(index, &|at| Ok(compressed(&blocks.bytes(array, at, fill.as_bytes())?, sample)), &mut |bytes| {
        places.push(file.put(&bytes).map_err(failed)?);
        Ok(())
    })?;
    let [times, _, rows, cols] = head.shape();
    let words = cf::band(band, head);
    let mut own = attributes(&words);
    own.push(Attribute::text("grid_mapping", "spatial_ref"));
    if head.nodata.is_some() || sample.is_float() {
        own.push(Attribute::new("_FillValue", Value::Numbers(fill.clone())));
    }
    own.extend(flags(band, sample));
    Ok(Variable {
        name,
        kind: Datatype::Real(sample),
        dimensions: DIMENSIONS.to_vec(),
        shape: vec![times as u64, rows as u64, cols as u64],
        contents: Contents::Chunks { chunk: blocks.shape.map(|n| n as u64).to_vec(), places, level: LEVEL },
        fill: Some(super::hdf5::little_endian(&fill)),
        attributes: own,
        is_scale: false,
    })
}

/// The same byte of all samples side by side, then deflate in zlib's frame.
fn compressed(bytes: &[u8], sample: SampleType) -> Vec<u8> {
    let size = sample.size();
    let count = bytes.len() / size;
    let mut shuffled = vec![0; bytes.len()];
    for (k, lane) in shuffled.chunks_mut(count.max(1)).enumerate() {
        // The file is little-endian.
        let k = if cfg!(target_endian = "big") { size - 1 - k } else { k };
        lane.iter_mut().zip(bytes.iter().skip(k).step_by(size)).for_each(|(to, from)| *to = *from);
    }
    let level = libdeflater::CompressionLvl::new(LEVEL as i32).unwrap_or_default();
    let mut compressor = libdeflater::Compressor::new(level);
    let mut out = vec![0; compressor.zlib_compress_bound(shuffled.len())];
    // It fits: the room is the compressor's own bound.
    let len = compressor.zlib_compress(&shuffled, &mut out).unwrap_or_default();
    out.truncate(len);
    out
}

/// The values of classes in the variable's own type, and their names (CF 1.11, section 3.5).
fn flags(band: &Band, sample: SampleType) -> Vec<Attribute> {
    if band.classes.is_empty() || !sample.is_integer() {
        return Vec::new();
    }
    let one = |value: i64| crate::stack::empty_samples(sample, Some(Nodata::Int(value)), 1);
    let values: Vec<u8> = band.classes.iter().flat_map(|c| one(c.value).as_bytes().to_vec()).collect();
    let meanings: Vec<String> = band.classes.iter().map(|c| cf::meaning(&c.name)).collect();
    vec![
        Attribute::new("flag_values", Value::Numbers(Samples::from_bytes(sample, &values))),
        Attribute::text("flag_meanings", meanings.join(" ")),
    ]
}

/// Texts and numbers; whole numbers of a mapping are doubles, as its parameters are.
fn attributes(words: &Words) -> Vec<Attribute> {
    let of = |value: &Json| match value {
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Number(number) => number.as_f64().map(|n| Value::Numbers(Samples::F64(vec![n]))),
        Json::Array(list) => Some(Value::Numbers(Samples::F64(list.iter().filter_map(Json::as_f64).collect()))),
        _ => None,
    };
    words.iter().filter_map(|(name, value)| Some(Attribute::new(name, of(value)?))).collect()
}

/// A name that CF allows and no other variable has: letters, digits and `_`, a letter first.
fn free_name(name: &str, taken: &[String]) -> String {
    let mut word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        word.insert_str(0, "band_");
    }
    let is_taken = |word: &str| taken.iter().any(|t| t == word);
    if !is_taken(&word) {
        return word;
    }
    (2..).map(|n| format!("{word}_{n}")).find(|w| !is_taken(w)).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_as_cf_allows() {
        for (name, expected) in [("B8A", "B8A"), ("rgb:r", "rgb_r"), ("1", "band_1"), ("time", "time_2"), ("größe", "gr__e"), ("", "band_")]
        {
            assert_eq!(free_name(name, &["time".into()]), expected, "{name}");
        }
    }

    #[test]
    fn bytes_are_shuffled_and_framed() {
        let bytes: Vec<u8> = [1i16, 2, 3].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let packed = compressed(&bytes, SampleType::I16);
        let mut back = vec![0; 6];
        libdeflater::Decompressor::new().zlib_decompress(&packed, &mut back).unwrap();
        assert_eq!(back, [1, 2, 3, 0, 0, 0]);
    }
}
