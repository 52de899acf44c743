use std::collections::HashMap;

use swath_stac::{Item, geoparquet};
use swath_store::{Family as StoreFamily, Fetched};

use super::document::item_path;
use super::{Desk, Found};
use crate::Result;
use crate::publish::digest;
use crate::publish::remote::Remote;

/// A collection's table as it is there: its rows by the paths of their items.
pub(super) struct Table {
    pub path: String,
    /// `None` where they cannot be read.
    pub rows: Option<HashMap<String, Item>>,
    pub found: Found,
}

/// An object, or none.
pub(super) async fn object(path: &str, remote: &impl Remote) -> Result<Option<(Fetched, Found)>> {
    match remote.get(path).await {
        Ok(fetched) => {
            let size = fetched.bytes.len() as u64;
            let found = Found { etag: fetched.etag.clone(), sha256: digest::of_bytes(&fetched.bytes), size };
            Ok(Some((fetched, found)))
        }
        Err(e) if e.family == StoreFamily::Absent => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// The table of a collection, or none.
pub(super) async fn table<R: Remote>(desk: &Desk<'_, R>, collection: &str, path: &str) -> Result<Option<Table>> {
    let Some((fetched, found)) = object(path, desk.remote).await? else { return Ok(None) };
    let read = tokio::task::spawn_blocking(move || geoparquet::read(fetched.bytes)).await;
    let rows = read.ok().and_then(std::result::Result::ok);
    let placed = |rows: Vec<Item>| rows.iter().map(|row| (item_path(collection, &row.id), geoparquet::as_placed(row))).collect();
    let rows = rows.map(placed);
    Ok(Some(Table { path: path.to_owned(), rows, found }))
}
