use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::catalog::Found;

/// Deeper than this no item nests.
const DEEPEST: u32 = 64;

/// Items as they come from Python: what a search found, or a list of dictionaries and pystac items.
///
/// # Errors
/// TypeError for what is neither.
pub fn taken(items: &Bound<'_, PyAny>) -> PyResult<Vec<Value>> {
    if let Ok(found) = items.cast::<Found>() {
        return Ok(found.get().items.clone());
    }
    items.try_iter()?.map(|item| one(&item?)).collect()
}

fn one(item: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(plain) = item.cast::<PyDict>() {
        return object(plain, 0).map(Value::Object);
    }
    let mut made = Map::new();
    for (name, attribute) in [("id", "id"), ("bbox", "bbox"), ("collection", "collection_id"), ("properties", "properties")] {
        made.insert(name.to_owned(), value(&item.getattr(attribute)?, 0)?);
    }
    dated(item, &mut made)?;
    let place: Option<String> = item.call_method0("get_self_href")?.extract()?;
    let mut assets = Map::new();
    for (key, asset) in item.getattr("assets")?.cast::<PyDict>()?.iter() {
        assets.insert(key.extract()?, Value::Object(asset_of(&asset, place.as_deref())?));
    }
    made.insert("assets".to_owned(), Value::Object(assets));
    Ok(Value::Object(made))
}

/// An item that was made with a datetime need not have it among its properties.
fn dated(item: &Bound<'_, PyAny>, made: &mut Map<String, Value>) -> PyResult<()> {
    let Some(Value::Object(properties)) = made.get_mut("properties") else { return Ok(()) };
    if properties.get("datetime").is_none_or(Value::is_null) {
        let datetime = item.getattr("datetime")?;
        if !datetime.is_none() {
            properties.insert("datetime".to_owned(), instant(&datetime)?);
        }
    }
    Ok(())
}

fn asset_of(asset: &Bound<'_, PyAny>, place: Option<&str>) -> PyResult<Map<String, Value>> {
    let mut made = object(asset.getattr("extra_fields")?.cast::<PyDict>()?, 0)?;
    let href: String = asset.getattr("href")?.extract()?;
    let known = place.is_none() || href.contains("://") || href.starts_with('/');
    let href = if known { href } else { asset.call_method0("get_absolute_href")?.extract::<Option<String>>()?.unwrap_or(href) };
    made.insert("href".to_owned(), href.into());
    for (name, attribute) in [("roles", "roles"), ("type", "media_type"), ("title", "title")] {
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
