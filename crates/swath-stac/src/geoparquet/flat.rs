//! Items as rows: properties beside the core fields, and back.

use serde_json::{Value, json};

use super::INSTANTS;
use crate::json::Object;
use crate::layout::{join, relative};
use crate::{Error, Item, Result};

/// Core fields that a property must not be named like.
const CORE: &[&str] = &["type", "stac_version", "stac_extensions", "id", "geometry", "bbox", "links", "assets", "collection", "properties"];

/// The item as its row says it: relative references are as seen from the dataset's folder, where the table lies, not from the item's.
pub fn as_stored(item: &Item) -> Item {
    moved(item, &document(item), TABLE)
}

/// The item of a row as its own document says it: the inverse of [`as_stored`].
pub fn as_placed(row: &Item) -> Item {
    moved(row, TABLE, &document(row))
}

const TABLE: &str = "dataset/items.parquet";

fn document(item: &Item) -> String {
    format!("dataset/{}/{}.json", item.id, item.id)
}

fn moved(item: &Item, from: &str, to: &str) -> Item {
    let rebase = |href: &mut String| {
        if let Ok(target) = join(from, href)
            && target != *href
        {
            *href = relative(to, &target);
        }
    };
    let mut moved = item.clone();
    moved.links.iter_mut().for_each(|link| rebase(&mut link.href));
    moved.assets.values_mut().for_each(|asset| rebase(&mut asset.href));
    moved
}

/// A row without its geometry.
pub(super) fn row(item: &Item) -> Result<Object> {
    let Value::Object(mut document) = as_stored(item).to_json() else {
        return Err(Error::damaged(&item.id, "is no JSON object", "a STAC Item"));
    };
    document.shift_remove("geometry");
    let properties = document.shift_remove("properties");
    if let Some(bbox) = item.lonlat().filter(|_| item.bbox.is_some()) {
        let corners = json!({ "xmin": bbox.west, "ymin": bbox.south, "xmax": bbox.east, "ymax": bbox.north });
        document.insert("bbox".into(), corners);
    }
    for (name, value) in properties.into_iter().filter_map(|p| if let Value::Object(p) = p { Some(p) } else { None }).flatten() {
        if CORE.contains(&name.as_str()) {
            return Err(Error::damaged(&item.id, format!("property {name:?} has the name of a core field"), "another name"));
        }
        document.insert(name, value);
    }
    spell(&mut document);
    for asset in document.get_mut("assets").and_then(Value::as_object_mut).into_iter().flat_map(|a| a.values_mut()) {
        if let Some(asset) = asset.as_object_mut() {
            spell(asset);
        }
    }
    document.retain(|_, value| prune(value));
    Ok(document)
}

/// A CRS spelled out has another shape for each projection, which no column has: it is kept as text.
const SPELLED: &str = "proj:projjson";

fn spell(object: &mut Object) {
    if let Some(value) = object.get_mut(SPELLED).filter(|v| v.is_object()) {
        *value = value.to_string().into();
    }
}

/// Drops what a column cannot tell from absence: null, and lists and objects that hold nothing.
fn prune(value: &mut Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => {
            list.iter_mut().for_each(|v| {
                prune(v);
            });
            !list.is_empty()
        }
        Value::Object(object) => {
            object.retain(|_, v| prune(v));
            !object.is_empty()
        }
        _ => true,
    }
}

/// The item of a row.
pub(super) fn item(row: Object, geometry: Option<Value>) -> Result<Item> {
    let (mut document, mut properties) = (Object::with_capacity(CORE.len()), Object::with_capacity(row.len()));
    document.insert("type".into(), "Feature".into());
    properties.insert("datetime".into(), Value::Null);
    for (name, mut value) in row {
        if CORE.contains(&name.as_str()) {
            document.insert(name, value);
            continue;
        }
        if INSTANTS.contains(&name.as_str())
            && let Some(instant) = value.as_str().and_then(crate::time::parse)
        {
            value = crate::time::rfc3339(&instant).into();
        }
        properties.insert(name, value);
    }
    document.entry("stac_version").or_insert_with(|| crate::STAC_VERSION.into());
    document.insert("geometry".into(), geometry.unwrap_or_default());
    if let Some(corners) = document.get("bbox").and_then(Value::as_object) {
        let corner = |name: &str| corners.get(name).cloned();
        let names: &[&str] = if corners.contains_key("zmin") {
            &["xmin", "ymin", "zmin", "xmax", "ymax", "zmax"]
        } else {
            &["xmin", "ymin", "xmax", "ymax"]
        };
        match names.iter().map(|n| corner(n)).collect::<Option<Vec<Value>>>() {
            Some(bbox) => drop(document.insert("bbox".into(), bbox.into())),
            None => drop(document.shift_remove("bbox")),
        }
    }
    restore(&mut properties);
    document.insert("properties".into(), properties.into());
    for asset in document.get_mut("assets").and_then(Value::as_object_mut).into_iter().flat_map(|a| a.values_mut()) {
        if let Some(asset) = asset.as_object_mut() {
            restore(asset);
        }
    }
    Item::from_json(document.into())
}

/// What a column could not say: that there is no code where the CRS is given in full, and numbers in a column of words.
fn restore(object: &mut Object) {
    if let Some(value) = object.get_mut(SPELLED)
        && let Some(spelled) = value.as_str().and_then(|t| serde_json::from_str::<Value>(t).ok())
    {
        *value = spelled;
    }
    if (object.contains_key("proj:wkt2") || object.contains_key("proj:projjson")) && !object.contains_key("proj:code") {
        object.insert("proj:code".into(), Value::Null);
    }
    number(object);
    for band in object.get_mut("bands").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(band) = band.as_object_mut() {
            number(band);
        }
    }
}

fn number(object: &mut Object) {
    let text = object.get("nodata").and_then(Value::as_str);
    let number = text
        .and_then(|t| t.parse::<i64>().ok().map(Value::from).or_else(|| t.parse::<f64>().ok().filter(|v| v.is_finite()).map(Value::from)));
    if let Some(number) = number {
        object.insert("nodata".into(), number);
    }
}
