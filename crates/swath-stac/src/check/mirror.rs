use std::collections::BTreeMap;

use serde_json::Value;

use super::finding::{Finding, at};
use super::links::local;
use super::tree::Parsed;
use crate::{Item, geoparquet, same_json};

/// Each collection's table against its items: the same ones, saying the same.
pub(super) fn check(tree: &Parsed<'_>, findings: &mut Vec<Finding>) {
    let base = tree.base();
    for (path, collection) in tree.collections() {
        let assets = collection.get("assets").and_then(Value::as_object);
        for (key, asset) in assets.into_iter().flatten() {
            let is_mirror = asset.get("roles").and_then(Value::as_array).is_some_and(|r| r.iter().any(|r| r == "collection-mirror"));
            let target = asset.get("href").and_then(Value::as_str).and_then(|href| local(path, href, base.as_deref()));
            let Some(table) = target.filter(|_| is_mirror) else { continue };
            let Some(bytes) = tree.tables.get(&table) else {
                let place = at(path, &["assets", key]);
                findings.push(
                    Finding::error("STAC-MIRROR", place, format!("{table} is not there"), "the table of the items")
                        .fix("build the catalog again"),
                );
                continue;
            };
            match geoparquet::read(bytes.clone()) {
                Err(e) => findings.push(Finding::error("STAC-MIRROR", table, e.found, e.right).fix("build the catalog again")),
                Ok(rows) => compare(tree, path, &table, rows, findings),
            }
        }
    }
}

fn compare(tree: &Parsed<'_>, path: &str, table: &str, rows: Vec<Item>, findings: &mut Vec<Finding>) {
    let mut rows: BTreeMap<String, Item> = rows.into_iter().map(|item| (item.id.clone(), item)).collect();
    let mut stale = |found: String| {
        findings
            .push(Finding::error("STAC-MIRROR-STALE", table, found, "the same items as the JSON documents").fix("build the catalog again"));
    };
    for (item_path, object) in tree.items_of(path) {
        let Ok(item) = Item::from_json(Value::Object(object.clone())) else { continue };
        match rows.remove(&item.id) {
            None => stale(format!("has no row for {item_path}")),
            Some(row) if !same_json(&row.to_json(), &geoparquet::as_stored(&item).to_json()) => {
                stale(format!("says something else than {item_path}"))
            }
            Some(_) => {}
        }
    }
    for id in rows.keys() {
        stale(format!("has a row {id:?} that no document has"));
    }
}
