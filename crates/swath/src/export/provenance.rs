use serde_json::{Value, json};
use swath_stac::{Link, Object};

use crate::stack::{Reduce, Stack};

/// From what an array was made, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provenance {
    /// The catalog, without a query.
    pub catalog: String,
    pub items: Vec<SourceItem>,
    /// What was asked for, as a value that can be asked for again.
    pub request: Object,
}

/// An item that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceItem {
    pub id: String,
    /// Where its document lies, where that is known.
    pub href: Option<String>,
}

impl SourceItem {
    /// Of an item as JSON, its hrefs absolute: by its link to itself, or by the common layout in which an item has its name as a folder.
    ///
    /// ```
    /// # use swath::export::SourceItem;
    /// let item = serde_json::json!({ "id": "a", "assets": { "b": { "href": "https://host/map/a/b.tif?sig=x" } } });
    /// assert_eq!(SourceItem::of(&item).href.as_deref(), Some("https://host/map/a/a.json"));
    /// ```
    pub fn of(item: &Value) -> Self {
        let id = item["id"].as_str().unwrap_or_default().to_owned();
        let bare = |href: &str| href.split(['?', '#']).next().unwrap_or_default().to_owned();
        let own = item["links"].as_array().into_iter().flatten().find(|l| l["rel"] == "self").and_then(|l| l["href"].as_str());
        let own = own.map(bare).filter(|href| href.contains("://") || href.starts_with('/'));
        let href = own.or_else(|| {
            let asset = item["assets"].as_object()?.values().find_map(|a| a["href"].as_str())?;
            let (folder, _) = asset.split(['?', '#']).next()?.rsplit_once('/')?;
            (folder.rsplit('/').next() == Some(id.as_str())).then(|| format!("{folder}/{id}.json"))
        });
        Self { id, href }
    }
}

impl Provenance {
    /// One line, as NetCDF's `history` has it.
    pub fn history(&self, head: &Stack) -> String {
        format!("swath {}: {}", env!("CARGO_PKG_VERSION"), self.lineage(head))
    }

    /// A sentence: what was done with how many items of which catalog.
    pub fn lineage(&self, head: &Stack) -> String {
        let bands = head.bands.iter().map(|b| b.name.as_str()).collect::<Vec<_>>().join(", ");
        let of = match self.items.len() {
            1 => format!("1 item of {}", self.catalog),
            many => format!("{many} items of {}", self.catalog),
        };
        match head.reduce {
            Reduce::None => format!("stack of {bands} from {of}"),
            how => format!("{} over {} of {bands} from {of}", how.name(), head.over.name()),
        }
    }

    /// Fields of the processing extension, v1.1.
    pub(super) fn properties(&self, head: &Stack) -> Object {
        let mut out = Object::new();
        out.insert("processing:lineage".into(), self.lineage(head).into());
        out.insert("processing:software".into(), json!({ "swath": env!("CARGO_PKG_VERSION") }));
        if !self.request.is_empty() {
            out.insert("processing:expression".into(), json!({ "format": "swath-stack", "expression": self.request }));
        }
        out
    }

    pub(super) fn links(&self) -> Vec<Link> {
        let known = self.items.iter().filter_map(|item| Some((item, absolute(item.href.as_deref()?))));
        known.map(|(item, href)| Link::new("derived_from", href).media_type("application/geo+json").title(Some(&item.id))).collect()
    }
}

/// A path of this machine as a URL, so that it is not taken for one inside a catalog.
fn absolute(href: &str) -> String {
    let path = href.starts_with('/').then(|| url::Url::from_file_path(href).ok()).flatten();
    path.map_or_else(|| href.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_url() {
        assert_eq!(absolute("/m y/a.json"), "file:///m%20y/a.json");
        assert_eq!(absolute("https://h/a.json"), "https://h/a.json");
    }

    #[test]
    fn an_item_is_found_by_its_own_link_first() {
        for (item, expected) in [
            (json!({ "id": "a", "links": [{ "rel": "self", "href": "https://h/x.json?sig=1" }] }), Some("https://h/x.json")),
            (
                json!({ "id": "a", "links": [{ "rel": "self", "href": "./x.json" }], "assets": { "b": { "href": "/m/a/b.tif" } } }),
                Some("/m/a/a.json"),
            ),
            (json!({ "id": "a", "assets": { "b": { "href": "/m/other/b.tif" } } }), None),
            (json!({ "id": "a" }), None),
        ] {
            assert_eq!(SourceItem::of(&item).href.as_deref(), expected);
        }
    }
}
