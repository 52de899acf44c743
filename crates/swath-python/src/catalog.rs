use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use swath::catalog::{Catalog, Node};
use swath::stac::Query;

use crate::access::{Spoken, credentials};
use crate::error::{raised, unread};
use crate::kept::Kept;
use crate::process::wait;

/// Catalogs that are open, so that what was read of one serves every search of it.
static OPEN: Kept<Catalog> = Kept::new();

/// What is at the root of a catalog, as JSON: its address, what it is, its id and title.
#[pyfunction]
pub fn open(py: Python<'_>, place: String, access: Spoken) -> PyResult<String> {
    wait(py, move || async move {
        let catalog = Catalog::open(&place, &credentials(&access)?).await?;
        OPEN.keep(&place, &access, catalog.clone());
        let kind = match catalog.node() {
            Node::Tree(_) => "catalog",
            Node::Item(_) => "item",
            Node::Items(_) | Node::Table => "items",
        };
        Ok(json!({ "root": catalog.url(), "kind": kind, "id": catalog.id(), "title": catalog.title() }).to_string())
    })
}

/// What narrows a search, as the package says it.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    bbox: Option<Vec<f64>>,
    datetime: Option<String>,
    ids: Vec<String>,
    collections: Vec<String>,
    intersects: Option<Value>,
    filter: Option<String>,
    sortby: Option<String>,
    limit: Option<usize>,
}

impl Asked {
    fn query(self) -> swath::Result<Query> {
        let mut query = Query::new().collections(self.collections).ids(self.ids);
        if let Some(bbox) = &self.bbox {
            query = query.bbox(bbox)?;
        }
        if let Some(text) = &self.datetime {
            query = query.datetime(text)?;
        }
        if let Some(shape) = &self.intersects {
            query = query.intersects(shape)?;
        }
        if let Some(text) = &self.filter {
            query = query.filter(text)?;
        }
        if let Some(text) = &self.sortby {
            query = query.sort_by(text)?;
        }
        Ok(self.limit.into_iter().fold(query, Query::limit))
    }
}

/// Items that a search found, kept here until somebody looks at them.
#[pyclass(frozen, module = "swath._swath")]
pub struct Found {
    pub items: Vec<Value>,
    facts: Value,
}

#[pymethods]
impl Found {
    fn __len__(&self) -> usize {
        self.items.len()
    }
    /// One item as JSON text.
    fn item(&self, index: usize) -> PyResult<String> {
        let item = self.items.get(index).ok_or_else(|| pyo3::exceptions::PyIndexError::new_err("no such item"))?;
        Ok(item.to_string())
    }
    /// How many match, what could not be read, which collections there are, and what it cost.
    fn facts(&self) -> String {
        self.facts.to_string()
    }
}

/// Finds the items of the catalog at `place` that match.
#[pyfunction]
pub fn search(py: Python<'_>, place: String, access: Spoken, asked: &str) -> PyResult<Found> {
    let asked: Asked = serde_json::from_str(asked).map_err(|e| unread("search", &e))?;
    let query = asked.query().map_err(|e| raised(&e))?;
    wait(py, move || async move {
        let catalog = match OPEN.find(&place, &access) {
            Some(catalog) => catalog,
            None => Catalog::open(&place, &credentials(&access)?).await?,
        };
        OPEN.keep(&place, &access, catalog.clone());
        let found = catalog.search(&query).await?;
        let facts = json!({
            "matched": found.matched, "problems": found.problems, "collections": found.collections,
            "documents": found.documents, "tables": found.tables, "requests": found.cost.requests,
            "bytes": found.cost.received, "seconds": found.elapsed.as_secs_f64(),
        });
        Ok(Found { items: found.items.items.iter().map(|item| item.to_json()).collect(), facts })
    })
}
