use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};
use swath_stac::Item;

use super::Desk;
use super::read::object;
use super::tree::Tree;
use crate::publish::remote::Remote;
use crate::publish::run::AT_ONCE;
use crate::{Error, Family, Result};

/// The items of a collection by their paths: the build's from its files, those of others from their table or one by one. An item
/// that is there no more is left out.
pub(super) async fn load<R: Remote>(
    desk: &Desk<'_, R>,
    tree: &Tree,
    collection: &str,
    paths: &BTreeSet<String>,
) -> Result<BTreeMap<String, Item>> {
    let table = tree.tables.get(collection);
    let one = async |path: &String| {
        let is_theirs = desk.theirs.contains_key(path);
        let row = table.and_then(|table| table.rows.as_ref()?.get(path)).filter(|_| !is_theirs);
        let item = if desk.files.contains_key(path) && !is_theirs {
            let file = desk.build.join(path);
            Some(parsed(path, &std::fs::read(&file).map_err(|e| Error::file(&file, &e))?)?)
        } else if let Some(row) = row {
            Some(row.clone())
        } else {
            match object(path, desk.remote).await? {
                Some((fetched, _)) => Some(parsed(&desk.remote.url_of(path), &fetched.bytes)?),
                None => None,
            }
        };
        item.map(|item| Ok::<_, Error>((path.clone(), ordered(&item)?))).transpose()
    };
    let loaded: Vec<Option<(String, Item)>> = stream::iter(paths.iter().map(one)).buffered(AT_ONCE).try_collect().await?;
    Ok(loaded.into_iter().flatten().collect())
}

fn parsed(at: &str, bytes: &[u8]) -> Result<Item> {
    let value = serde_json::from_slice(bytes).map_err(|e| Error::new(Family::Damaged, at, format!("no JSON: {e}"), "a STAC Item"))?;
    Ok(Item::from_json(value).map_err(|e| e.within(at))?)
}

/// The item with its fields in the order of their names: whoever merges the same items makes the same bytes of them.
fn ordered(item: &Item) -> Result<Item> {
    Ok(Item::from_json(sorted(item.to_json()))?)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let fields: BTreeMap<String, Value> = object.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(fields.into_iter().collect::<Map<String, Value>>())
        }
        Value::Array(list) => list.into_iter().map(sorted).collect(),
        scalar => scalar,
    }
}
