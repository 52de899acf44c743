use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::catalog::Found;

/// Deeper than this no item nests.
const DEEPEST: u32 = 64;

/// Items taken at once: few enough to be forgotten before memory is slow.
const PART: usize = 256;

/// Items as they come from Python, part by part: what a search found, or a list of dictionaries and pystac items. Of the latter no more
/// is taken than a plan may need: geometries, links and statistics stay where they are.
///
/// # Errors
/// TypeError for what is neither; what `each` says.
pub fn for_each<'a>(items: &'a Bound<'_, PyAny>, mut each: impl FnMut(Cow<'a, [Value]>) -> PyResult<()>) -> PyResult<()> {
    if let Ok(found) = items.cast::<Found>() {
        return found.get().items.chunks(PART * 16).try_for_each(|part| each(Cow::Borrowed(part)));
    }
    let mut part = Vec::with_capacity(PART);
    for item in items.try_iter()? {
        part.push(one(&item?)?);
        if part.len() == PART {
            each(Cow::Owned(std::mem::replace(&mut part, Vec::with_capacity(PART))))?;
        }
    }
    if part.is_empty() { Ok(()) } else { each(Cow::Owned(part)) }
}

fn one(item: &Bound<'_, PyAny>) -> PyResult<Value> {
    let py = item.py();
    let mut made = Map::new();
    if let Ok(plain) = item.cast::<PyDict>() {
        for name in ["id", "bbox", "collection"] {
            if let Some(said) = plain.get_item(name)? {
                made.insert(name.to_owned(), value(&said, 0)?);
            }
        }
        let properties = plain.get_item("properties")?.map_or_else(|| Ok(Map::new()), |p| kept(p.cast()?, of_item))?;
        made.insert("properties".to_owned(), Value::Object(properties));
        let mut assets = Map::new();
        if let Some(known) = plain.get_item("assets")? {
            for (key, asset) in known.cast::<PyDict>()?.iter() {
                assets.insert(key.extract()?, Value::Object(kept(asset.cast()?, of_asset)?));
            }
        }
        made.insert("assets".to_owned(), Value::Object(assets));
        return Ok(Value::Object(made));
    }
    for (name, attribute) in [("id", intern!(py, "id")), ("bbox", intern!(py, "bbox")), ("collection", intern!(py, "collection_id"))] {
        made.insert(name.to_owned(), value(&item.getattr(attribute)?, 0)?);
    }
    let properties = kept(item.getattr(intern!(py, "properties"))?.cast()?, of_item)?;
    made.insert("properties".to_owned(), Value::Object(properties));
    dated(item, &mut made)?;
    let mut assets = Map::new();
    for (key, asset) in item.getattr(intern!(py, "assets"))?.cast::<PyDict>()?.iter() {
        assets.insert(key.extract()?, Value::Object(asset_of(item, &asset)?));
    }
    made.insert("assets".to_owned(), Value::Object(assets));
    Ok(Value::Object(made))
}

/// Properties of items that places or times are read from.
fn of_item(name: &str) -> bool {
    name.starts_with("proj:") || matches!(name, "datetime" | "start_datetime" | "end_datetime")
}

/// Fields of assets and of their bands that say what the pixels are.
fn of_asset(name: &str) -> bool {
    const KNOWN: [&str; 14] = [
        "href",
        "type",
        "roles",
        "bands",
        "name",
        "common_name",
        "data_type",
        "nodata",
        "unit",
        "scale",
        "offset",
        "file:size",
        "file:header_size",
        "classification:classes",
    ];
    (["proj:", "raster:", "eo:"].iter().any(|extension| name.starts_with(extension)) && !name.ends_with("histogram"))
        || KNOWN.contains(&name)
}

/// A dictionary without the fields that nobody asks for, nor those of the bands in it.
fn kept(dict: &Bound<'_, PyDict>, wanted: fn(&str) -> bool) -> PyResult<Map<String, Value>> {
    let mut made = Map::new();
    for (key, inner) in dict.iter() {
        let key = key.cast::<PyString>()?;
        let name = key.to_str()?;
        if !wanted(name) {
            continue;
        }
        let bands = if name.ends_with("bands") { inner.cast::<PyList>().ok() } else { None };
        let said = match bands {
            Some(bands) => {
                bands.iter().map(|band| band.cast().map_or_else(|_| value(&band, 1), |b| kept(b, of_asset).map(Value::Object))).collect()
            }
            None => value(&inner, 1),
        };
        made.insert(name.to_owned(), said?);
    }
    Ok(made)
}

