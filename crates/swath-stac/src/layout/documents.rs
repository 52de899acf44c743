use super::links::{Layout, ROOT, collection_path, item_path, mirror_path};
use crate::link::{GEOJSON, JSON, PARQUET};
use crate::{Asset, Collection, Item, Result, geoparquet, pretty};

/// A whole catalog: the root and its datasets.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    pub root: Collection,
    pub datasets: Vec<Dataset>,
}

/// One sub-collection and its items.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    pub collection: Collection,
    pub items: Vec<Item>,
}

/// One file of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// From the root of the tree, with forward slashes.
    pub path: String,
    pub media_type: &'static str,
    pub bytes: bytes::Bytes,
}

/// Every document of a catalog, in an order in which each comes before what points at it: items, tables, datasets, the root.
///
/// The links and asset hrefs of the catalog are set on the way. Asset files themselves are the caller's.
///
/// # Errors
/// Misuse where an id cannot be the name of a folder; Damaged where items cannot be written as one table.
pub fn documents(catalog: &mut Catalog, layout: &Layout) -> Result<Vec<Document>> {
    let mut out = Vec::new();
    let Catalog { root, datasets } = catalog;
    for dataset in &mut *datasets {
        let Dataset { collection, items } = dataset;
        for item in items.iter_mut() {
            layout.place_item(item, collection, root)?;
            out.push(text(item_path(&collection.id, &item.id)?, GEOJSON, pretty(item)?));
        }
        let path = collection_path(&collection.id)?;
        let mirror = mirror_path(&collection.id)?;
        if !items.is_empty() {
            collection.assets.insert("items".into(), mirror_asset(layout.href(&path, &mirror)));
        }
        layout.place_dataset(collection, items, root)?;
        if !items.is_empty() {
            let bytes = geoparquet::write(items, Some(collection))?;
            out.push(Document { path: mirror, media_type: PARQUET, bytes });
        }
        out.push(text(path, JSON, pretty(collection)?));
    }
    layout.place_root(root, datasets.iter().map(|d| &d.collection))?;
    out.push(text(ROOT.to_owned(), JSON, pretty(root)?));
    Ok(out)
}

/// The table of a dataset's items, registered on its collection (stac-geoparquet, "Referencing a STAC GeoParquet collection").
fn mirror_asset(href: String) -> Asset {
    let mut asset = Asset::new(href);
    asset.title = Some("Items as GeoParquet".into());
    asset.media_type = Some(PARQUET.into());
    asset.roles = vec!["collection-mirror".into()];
    asset
}

fn text(path: String, media_type: &'static str, text: String) -> Document {
    Document { path, media_type, bytes: text.into() }
}
