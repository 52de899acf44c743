use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use swath_stac::{Collection, Query};
use swath_store::{Counts, Credentials, Store};

use super::table::PlacedTable;
use super::{Document, Node, Tree, collections, find};
use crate::search::{self, Found, Limits};
use crate::{Family, Result};

/// A catalog that was opened: a static tree, a table, or a STAC API.
///
/// Collections and the footers of tables are read once, whatever is searched; a table that was replaced meanwhile is opened again. A
/// clone shares all of it.
#[derive(Clone)]
pub struct Catalog {
    shared: Arc<Shared>,
}

struct Shared {
    root: Document,
    node: Node,
    limits: Limits,
    trees: Mutex<HashMap<String, Arc<Tree>>>,
    tables: Mutex<HashMap<String, Arc<PlacedTable>>>,
}

/// Times that a table is opened again in one search because somebody replaces it all the while.
const OPENED_AGAIN: usize = 8;
/// Collections and tables kept for the next search, at most.
const MOST_KEPT: usize = 10_000;

impl Catalog {
    /// Opens a catalog by one URL or path: its root, a Collection, an Item, an ItemCollection, a table (`.parquet`), or a STAC API.
    ///
    /// # Errors
    /// Absent where there is no catalog, Refused where credentials are missing, Damaged where the document is no STAC; Unreachable.
    pub async fn open(place: &str, credentials: &Credentials) -> Result<Self> {
        Self::open_within(place, credentials, Limits::default()).await
    }

    /// The same, to be walked through no further than this.
    ///
    /// # Errors
    /// As [`Catalog::open`].
    pub async fn open_within(place: &str, credentials: &Credentials, limits: Limits) -> Result<Self> {
        let (root, node) = find(place, credentials).await?;
        let (trees, tables) = Default::default();
        let catalog = Self { shared: Arc::new(Shared { root, node, limits, trees, tables }) };
        if matches!(catalog.node(), Node::Table) {
            catalog.table(catalog.root()).await?;
        }
        Ok(catalog)
    }

    /// Finds the items that match.
    ///
    /// A table (`items.parquet`) answers for its whole collection; a collection whose extent cannot match is not walked; one document
    /// that is missing or damaged does not stop the others. A STAC API is asked; what it cannot judge by itself is judged here.
    ///
    /// # Errors
    /// Refused and Unreachable where the catalog's own server says no; OverLimit where the catalog is larger than the limits.
    pub async fn search(&self, query: &Query) -> Result<Found> {
        search::run(self, query).await
    }

    /// All its Collections, those of a tree in the order of its links. Those that cannot be read are left out; a search names them.
    ///
    /// # Errors
    /// As [`Catalog::search`].
    pub async fn collections(&self) -> Result<Vec<Collection>> {
        collections::of(self).await
    }

    /// The URL or path of the root document, without any secret.
    pub fn url(&self) -> String {
        self.shared.root.url()
    }

    /// The root's id, where it has one.
    pub fn id(&self) -> Option<&str> {
        match &self.shared.node {
            Node::Tree(tree) => Some(&tree.id),
            Node::Item(item) => Some(&item.id),
            Node::Items(_) | Node::Table => None,
        }
    }

    pub fn title(&self) -> Option<&str> {
        match &self.shared.node {
            Node::Tree(tree) => tree.title.as_deref(),
            _ => None,
        }
    }

    /// Whether a server is asked, rather than documents read.
    pub fn is_api(&self) -> bool {
        matches!(&self.shared.node, Node::Tree(tree) if tree.landing.is_some() || (tree.features.is_some() && tree.items.is_empty()))
    }

    /// Where the catalog lies: assets inside it are read with its credentials.
    pub fn store(&self) -> &Store {
        &self.shared.root.store
    }

    /// What talking to its servers has cost so far.
    pub fn cost(&self) -> Counts {
        self.shared.root.store.counts()
    }

    pub fn root(&self) -> &Document {
        &self.shared.root
    }

    pub fn node(&self) -> &Node {
        &self.shared.node
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// What a document is; a tree that was read before is not read again.
    pub(crate) async fn read(&self, document: &Document) -> Result<Node> {
        let url = document.url();
        if let Some(tree) = self.trees().get(&url) {
            return Ok(Node::Tree(tree.clone()));
        }
        let node = document.read().await?;
        if let Node::Tree(tree) = &node {
            let mut trees = self.trees();
            if trees.len() < MOST_KEPT {
                trees.insert(url, tree.clone());
            }
        }
        Ok(node)
    }

    pub(crate) async fn table(&self, document: &Document) -> Result<Arc<PlacedTable>> {
        let url = document.url();
        if let Some(table) = self.tables().get(&url) {
            return Ok(table.clone());
        }
        let table = Arc::new(PlacedTable::open(document).await?);
        let mut tables = self.tables();
        if tables.len() < MOST_KEPT {
            tables.insert(url, table.clone());
        }
        Ok(table)
    }

    /// The rows of a table that match, all of one version: where it was replaced meanwhile, it is opened once more.
    pub(crate) async fn rows(&self, document: &Document, query: &Query) -> Result<swath_stac::geoparquet::Rows> {
        let mut left = OPENED_AGAIN;
        loop {
            let found = match self.table(document).await {
                Ok(table) => table.search(query, self.limits().bytes).await,
                Err(e) => Err(e),
            };
            match found {
                Err(e) if e.family == Family::Conflict && left > 0 => {
                    left -= 1;
                    self.tables().remove(&document.url());
                }
                done => return done,
            }
        }
    }

    fn trees(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Tree>>> {
        self.shared.trees.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tables(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<PlacedTable>>> {
        self.shared.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Catalog({:?})", self.url())
    }
}
