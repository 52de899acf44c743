use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use netcdf_reader::{NcCompoundField, NcDimension, NcType};

use super::attributes::Attributes;
use super::axes::{Axis, is_place};
use super::file::{File, Variable};
use super::georeference::{Placed, place};
use super::missing::Missing;
use super::source::{Layout, Variable as Source};
use super::time;
use crate::{BandInfo, Error, Format, Grid, Interleave, MaskKind, RasterInfo, RasterSource, Result, SampleType, Shape, TimeStep};

/// Bands one variable may have.
const MOST_BANDS: usize = 1 << 20;

/// Every gridded variable; bounds and two-dimensional coordinates only where there is nothing else.
pub(super) fn all(file: &Arc<File>) -> Result<Vec<Arc<dyn RasterSource>>> {
    let gridded: Vec<&Variable> = file.variables.iter().filter(|v| v.inner.dimensions.len() >= 2 && stored(v).is_some()).collect();
    let auxiliary = auxiliary(file);
    let pixels: Vec<&Variable> = gridded.iter().copied().filter(|v| !auxiliary.contains(&v.path) && !is_place(v)).collect();
    let chosen = if pixels.is_empty() { gridded } else { pixels };
    let chosen: Vec<&Variable> = chosen.into_iter().filter(|v| v.inner.dimensions.iter().all(|d| d.size > 0)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = file.variables.iter().map(|v| v.path.as_str()).take(12).collect();
        let found = format!("no rows and columns of numbers in its variables [{}]", names.join(", "));
        return Err(Error::unsupported(&file.at, found, "right: a numeric variable with two dimensions or more, none of them empty"));
    }
    chosen.into_iter().map(|variable| Ok(Arc::new(source(file, variable)?) as Arc<dyn RasterSource>)).collect()
}

/// Paths of the variables that others name as bounds or coordinates.
fn auxiliary(file: &File) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for variable in &file.variables {
        for attribute in ["bounds", "climatology", "coordinates"] {
            for word in variable.text(attribute).unwrap_or_default().split_whitespace() {
                let named = file.variable(&variable.group, word).filter(|named| named.path != variable.path);
                out.extend(named.map(|named| named.path.clone()));
            }
        }
    }
    out
}

/// The type of the samples: `_Unsigned` makes unsigned what the classic formats can only store signed.
fn stored(variable: &Variable) -> Option<SampleType> {
    let unsigned = variable.text("_Unsigned").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let dtype = match &variable.inner.dtype {
        NcType::Enum { base, .. } => base,
        NcType::Compound { fields, .. } => return complex(fields),
        dtype => dtype,
    };
    let sample = match dtype {
        NcType::Byte if (unsigned && !fits_signed(variable)) || needs_unsigned(variable) => SampleType::U8,
        NcType::Byte => SampleType::I8,
        NcType::UByte => SampleType::U8,
        NcType::Short if unsigned => SampleType::U16,
        NcType::Short => SampleType::I16,
        NcType::UShort => SampleType::U16,
        NcType::Int if unsigned => SampleType::U32,
        NcType::Int => SampleType::I32,
        NcType::UInt => SampleType::U32,
        NcType::Int64 if unsigned => SampleType::U64,
        NcType::Int64 => SampleType::I64,
        NcType::UInt64 => SampleType::U64,
        NcType::Float => SampleType::F32,
        NcType::Double => SampleType::F64,
        _ => return None,
    };
    Some(sample)
}

/// Two numbers of one type are a complex one, as GDAL reads them.
fn complex(fields: &[NcCompoundField]) -> Option<SampleType> {
    let [first, second] = fields else { return None };
    match (&first.dtype, &second.dtype) {
        (NcType::Float, NcType::Float) => Some(SampleType::CF32),
        (NcType::Double, NcType::Double) => Some(SampleType::CF64),
        (NcType::Short, NcType::Short) => Some(SampleType::CI16),
        (NcType::Int, NcType::Int) => Some(SampleType::CI32),
        _ => None,
    }
}

/// Bytes whose valid range no signed byte holds (NUG, appendix B, on signed and unsigned bytes).
fn needs_unsigned(variable: &Variable) -> bool {
    variable.inner.attribute("_Unsigned").is_none()
        && matches!(variable.numbers("valid_range")[..], [low, high] if low >= 0.0 && high > 127.0 && high <= 255.0)
}

/// Bytes whose valid range needs no sign stay signed, whatever `_Unsigned` says, as GDAL reads them.
fn fits_signed(variable: &Variable) -> bool {
    matches!(variable.numbers("valid_range")[..], [low, high] if low >= 0.0 && low < high && high <= 127.0)
}

