use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::finding::Finding;
use super::schema::Schemas;
use super::{document, extents, links, mirror};
use crate::json::Object;

/// A tree as the rules see it; all paths are from its root, with forward slashes.
pub struct Tree<'a> {
    /// Every `.json` document.
    pub documents: &'a BTreeMap<String, String>,
    /// Every `items.parquet`.
    pub tables: &'a BTreeMap<String, Bytes>,
    /// Whether something lies at a path.
    pub exists: &'a dyn Fn(&str) -> bool,
}

/// Everything that is wrong in a tree, by path. A healthy tree has no findings.
///
/// ```
/// use std::collections::BTreeMap;
/// use swath_stac::check::{Tree, tree};
/// let documents = BTreeMap::from([("collection.json".to_owned(), "{".to_owned())]);
/// let findings = tree(&Tree { documents: &documents, tables: &BTreeMap::new(), exists: &|_| false });
/// assert_eq!(findings[0].rule, "STAC-JSON-SYNTAX");
/// ```
pub fn tree(tree: &Tree<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut schemas = Schemas::new();
    let mut read = BTreeMap::new();
    for (path, text) in tree.documents {
        if let Some(Value::Object(object)) = document::read(path, text, &mut schemas, &mut findings) {
            read.insert(path.as_str(), object);
        }
    }
    let parsed = Parsed { documents: read, tables: tree.tables, exists: tree.exists };
    links::check(&parsed, &mut findings);
    extents::check(&parsed, &mut findings);
    mirror::check(&parsed, &mut findings);
    let file = |f: &Finding| f.at.split(['#', ':']).next().unwrap_or_default().to_owned();
    findings.sort_by_key(file);
    findings
}

/// The tree after its documents have been read.
pub(super) struct Parsed<'a> {
    pub documents: BTreeMap<&'a str, Object>,
    pub tables: &'a BTreeMap<String, Bytes>,
    pub exists: &'a dyn Fn(&str) -> bool,
}

impl Parsed<'_> {
    /// Whether something lies at a path: a document, a table, an asset.
    pub fn has(&self, path: &str) -> bool {
        self.documents.contains_key(path) || self.tables.contains_key(path) || (self.exists)(path)
    }

    /// The address at which the tree says it is published, with its slash; `None` where it says none.
    pub fn base(&self) -> Option<String> {
        let href = links(self.documents.get("collection.json").or_else(|| self.documents.get("catalog.json"))?)
            .into_iter()
            .find(|link| text(link, "rel") == Some("self"))
            .and_then(|link| text(link, "href"))?;
        href.rfind('/').map(|slash| href[..=slash].to_owned())
    }

    /// The items of each collection document, by the links of the collection.
    pub fn items_of(&self, collection: &str) -> Vec<(&str, &Object)> {
        let base = self.base();
        let Some(object) = self.documents.get(collection) else { return Vec::new() };
        links(object)
            .into_iter()
            .filter(|link| text(link, "rel") == Some("item"))
            .filter_map(|link| links::local(collection, text(link, "href")?, base.as_deref()))
            .filter_map(|path| self.documents.get_key_value(path.as_str()).map(|(k, v)| (*k, v)))
            .collect()
    }

    pub fn collections(&self) -> impl Iterator<Item = (&str, &Object)> {
        self.documents.iter().filter(|(_, d)| text(d, "type") == Some("Collection")).map(|(path, d)| (*path, d))
    }
}

pub(super) fn links(object: &Object) -> Vec<&Object> {
    object.get("links").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect()
}

pub(super) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}
