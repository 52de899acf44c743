//! Items out of JSON values that are as items mostly are: their parts are moved, not read again.

use indexmap::IndexMap;
use serde_json::Value;

use crate::json::Object;
use crate::{Asset, Item, Link};

/// An item whose fields all are of the types that STAC gives them; else the object as it was, for another reader to judge.
pub(super) fn item(object: Object) -> Result<Item, Object> {
    let required = ["type", "stac_version", "id"].iter().all(|name| object.contains_key(*name));
    if !required || !object.iter().all(|(name, value)| is_plain(name, value)) {
        return Err(object);
    }
    let mut item = Item::new("");
    for (name, value) in object {
        match (name.as_str(), value) {
            ("type", _) => {}
            ("stac_version", Value::String(version)) => item.stac_version = version,
            ("stac_extensions", Value::Array(list)) => item.stac_extensions = words(list),
            ("id", Value::String(id)) => item.id = id,
            ("geometry", value) => item.geometry = Some(value).filter(|value| !value.is_null()),
            ("bbox", value) => item.bbox = crate::json::floats(&value),
            ("properties", Value::Object(properties)) => item.properties = properties,
            ("links", Value::Array(links)) => item.links = links.into_iter().filter_map(link).collect(),
            ("assets", Value::Object(assets)) => {
                item.assets = assets.into_iter().filter_map(|(key, value)| Some((key, asset(value)?))).collect::<IndexMap<_, _>>()
            }
            ("collection", value) => item.collection = word(value),
            (_, value) => drop(item.fields.insert(name, value)),
        }
    }
    Ok(item)
}

fn is_plain(name: &str, value: &Value) -> bool {
    let holds = |value: &Value, needed: &[&str], told: fn(&str, &Value) -> bool| {
        let whole = |object: &Object| needed.iter().all(|name| object.contains_key(*name)) && object.iter().all(|(name, v)| told(name, v));
        value.as_object().is_some_and(whole)
    };
    match name {
        "type" => value == "Feature",
        "id" | "stac_version" => value.is_string(),
        "stac_extensions" => are_words(value),
        "bbox" => value.is_null() || value.as_array().is_some_and(|list| list.iter().all(Value::is_number)),
        "properties" => value.is_object(),
        "links" => value.as_array().is_some_and(|links| links.iter().all(|link| holds(link, &["rel", "href"], of_link))),
        "assets" => value.as_object().is_some_and(|assets| assets.values().all(|asset| holds(asset, &["href"], of_asset))),
        "collection" => is_word(value),
        _ => true,
    }
}

fn of_link(name: &str, value: &Value) -> bool {
    match name {
        "rel" | "href" => value.is_string(),
        "type" | "title" => is_word(value),
        _ => true,
    }
}

fn of_asset(name: &str, value: &Value) -> bool {
    match name {
        "href" => value.is_string(),
        "title" | "description" | "type" => is_word(value),
        "roles" => are_words(value),
        _ => true,
    }
}

fn is_word(value: &Value) -> bool {
    value.is_string() || value.is_null()
}

fn are_words(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

fn word(value: Value) -> Option<String> {
    if let Value::String(word) = value { Some(word) } else { None }
}

fn words(list: Vec<Value>) -> Vec<String> {
    list.into_iter().filter_map(word).collect()
}

fn link(value: Value) -> Option<Link> {
    let Value::Object(object) = value else { return None };
    let mut link = Link::new("", "");
    for (name, value) in object {
        match (name.as_str(), value) {
            ("rel", value) => link.rel = word(value)?,
            ("href", value) => link.href = word(value)?,
            ("type", value) => link.media_type = word(value),
            ("title", value) => link.title = word(value),
            (_, value) => drop(link.fields.insert(name, value)),
        }
    }
    Some(link)
}

fn asset(value: Value) -> Option<Asset> {
    let Value::Object(object) = value else { return None };
    let mut asset = Asset::default();
    for (name, value) in object {
        match (name.as_str(), value) {
            ("href", value) => asset.href = word(value)?,
            ("title", value) => asset.title = word(value),
            ("description", value) => asset.description = word(value),
            ("type", value) => asset.media_type = word(value),
            ("roles", Value::Array(list)) => asset.roles = words(list),
            (_, value) => drop(asset.fields.insert(name, value)),
        }
    }
    Some(asset)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Changes one value after another of a document, wherever it is, and gives each document that comes of it.
    fn changed(value: &Value) -> Vec<Value> {
        let mut all: Vec<Value> =
            [json!(null), json!(7), json!("x"), json!([]), json!([1.5, 2]), json!(["a"]), json!({}), json!({"b": null})].to_vec();
        match value {
            Value::Object(object) => {
                for (name, inner) in object {
                    let with = |inner: Option<Value>| {
                        let mut object = object.clone();
                        match inner {
                            Some(inner) => drop(object.insert(name.clone(), inner)),
                            None => drop(object.shift_remove(name)),
                        }
                        Value::Object(object)
                    };
                    all.push(with(None));
                    all.extend(changed(inner).into_iter().map(|inner| with(Some(inner))));
                }
            }
            Value::Array(list) => {
                for at in 0..list.len() {
                    let with = |inner: Value| {
                        Value::Array(list.iter().enumerate().map(|(i, v)| if i == at { inner.clone() } else { v.clone() }).collect())
                    };
                    all.extend(changed(&list[at]).into_iter().map(with));
                }
            }
            _ => {}
        }
        all
    }

    #[test]
    fn what_is_read_quickly_is_read_as_serde_reads_it() {
        let document = json!({
            "type": "Feature", "stac_version": "1.0.0", "stac_extensions": ["https://e/x"], "id": "a", "x:y": [1, null],
            "geometry": {"type": "Point", "coordinates": [1, 2.5]}, "bbox": [1, 2.5, 1, 2.5], "properties": {"datetime": null, "gsd": 3},
            "links": [{"rel": "self", "href": "./a.json", "type": "application/json", "title": "t", "method": "GET"}],
            "assets": {"b": {"href": "b.tif", "title": "t", "description": "d", "type": "image/tiff", "roles": ["data"], "nodata": 0}, "c": {"href": ""}},
            "collection": "c",
        });
        let (mut quick, mut slow) = (0, 0);
        for value in changed(&document).into_iter().chain([document]) {
            let expected: Option<Item> = serde_json::from_value(value.clone()).ok();
            let Value::Object(object) = value.clone() else { continue };
            match item(object) {
                Ok(found) => {
                    assert_eq!(Some(&found), expected.as_ref(), "{value:#}");
                    // Also in the order of its fields.
                    assert_eq!(found.to_json().to_string(), expected.unwrap().to_json().to_string());
                    quick += 1;
                }
                Err(object) => {
                    assert_eq!(Value::Object(object), value);
                    slow += 1;
                }
            }
        }
        assert!(quick > 100 && slow > 100, "{quick} {slow}");
    }
}