/// An item that was made with a datetime need not have it among its properties.
fn dated(item: &Bound<'_, PyAny>, made: &mut Map<String, Value>) -> PyResult<()> {
    let Some(Value::Object(properties)) = made.get_mut("properties") else { return Ok(()) };
    if properties.get("datetime").is_none_or(Value::is_null) {
        let datetime = item.getattr(intern!(item.py(), "datetime"))?;
        if !datetime.is_none() {
            properties.insert("datetime".to_owned(), instant(&datetime)?);
        }
    }
    Ok(())
}

fn asset_of(item: &Bound<'_, PyAny>, asset: &Bound<'_, PyAny>) -> PyResult<Map<String, Value>> {
    let py = asset.py();
    let mut made = kept(asset.getattr(intern!(py, "extra_fields"))?.cast()?, of_asset)?;
    let href: String = asset.getattr(intern!(py, "href"))?.extract()?;
    let known = href.contains("://") || href.starts_with('/') || item.call_method0("get_self_href")?.is_none();
    let href = if known { href } else { asset.call_method0("get_absolute_href")?.extract::<Option<String>>()?.unwrap_or(href) };
    made.insert("href".to_owned(), href.into());
    for (name, attribute) in [("roles", intern!(py, "roles")), ("type", intern!(py, "media_type"))] {
        let said = asset.getattr(attribute)?;
        if !said.is_none() {
            made.insert(name.to_owned(), value(&said, 0)?);
        }
    }
    Ok(made)
}

fn object(dict: &Bound<'_, PyDict>, depth: u32) -> PyResult<Map<String, Value>> {
    dict.iter().map(|(key, inner)| Ok((key.extract()?, value(&inner, depth + 1)?))).collect()
}

/// What JSON can say, and instants.
fn value(any: &Bound<'_, PyAny>, depth: u32) -> PyResult<Value> {
    if depth > DEEPEST {
        return Err(PyTypeError::new_err("an item that nests too deeply"));
    }
    if any.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(text) = any.cast::<PyString>() {
        return Ok(Value::String(text.extract()?));
    }
    if any.is_instance_of::<PyBool>() {
        return Ok(Value::Bool(any.extract()?));
    }
    if any.is_instance_of::<PyInt>() {
        let whole = any.extract::<i64>().map(Number::from).or_else(|_| any.extract::<u64>().map(Number::from));
        return Ok(whole.map_or(Value::Null, Value::Number));
    }
    if any.is_instance_of::<PyFloat>() {
        return Ok(real(any.extract()?));
    }
    if let Ok(dict) = any.cast::<PyDict>() {
        return object(dict, depth).map(Value::Object);
    }
    if any.is_instance_of::<PyList>() || any.is_instance_of::<PyTuple>() {
        return any.try_iter()?.map(|inner| value(&inner?, depth + 1)).collect();
    }
    if any.hasattr("isoformat")? {
        return instant(any);
    }
    if let Ok(number) = any.extract::<f64>() {
        return Ok(real(number));
    }
    Err(PyTypeError::new_err(format!("an item holds a {}, which JSON has no word for", any.get_type().name()?)))
}

/// NaN and the infinities are words in STAC.
fn real(number: f64) -> Value {
    let word = if number.is_nan() {
        "nan"
    } else if number > 0.0 {
        "inf"
    } else {
        "-inf"
    };
    Number::from_f64(number).map_or_else(|| word.into(), Value::Number)
}

/// RFC 3339; an instant without a zone is in UTC.
fn instant(datetime: &Bound<'_, PyAny>) -> PyResult<Value> {
    let text: String = datetime.call_method0("isoformat")?.extract()?;
    let zoned = datetime.hasattr("tzinfo")? && !datetime.getattr("tzinfo")?.is_none();
    Ok(if zoned || !text.contains('T') { text } else { text + "Z" }.into())
}
