use indexmap::IndexMap;
use serde_json::Value;

use crate::json::Object;
use crate::{Asset, Item};

/// Fields that differ from item to item by nature, or that STAC forbids here.
fn is_of_one_file(name: &str) -> bool {
    name.starts_with("file:")
        || matches!(name, "statistics" | "proj:transform" | "proj:shape" | "proj:bbox" | "proj:geometry" | "proj:centroid" | "alternate")
        || matches!(name, "created" | "updated" | "raster:histogram")
}

/// What the items' assets have in common, by key: the union of the keys, of each the fields on which all agree.
pub(super) fn union(items: &[Item]) -> IndexMap<String, Object> {
    let mut union: IndexMap<String, Object> = IndexMap::new();
    for (key, asset) in items.iter().flat_map(|item| &item.assets) {
        let described = describe(asset);
        match union.get_mut(key) {
            None => drop(union.insert(key.clone(), described)),
            Some(known) => known.retain(|name, value| described.get(name) == Some(value)),
        }
    }
    union
}

/// The fields of an asset that describe more than this one file.
pub(crate) fn describe(asset: &Asset) -> Object {
    let Ok(Value::Object(mut object)) = serde_json::to_value(asset) else { return Object::new() };
    object.shift_remove("href");
    object.retain(|name, _| !is_of_one_file(name));
    for band in object.get_mut("bands").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(band) = band.as_object_mut() {
            band.retain(|name, _| !is_of_one_file(name));
        }
    }
    object
}
