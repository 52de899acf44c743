use serde_json::Value;

use super::finding::{Finding, at};
use super::tree::{Parsed, text};
use crate::collection::{Collection, Extent};
use crate::json::Object;
use crate::{Item, LonLatBox, same_json, time};

/// A collection against its items: extents, item_assets, summaries.
pub(super) fn check(tree: &Parsed<'_>, findings: &mut Vec<Finding>) {
    for (path, document) in tree.collections() {
        let Ok(collection) = Collection::from_json(Value::Object(document.clone())) else { continue };
        let items: Vec<(&str, Item)> = tree
            .items_of(path)
            .into_iter()
            .filter_map(|(path, object)| Some((path, Item::from_json(Value::Object(object.clone())).ok()?)))
            .collect();
        if items.is_empty() {
            children(tree, path, &collection, findings);
            continue;
        }
        let (place, interval) = (collection.lonlat(), collection.interval());
        for (item_path, item) in &items {
            one(path, item_path, place, interval, item, findings);
            assets(path, item_path, &collection, item, findings);
        }
        tight(path, &collection, &items, findings);
    }
}

type Ends = (Option<chrono::DateTime<chrono::Utc>>, Option<chrono::DateTime<chrono::Utc>>);

fn one(path: &str, item_path: &str, place: Option<LonLatBox>, (start, end): Ends, item: &Item, findings: &mut Vec<Finding>) {
    if let (Some(place), Some(inner)) = (place, item.lonlat())
        && !place.holds(&inner)
    {
        let found = format!("{:?} does not hold {item_path} at {:?}", place.to_array(), inner.to_array());
        let place = at(path, &["extent", "spatial", "bbox", "0"]);
        findings.push(Finding::error("STAC-EXTENT-SPACE", place, found, "a box around all items").fix("build the collection again"));
    }
    let (from, to) = item.interval();
    let early = start.zip(from).is_some_and(|(start, from)| from < start);
    let late = end.zip(to).is_some_and(|(end, to)| to > end);
    if early || late {
        let time = if early { from } else { to }.map(|t| time::rfc3339(&t)).unwrap_or_default();
        let place = at(path, &["extent", "temporal", "interval", "0"]);
        let found = format!("does not hold {item_path} at {time}");
        findings.push(Finding::error("STAC-EXTENT-TIME", place, found, "an interval around all items").fix("build the collection again"));
    }
}

/// An extent that is larger than its items answers searches in vain.
fn tight(path: &str, collection: &Collection, items: &[(&str, Item)], findings: &mut Vec<Finding>) {
    let all: Vec<Item> = items.iter().map(|(_, item)| item.clone()).collect();
    let right = Extent::of_items(&all);
    let far = |a: LonLatBox, b: LonLatBox| a.to_array().iter().zip(b.to_array()).any(|(a, b)| (a - b).abs() > 1e-6);
    let around = right.spatial.bbox.first().and_then(|b| LonLatBox::of(b));
    if let (Some(said), Some(around)) = (collection.lonlat(), around)
        && said.holds(&around)
        && far(said, around)
    {
        let place = at(path, &["extent", "spatial", "bbox", "0"]);
        let found = format!("{:?} is larger than all items", said.to_array());
        findings.push(
            Finding::warning("STAC-EXTENT-LOOSE", place, found, format!("{:?}", around.to_array())).fix("build the collection again"),
        );
    }
    if !collection.summaries.is_empty() {
        codes(path, collection, items, findings);
    }
}

fn codes(path: &str, collection: &Collection, items: &[(&str, Item)], findings: &mut Vec<Finding>) {
    let Some(listed) = collection.summaries.get("proj:code").and_then(Value::as_array) else { return };
    for (item_path, item) in items {
        let codes = item.assets.values().filter_map(|a| a.field("proj:code")).chain(item.properties.get("proj:code"));
        if let Some(code) = codes.into_iter().find(|c| c.is_string() && !listed.contains(c)) {
            let place = at(path, &["summaries", "proj:code"]);
            findings.push(
                Finding::error("STAC-SUMMARIES", place, format!("does not list {code} of {item_path}"), "the codes of all items")
                    .fix("build the catalog again"),
            );
        }
    }
}

/// STAC 1.1.0, collection-spec, `item_assets`: what the items' assets have in common.
fn assets(path: &str, item_path: &str, collection: &Collection, item: &Item, findings: &mut Vec<Finding>) {
    if collection.item_assets.is_empty() {
        return;
    }
    for (key, asset) in &item.assets {
        let Some(common) = collection.item_assets.get(key) else {
            let found = format!("does not describe {key:?} of {item_path}");
            findings.push(
                Finding::error("STAC-ITEM-ASSETS", at(path, &["item_assets"]), found, "the keys of all items' assets")
                    .fix("build the collection again"),
            );
            continue;
        };
        let own = crate::collection::describe(asset);
        for (name, value) in common {
            if !own.get(name).is_some_and(|said| same_json(said, value)) {
                let found = format!("{key}/{name} is not what {item_path} says");
                let place = at(path, &["item_assets", key, name]);
                findings
                    .push(Finding::error("STAC-ITEM-ASSETS", place, found, "only what all items share").fix("build the collection again"));
            }
        }
    }
}

/// A collection of collections lies around them.
fn children(tree: &Parsed<'_>, path: &str, collection: &Collection, findings: &mut Vec<Finding>) {
    let base = tree.base();
    let (place, (start, end)) = (collection.lonlat(), collection.interval());
    for link in &collection.links {
        let target = (link.rel == "child").then(|| super::links::local(path, &link.href, base.as_deref())).flatten();
        let Some((child_path, child)) = target.and_then(|t| tree.documents.get_key_value(t.as_str())) else { continue };
        let Some(child) = of(child) else { continue };
        let outside = place.zip(child.lonlat()).is_some_and(|(a, b)| !a.holds(&b));
        let (from, to) = child.interval();
        let untimely = start.zip(from).is_some_and(|(a, b)| b < a) || end.zip(to).is_some_and(|(a, b)| b > a);
        if outside || untimely {
            let found = format!("does not hold {child_path}");
            findings.push(
                Finding::error("STAC-EXTENT-SPACE", at(path, &["extent"]), found, "an extent around all children")
                    .fix("build the catalog again"),
            );
        }
    }
}

fn of(object: &Object) -> Option<Collection> {
    (text(object, "type") == Some("Collection")).then(|| Collection::from_json(Value::Object(object.clone())).ok()).flatten()
}
