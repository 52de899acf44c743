use std::collections::BTreeSet;
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
    /// Documents and tables that could not be read.
    pub problems: Vec<Problem>,
    /// Ids of all collections that hold items, whether they match or not.
    pub collections: BTreeSet<String>,
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
    pub effect: Effect,
}

/// What a document that could not be read means for what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Its items are missing.
    Missing,
    /// A table, in whose stead the items themselves were read.
    Slower,
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
    let Walk { mut items, problems, collections, documents, tables, .. } = walk;
    items.sort_by_cached_key(|item| (item.collection.clone(), item.interval().0, item.id.clone()));
    items.dedup_by(|a, b| a.id == b.id && a.collection == b.collection);
    let matched = items.len();
    if let Some(most) = query.at_most() {
        items.truncate(most);
    }
    let mut items = ItemCollection::from(items);
    items.fields.insert("numberMatched".into(), matched.into());
    items.fields.insert("numberReturned".into(), items.items.len().into());
    Ok(Found { items, matched, problems, collections, documents, tables, cost: store.counts(), elapsed: started.elapsed() })
}

impl Found {
    /// Problems for which items are missing.
    pub fn losses(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.effect == Effect::Missing)
    }
}

impl Problem {
    pub(super) fn of(at: String, error: &Error) -> Self {
        Self { at, found: error.found.clone(), effect: Effect::Missing }
    }
}