fn source(file: &Arc<File>, variable: &Variable) -> Result<Source> {
    let at = format!("{}: variable {}", file.at, variable.path);
    let Some(sample) = stored(variable) else {
        return Err(Error::unsupported(at, format!("type {:?}", variable.inner.dtype), "supported: integers and floats"));
    };
    let placed = place(file, variable)?;
    let size = |at: usize| variable.inner.dimensions.get(at).map_or(0, |d| d.size);
    let side = |at: usize| u32::try_from(size(at)).ok().filter(|size| i32::try_from(*size).is_ok());
    let (Some(width), Some(height)) = (side(placed.x.at), side(placed.y.at)) else {
        return Err(Error::unsupported(at, format!("{:?} samples", variable.inner.shape()), "at most 2147483647 on a side"));
    };
    let leading: Vec<usize> = (0..variable.inner.dimensions.len()).filter(|at| *at != placed.x.at && *at != placed.y.at).collect();
    let steps: Vec<u64> = leading.iter().map(|&at| size(at)).collect();
    let count = steps.iter().try_fold(1u64, |total, step| total.checked_mul(*step)).and_then(|count| usize::try_from(count).ok());
    let Some(count) = count.filter(|count| *count <= MOST_BANDS) else {
        return Err(Error::over_limit(at, format!("{steps:?} steps before rows and columns"), format!("at most {MOST_BANDS} bands")));
    };
    let shape = Shape { width, height };
    let missing = Missing::of(file, variable, sample);
    let info = RasterInfo {
        name: variable.path.clone(),
        format: Format::NetCdf,
        sample,
        bands: bands(file, variable, &leading, count, missing.nodata),
        block: block(file, variable, &placed, shape),
        compression: "none".to_owned(),
        interleave: Interleave::Band,
        overviews: Vec::new(),
        mask: if missing.nodata.is_some() { MaskKind::Nodata } else { MaskKind::AllValid },
        pixel_is_point: false,
        metadata: metadata(variable, &placed),
        domains: Default::default(),
        georeference: placed.georeference,
        grid: Grid { crs: placed.crs, transform: placed.transform, shape },
    };
    Ok(Source::new(
        Arc::clone(file),
        variable.clone(),
        info,
        Layout { x: placed.x, y: placed.y, leading, steps, missing, places: placed.places },
    ))
}

/// The float type that unpacked values have (CF 1.11, section 8.1): that of scale and offset, unless these differ or the packed integers
/// are too long for it.
fn unscaled(variable: &Variable) -> Option<SampleType> {
    let single = |name: &str| variable.inner.attribute(name).map(|_| variable.is_single(name));
    let long = stored(variable).is_some_and(|sample| sample.is_integer() && sample.size() >= 4);
    Some(match (single("scale_factor"), single("add_offset")) {
        (None, None) => return None,
        (Some(true), Some(true)) if !long => SampleType::F32,
        (Some(true), None) => SampleType::F32,
        _ => SampleType::F64,
    })
}

/// What the file stores in one piece of a band.
fn block(file: &File, variable: &Variable, placed: &Placed, shape: Shape) -> Shape {
    let chunk = file.chunk(variable);
    let side = |at: usize, most: u32| chunk.as_ref().and_then(|chunk| chunk.get(at)).map(|&side| side.clamp(1, most.max(1)));
    Shape {
        width: side(placed.x.at, shape.width).unwrap_or(shape.width),
        height: side(placed.y.at, shape.height).unwrap_or(shape.height.min(256)),
    }
}

/// Attributes of the variable that no field of [`RasterInfo`] holds.
fn metadata(variable: &Variable, placed: &Placed) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for name in ["long_name", "standard_name", "description", "cell_methods", "flag_values", "flag_meanings", "valid_range"] {
        let text = variable.text(name).or_else(|| {
            let numbers = variable.numbers(name);
            (!numbers.is_empty()).then(|| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(", "))
        });
        out.extend(text.map(|text| (name.to_owned(), text)));
    }
    out.extend(placed.notes.iter().map(|(key, text)| ((*key).to_owned(), text.clone())));
    if placed.x.at < placed.y.at {
        out.insert("SWATH_TRANSPOSED".to_owned(), "the file stores columns before rows".to_owned());
    }
    out
}

