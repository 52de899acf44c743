use std::collections::BTreeMap;

use serde_json::Value;
use swath_stac::{Collection, Link};

use super::Found;
use crate::publish::claims::{description, published_base, target};

/// A collection or catalog, as far as merging needs it.
pub(super) struct Document {
    pub value: Value,
    /// By the path that they lead to.
    pub items: BTreeMap<String, Link>,
    pub children: BTreeMap<String, Link>,
    /// The path of the table of its items.
    pub mirror: Option<String>,
    /// The version that was read, where it was read from the place.
    pub found: Option<Found>,
}

impl Document {
    /// `None` where the bytes are no JSON object.
    pub fn parse(path: &str, bytes: &[u8], found: Option<Found>) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok().filter(Value::is_object)?;
        let base = published_base(path, &value);
        let mut document = Self { items: BTreeMap::new(), children: BTreeMap::new(), mirror: None, found, value };
        for link in document.links() {
            let Some(target) = target(path, base.as_deref(), link.href.split(['?', '#']).next().unwrap_or_default()) else { continue };
            match link.rel.as_str() {
                "item" => drop(document.items.insert(target, link)),
                "child" => drop(document.children.insert(target, link)),
                _ => {}
            }
        }
        let assets = document.value.get("assets").and_then(Value::as_object);
        let is_mirror = |asset: &&Value| {
            asset.get("roles").and_then(Value::as_array).is_some_and(|roles| roles.iter().any(|role| role == "collection-mirror"))
        };
        let mirror = assets.and_then(|assets| assets.values().find(is_mirror)).and_then(|asset| asset.get("href")?.as_str());
        document.mirror = mirror.and_then(|href| target(path, base.as_deref(), href));
        Some(document)
    }
    /// Every link that reads as one.
    pub fn links(&self) -> Vec<Link> {
        let links = self.value.get("links").and_then(Value::as_array).into_iter().flatten();
        links.filter_map(|link| serde_json::from_value(link.clone()).ok()).collect()
    }
    /// What it says of itself, digested.
    pub fn description(&self) -> String {
        description(&self.value)
    }
    /// `None` for a Catalog, and for what lacks what a Collection must have.
    pub fn collection(&self) -> Option<Collection> {
        Collection::from_json(self.value.clone()).ok()
    }
}

/// The folder of a document, with its slash; empty at the root.
pub(super) fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// Where an item lies beside its collection.
pub(super) fn item_path(collection: &str, id: &str) -> String {
    format!("{}{id}/{id}.json", folder(collection))
}

/// Whether a path is that of an item beside its collection.
pub(super) fn is_item_of(collection: &str, path: &str) -> bool {
    let id = path.strip_prefix(folder(collection)).and_then(|rest| rest.split_once('/')).map(|(id, _)| id);
    id.is_some_and(|id| item_path(collection, id) == path)
}
