//! Where the documents of a catalog lead.

use std::collections::BTreeMap;

use serde_json::Value;
use swath_stac::Item;
use swath_stac::check::Finding;
use swath_store::Store;

use super::documents::{Documents, is_document};
use super::object::{Named, Wanted};
use super::place::Place;
use crate::publish::Kind;

/// Links that make a catalog a tree.
const STRUCTURE: [&str; 5] = ["root", "parent", "child", "item", "collection"];

/// Documents of the same catalog that a document links to or names as a table of its items.
pub(super) fn documents(store: &Store, path: &str, document: &Value) -> Vec<String> {
    let links = document["links"].as_array().into_iter().flatten();
    let below = links.filter(|link| matches!(link["rel"].as_str(), Some("child" | "item")));
    let assets = document["assets"].as_object().into_iter().flatten().map(|(_, asset)| asset);
    let tables = assets.filter(|asset| asset["roles"].as_array().is_some_and(|roles| roles.iter().any(|role| role == "collection-mirror")));
    let hrefs = below.chain(tables).filter_map(|holder| holder["href"].as_str());
    hrefs.filter_map(|href| store.resolve(path, href).ok()).filter(|(there, _)| there.url() == store.url()).map(|(_, path)| path).collect()
}

/// Every object that must be there besides the documents that were read, and findings on references that must not be followed.
pub(super) fn wanted(place: &Place, documents: &Documents) -> (Vec<Wanted>, Vec<Finding>) {
    let mut all = Gathering { place, documents, wanted: BTreeMap::new(), findings: Vec::new() };
    for (path, published) in place.manifest.iter().flat_map(|m| &m.objects) {
        if !documents.texts.contains_key(path) && !documents.tables.contains_key(path) && !documents.lost.contains(path) {
            let kind = if is_document(path) { Kind::Document } else { Kind::Asset };
            let wanted = Wanted {
                store: place.store.clone(),
                path: path.clone(),
                at: path.clone(),
                kind,
                published: Some(published.clone()),
                named: Vec::new(),
            };
            all.wanted.insert(place.store.url_of(path), wanted);
        }
    }
    for (path, text) in &documents.texts {
        let Ok(document) = serde_json::from_str::<Value>(text) else { continue };
        all.links(path, &document);
        all.assets(path, document);
    }
    (all.wanted.into_values().collect(), all.findings)
}

struct Gathering<'a> {
    place: &'a Place,
    documents: &'a Documents,
    /// By address.
    wanted: BTreeMap<String, Wanted>,
    findings: Vec<Finding>,
}

impl Gathering<'_> {
    fn links(&mut self, path: &str, document: &Value) {
        for (n, link) in document["links"].as_array().into_iter().flatten().enumerate() {
            let (Some(rel), Some(href)) = (link["rel"].as_str(), link["href"].as_str()) else { continue };
            // Pages elsewhere are their own owners' business; links of the tree are a reader's way.
            if rel == "self" || (href.contains("://") && !STRUCTURE.contains(&rel)) || href.starts_with("mailto:") {
                continue;
            }
            self.one(path, href, Kind::Document, Named { at: format!("{path}#/links/{n}"), facts: None });
        }
    }
    fn assets(&mut self, path: &str, document: Value) {
        let assets = document["assets"].as_object();
        let hrefs: Vec<(String, String)> =
            assets.into_iter().flatten().filter_map(|(key, asset)| Some((key.clone(), asset["href"].as_str()?.to_owned()))).collect();
        let item = (document["type"] == "Feature").then(|| Item::from_json(document).ok()).flatten();
        for (key, href) in hrefs {
            let asset = item.as_ref().and_then(|item| item.assets.get(&key));
            let is_tiff = asset.is_some_and(|asset| crate::check::run::is_tiff(&href, asset.media_type.as_deref()));
            let facts = item.as_ref().filter(|_| is_tiff).and_then(|item| swath_stac::item::asset_facts(item, &key));
            let escaped = key.replace('~', "~0").replace('/', "~1");
            self.one(path, &href, Kind::Asset, Named { at: format!("{path}#/assets/{escaped}"), facts });
        }
    }
    fn one(&mut self, from: &str, href: &str, kind: Kind, named: Named) {
        let (store, path) = match self.place.store.resolve(from, href) {
            Ok(target) => target,
            Err(e) => {
                let finding = Finding::error("LIVE-LINK-FORBIDDEN", named.at, e.found, "an address that readers elsewhere can open");
                return self.findings.push(finding.fix("build the catalog again, or correct the reference"));
            }
        };
        let is_ours = store.url() == self.place.store.url();
        let is_read = self.documents.texts.contains_key(&path) || self.documents.tables.contains_key(&path);
        if is_ours && (is_read || self.documents.lost.contains(&path)) {
            return;
        }
        let url = store.url_of(&path);
        let at = if is_ours { path.clone() } else { url.clone() };
        let kind = if is_document(&path) { Kind::Document } else { kind };
        let wanted = self.wanted.entry(url).or_insert_with(|| Wanted { store, path, at, kind, published: None, named: Vec::new() });
        // One broken link is told where it stands first.
        if wanted.named.is_empty() || named.facts.is_some() {
            wanted.named.push(named);
        }
    }
}
