use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use swath_stac::{Collection, Item, LonLatBox, Object, geoparquet};

use super::Landing;
use crate::{Error, Family, Result};

/// What one document is.
#[derive(Debug, Clone)]
pub enum Node {
    /// A Collection or Catalog: links to others.
    Tree(Arc<Tree>),
    /// An Item.
    Item(Box<Item>),
    /// An ItemCollection.
    Items(Vec<Item>),
    /// A table of items, of which nothing is read yet.
    Table,
}

/// A Collection or Catalog, as far as a search needs it.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    pub id: String,
    pub title: Option<String>,
    /// The whole document, where it is a Collection.
    pub collection: Option<Box<Collection>>,
    /// What can be asked, where it is the landing page of a STAC API.
    pub landing: Option<Landing>,
    /// Where a STAC API gives the items of this Collection, page by page.
    pub features: Option<String>,
    /// References to children, items and tables.
    pub children: Vec<String>,
    pub items: Vec<String>,
    pub tables: Vec<String>,
    pub place: Option<LonLatBox>,
    pub time: swath_stac::query::Interval,
}

impl Node {
    /// # Errors
    /// Damaged where the bytes are no STAC document, and no table of items either.
    pub fn parse(at: &str, bytes: &Bytes) -> Result<Self> {
        if bytes.starts_with(b"PAR1") {
            return Ok(Self::Items(geoparquet::read(bytes.clone()).map_err(|e| swath_stac::Error { at: at.to_owned(), ..e })?));
        }
        let wrong = |found: String| Error::new(Family::Damaged, at, found, "a STAC Catalog, Collection, Item or ItemCollection");
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(e) => return lines(bytes).map(Self::Items).ok_or_else(|| wrong(format!("is no JSON: {e}"))),
        };
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let named = |e: swath_stac::Error| Error::from(e.within(at));
        match kind.as_str() {
            "Feature" => Ok(Self::Item(Box::new(Item::from_json(value).map_err(named)?))),
            "FeatureCollection" => {
                let Value::Object(mut object) = value else { return Err(wrong("is no object".into())) };
                let Some(Value::Array(features)) = object.remove("features") else { return Err(wrong("has no features".into())) };
                Ok(Self::Items(features.into_iter().map(Item::from_json).collect::<std::result::Result<_, _>>().map_err(named)?))
            }
            "Catalog" | "Collection" => Ok(Self::Tree(Arc::new(tree(value.as_object().unwrap_or(&Object::new()))))),
            _ if value.get("stac_version").is_some() && value.get("links").is_some() => {
                Ok(Self::Tree(Arc::new(tree(value.as_object().unwrap_or(&Object::new())))))
            }
            other => Err(wrong(format!("has type {other:?}"))),
        }
    }
}

/// Items one a line, as `search -o items.ndjson` and other people's tools write them; `None` where a line is no Item.
fn lines(bytes: &Bytes) -> Option<Vec<Item>> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let items: Option<Vec<Item>> = lines.map(|line| Item::from_json(serde_json::from_slice(line).ok()?).ok()).collect();
    items.filter(|items| !items.is_empty())
}

fn tree(object: &Object) -> Tree {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let links = object.get("links").and_then(Value::as_array);
    let of = |rel: &str| -> Vec<String> {
        let links = links.into_iter().flatten().filter(|link| link.get("rel").and_then(Value::as_str) == Some(rel));
        links.filter_map(|link| link.get("href")?.as_str().map(str::to_owned)).collect()
    };
    // A document that does not read as a Collection is still a place to walk through.
    let collection = Collection::from_json(Value::Object(object.clone())).ok().map(Box::new);
    let (start, end) = collection.as_ref().map(|c| c.interval()).unwrap_or_default();
    let tables: Vec<String> =
        collection.iter().flat_map(|c| c.assets.values()).filter(|asset| is_table(asset)).map(|asset| asset.href.clone()).collect();
    let (place, time) = (collection.as_ref().and_then(|c| c.lonlat()), swath_stac::query::Interval { start, end });
    Tree {
        id: text("id").unwrap_or_default(),
        title: text("title"),
        children: of("child"),
        items: of("item"),
        tables,
        place,
        time,
        landing: Landing::of(object),
        features: of("items").into_iter().next(),
        collection,
    }
}

/// Whether an asset is a table of all items (stac-geoparquet specification, "Referencing a STAC GeoParquet Collections in a STAC Catalog").
fn is_table(asset: &swath_stac::Asset) -> bool {
    asset.has_role("collection-mirror")
        && asset.href.split(['?', '#']).next().is_some_and(|path| path.to_ascii_lowercase().ends_with("parquet"))
}
