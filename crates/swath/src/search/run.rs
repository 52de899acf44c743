use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

use serde::Serialize;
use swath_stac::{Item, ItemCollection, Query};
use swath_store::{Counts, Credentials};

use super::walk::Walk;
use super::{Limits, api};
use crate::catalog::Catalog;
use crate::{Error, Result};

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

/// What was gathered from a tree or an API, not yet in order.
#[derive(Default)]
pub(super) struct Gathered {
    pub items: Vec<Item>,
    /// Items that match and that nobody wants to have.
    pub unread: usize,
    pub problems: Vec<Problem>,
    /// Ids of collections that hold items.
    pub collections: BTreeSet<String>,
    pub documents: usize,
    pub tables: usize,
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

/// Finds the items of the catalog at `place` (a URL or a folder) that match: [`Catalog::open`] and [`Catalog::search`] in one.
///
/// # Errors
/// Absent where there is no catalog, Refused where credentials are missing, Unreachable; OverLimit where the catalog is larger than
/// the limits.
pub async fn search(place: &str, credentials: &Credentials, query: &Query, limits: &Limits) -> Result<Found> {
    let started = Instant::now();
    let catalog = Catalog::open_within(place, credentials, *limits).await?;
    let found = catalog.search(query).await?;
    Ok(Found { cost: catalog.cost(), elapsed: started.elapsed(), ..found })
}

pub(crate) async fn run(catalog: &Catalog, query: &Query) -> Result<Found> {
    let (started, before) = (Instant::now(), catalog.cost());
    let mut found = if catalog.is_api() { api::ask(catalog, query).await? } else { Walk::new(catalog, query).run().await? };
    query.order().sort(&mut found.items);
    let mut seen = HashSet::new();
    found.items.retain(|item| seen.insert((item.collection.clone(), item.id.clone())));
    let matched = found.items.len() + found.unread;
    if let Some(most) = query.at_most() {
        found.items.truncate(most);
    }
    let mut items = ItemCollection::from(std::mem::take(&mut found.items));
    items.fields.insert("numberMatched".into(), matched.into());
    items.fields.insert("numberReturned".into(), items.items.len().into());
    let Gathered { problems, collections, documents, tables, .. } = found;
    let cost = since(before, catalog.cost());
    Ok(Found { items, matched, problems, collections, documents, tables, cost, elapsed: started.elapsed() })
}

fn since(before: Counts, now: Counts) -> Counts {
    Counts {
        requests: now.requests - before.requests,
        writes: now.writes - before.writes,
        received: now.received - before.received,
        sent: now.sent - before.sent,
    }
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