fn bands(file: &File, variable: &Variable, leading: &[usize], count: usize, nodata: Option<crate::Nodata>) -> Vec<BandInfo> {
    let dimensions: Vec<&NcDimension> = leading.iter().filter_map(|&at| variable.inner.dimensions.get(at)).collect();
    let times: Vec<Option<Vec<Option<TimeStep>>>> = dimensions.iter().map(|dimension| times_along(file, variable, dimension)).collect();
    let levels: Vec<Option<Axis>> = dimensions.iter().zip(&times).map(|(d, times)| level(file, variable, d, times.is_some())).collect();
    let scalar = if times.iter().any(Option::is_some) { None } else { scalar_time(file, variable) };
    let template = BandInfo {
        unit: variable.text_of_any_case("units"),
        scale: variable.number("scale_factor"),
        unscaled: unscaled(variable),
        offset: variable.number("add_offset"),
        nodata,
        categories: categories(variable),
        ..BandInfo::default()
    };
    (0..count)
        .map(|band| {
            let mut out = template.clone();
            out.time.clone_from(&scalar);
            let mut names = Vec::new();
            for ((dimension, index), (times, level)) in dimensions.iter().zip(indices(&dimensions, band)).zip(times.iter().zip(&levels)) {
                if let Some(times) = times {
                    out.time = times.get(index).cloned().flatten();
                } else {
                    let value = level.as_ref().and_then(|axis| axis.values.get(index)).map_or(index.to_string(), f64::to_string);
                    names.push(format!("{}={value}", dimension.name));
                    out.metadata.insert(format!("NETCDF_DIM_{}", dimension.name), value);
                }
            }
            out.name = (!names.is_empty()).then(|| names.join(","));
            out
        })
        .collect()
}

/// The index along each leading dimension, the last fastest.
fn indices(dimensions: &[&NcDimension], band: usize) -> Vec<usize> {
    let mut rest = band as u64;
    let mut out: Vec<usize> = dimensions
        .iter()
        .rev()
        .map(|dimension| {
            let size = dimension.size.max(1);
            let index = rest % size;
            rest /= size;
            usize::try_from(index).unwrap_or(0)
        })
        .collect();
    out.reverse();
    out
}

/// The steps of a dimension that is a time axis: by its own coordinate, by one that `coordinates` names, or by WRF's `Times`.
fn times_along(file: &File, variable: &Variable, dimension: &NcDimension) -> Option<Vec<Option<TimeStep>>> {
    let along = |candidate: &&Variable| matches!(&candidate.inner.dimensions[..], [only] if only.name == dimension.name);
    let named = variable.text("coordinates").unwrap_or_default();
    let names = std::iter::once(dimension.name.as_str()).chain(named.split_whitespace());
    let candidates: Vec<&Variable> = names.filter_map(|name| file.variable(&variable.group, name)).collect();
    let clocks = candidates.iter().copied().filter(along).filter(|candidate| candidate.is_time());
    let steps = clocks.into_iter().find_map(|clock| time::steps(file, clock));
    let steps = steps.or_else(|| {
        let temporal = dimension.name.to_ascii_lowercase().contains("time");
        let times = file.variable(&variable.group, "Times").filter(|_| temporal);
        let over =
            |text: &&Variable| time::is_text(text) && text.inner.dimensions.first().is_some_and(|first| first.name == dimension.name);
        candidates.iter().copied().chain(times).filter(over).find_map(|text| time::written_out(file, text))
    });
    steps.filter(|steps| steps.len() as u64 == dimension.size)
}

fn level(file: &File, variable: &Variable, dimension: &NcDimension, is_time: bool) -> Option<Axis> {
    if is_time {
        return None;
    }
    Axis::read(file, file.variable(&variable.group, &dimension.name)?)
}

/// A time that holds for the whole variable: a scalar that `coordinates` names, or the file's only scalar clock.
fn scalar_time(file: &File, variable: &Variable) -> Option<TimeStep> {
    let single = |candidate: &&Variable| candidate.inner.dimensions.iter().all(|d| d.size == 1) && candidate.inner.dimensions.len() < 2;
    let named = variable.text("coordinates").unwrap_or_default();
    let named = named.split_whitespace().filter_map(|name| file.variable(&variable.group, name));
    let mut clocks: Vec<&Variable> = named.filter(single).filter(|candidate| candidate.is_time()).collect();
    if clocks.is_empty() {
        let others = file.variables.iter().filter(single).filter(|candidate| candidate.is_time());
        clocks = others.filter(|candidate| candidate.text("standard_name").is_some_and(|name| name == "time")).collect();
    }
    let [clock] = clocks[..] else { return None };
    time::steps(file, clock)?.into_iter().next().flatten()
}

/// Names by value where CF's flags are small whole numbers (CF 1.11, section 3.5).
fn categories(variable: &Variable) -> Vec<String> {
    let values = variable.numbers("flag_values");
    let meanings: Vec<String> = variable.text("flag_meanings").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let small = values.iter().all(|v| v.fract() == 0.0 && (0.0..256.0).contains(v));
    if values.is_empty() || values.len() != meanings.len() || !small {
        return Vec::new();
    }
    let most = values.iter().copied().fold(0.0, f64::max) as usize;
    let mut out = vec![String::new(); most + 1];
    for (value, meaning) in values.iter().zip(meanings) {
        out[*value as usize] = meaning;
    }
    out
}
