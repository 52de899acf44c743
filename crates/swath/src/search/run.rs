use std::time::{Duration, Instant};

use serde::Serialize;
use swath_stac::{ItemCollection, Query};
use swath_store::{Counts, Credentials};

use super::Limits;
use super::walk::Walk;
use crate::{Error, Result, catalog};

/// What a search found, and what it cost.
#[derive(Debug, Clone)]
pub struct Found {
    /// By collection, time and id; asset hrefs are absolute.
    pub items: ItemCollection,
    /// How many match; more than there are items where a limit cut them.
    pub matched: usize,
    /// Documents and tables that could not be read: their items are missing.
    pub problems: Vec<Problem>,
    /// JSON documents read.
    pub documents: usize,
    /// Tables read.
    pub tables: usize,
    pub cost: Counts,
    pub elapsed: Duration,
}

/// One document that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub at: String,
    pub found: String,
}

/// Finds the items of the catalog at `place` (a URL or a folder) that match.
///
/// A table (`items.parquet`) answers for its whole collection; a collection whose extent cannot match is not walked; one document that
/// is missing or damaged does not stop the others.
///
/// # Errors
/// Absent where there is no catalog, Refused where credentials are missing, Unreachable; OverLimit where the catalog is larger than
/// the limits.
pub async fn search(place: &str, credentials: &Credentials, query: &Query, limits: &Limits) -> Result<Found> {
    let started = Instant::now();
    let (root, node) = catalog::open(place, credentials).await?;
    let store = root.store.clone();
    let mut walk = Walk::new(query, *limits);
    walk.run(root, node).await?;
    let Walk { mut items, problems, documents, tables, .. } = walk;
    items.sort_by_cached_key(|item| (item.collection.clone(), item.interval().0, item.id.clone()));
    items.dedup_by(|a, b| a.id == b.id && a.collection == b.collection);
    let matched = items.len();
    if let Some(most) = query.at_most() {
        items.truncate(most);
    }
    let mut items = ItemCollection::from(items);
    items.fields.insert("numberMatched".into(), matched.into());
    items.fields.insert("numberReturned".into(), items.items.len().into());
    Ok(Found { items, matched, problems, documents, tables, cost: store.counts(), elapsed: started.elapsed() })
}

impl Problem {
    pub(super) fn of(at: String, error: &Error) -> Self {
        Self { at, found: error.found.clone() }
    }
}
