use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use swath_stac::geoparquet::Rows;
use swath_stac::{Item, Query};

use super::run::Gathered;
use super::{Effect, Limits, Problem};
use crate::catalog::{Catalog, Document, Node, Own, Settler, Tree};
use crate::{Error, Family, Result};

/// A walk through the documents of a catalog, each read once, many at a time.
pub(super) struct Walk<'c> {
    catalog: &'c Catalog,
    query: &'c Query,
    limits: &'c Limits,
    received: u64,
    seen: HashSet<String>,
    due: Vec<Step>,
    /// Hosts that did not answer: what else lies there is not asked for.
    silent: HashSet<String>,
    refusals: usize,
    gathered: Gathered,
}

/// A document to be read.
struct Step {
    document: Document,
    depth: usize,
    /// What to read where a table turns out unreadable: the items themselves.
    instead: Vec<String>,
    /// The document in which the references of `instead` stand.
    parent: Option<Document>,
}

enum Answer {
    Node(Node),
    /// Of a table, and the collections that it holds.
    Rows(Rows, BTreeSet<String>),
}

/// So many refusals by the catalog's own server before anything was read from it below the root end the walk.
const REFUSALS: usize = 8;

impl<'c> Walk<'c> {
    pub fn new(catalog: &'c Catalog, query: &'c Query) -> Self {
        let (seen, due, silent) = (HashSet::new(), Vec::new(), HashSet::new());
        let received = catalog.cost().received;
        Self { catalog, query, limits: catalog.limits(), received, seen, due, silent, refusals: 0, gathered: Gathered::default() }
    }

    /// # Errors
    /// OverLimit; Refused and Unreachable where the catalog's own server says no.
    pub async fn run(mut self) -> Result<Gathered> {
        let (document, node) = (self.catalog.root().clone(), self.catalog.node().clone());
        self.seen.insert(document.url());
        let root = Step { document, depth: 0, instead: Vec::new(), parent: None };
        match node {
            Node::Table => self.due.push(root),
            node => self.take(root, Ok(Answer::Node(node)))?,
        }
        let mut under_way = FuturesUnordered::new();
        let (catalog, query) = (self.catalog, self.query);
        loop {
            while under_way.len() < self.limits.at_once
                && let Some(step) = self.due.pop()
            {
                if self.silent.contains(&host(&step.document)) {
                    let silence = Error::new(Family::Unreachable, step.document.url(), "its server does not answer", "");
                    self.take(step, Err(silence))?;
                    continue;
                }
                under_way.push(async move {
                    let answer = answer(catalog, query, &step.document).await;
                    (step, answer)
                });
            }
            let Some((step, answer)) = under_way.next().await else { return Ok(self.gathered) };
            self.take(step, answer)?;
            if self.catalog.cost().received - self.received > self.limits.bytes {
                return Err(self.over(format!("more than {} bytes", self.limits.bytes)));
            }
        }
    }

    fn take(&mut self, step: Step, answer: Result<Answer>) -> Result<()> {
        if step.document.is_table() {
            self.gathered.tables += 1
        } else {
            self.gathered.documents += 1
        }
        match answer {
            Ok(Answer::Node(Node::Tree(tree))) => self.tree(&step, &tree),
            Ok(Answer::Node(Node::Item(item))) => {
                let judged = self.judged(vec![*item]);
                self.keep(judged, &step.document, Own::Yes);
                Ok(())
            }
            Ok(Answer::Node(Node::Items(items))) => {
                let judged = self.judged(items);
                self.keep(judged, &step.document, Own::No);
                Ok(())
            }
            Ok(Answer::Node(Node::Table)) => Ok(()),
            Ok(Answer::Rows(rows, collections)) => {
                self.gathered.collections.extend(collections);
                self.gathered.unread += rows.matched - rows.items.len().min(rows.matched);
                self.note(&rows.items);
                self.keep(rows.items, &step.document, Own::No);
                Ok(())
            }
            Err(e) => self.failed(step, e),
        }
    }

    /// One document's failure is listed; that of the catalog's own server ends the walk, for the same answer awaits every other
    /// document there.
    fn failed(&mut self, step: Step, error: Error) -> Result<()> {
        let own = host(&step.document) == host(self.catalog.root());
        match error.family {
            Family::Unreachable if own => return Err(error),
            // A table that was named is all there is.
            Family::OverLimit if step.parent.is_none() && step.document.is_table() => return Err(error),
            Family::Unreachable => drop(self.silent.insert(host(&step.document))),
            Family::Refused if own => {
                self.refusals += 1;
                if self.refusals >= REFUSALS || (step.document.is_table() && step.instead.is_empty()) {
                    return Err(error);
                }
            }
            _ => {}
        }
        let effect = if step.instead.is_empty() { Effect::Missing } else { Effect::Slower };
        self.gathered.problems.push(Problem { effect, ..Problem::of(step.document.url(), &error) });
        let Some(parent) = &step.parent else { return Ok(()) };
        step.instead.iter().try_for_each(|href| self.follow(parent, href, step.depth, Vec::new()))
    }

    fn tree(&mut self, step: &Step, tree: &Arc<Tree>) -> Result<()> {
        let depth = step.depth + 1;
        for href in &tree.children {
            self.follow(&step.document, href, depth, Vec::new())?;
        }
        if !tree.items.is_empty() || !tree.tables.is_empty() {
            self.gathered.collections.insert(tree.id.clone());
        }
        // Items below a plain Catalog may belong to any collection.
        let wanted = tree.collection.is_none() || self.query.wants_collection(&tree.id);
        if !wanted || !self.query.may_match(tree.place, &tree.time) {
            return Ok(());
        }
        match tree.tables.first() {
            Some(table) => self.follow(&step.document, table, depth, tree.items.clone()),
            None => tree.items.iter().try_for_each(|href| self.follow(&step.document, href, depth, Vec::new())),
        }
    }

    fn follow(&mut self, from: &Document, href: &str, depth: usize, instead: Vec<String>) -> Result<()> {
        if depth > self.limits.depth {
            return Err(self.over(format!("{depth} links below its root")));
        }
        let document = match from.follow(href) {
            Ok(document) => document,
            Err(e) => {
                self.gathered.problems.push(Problem::of(from.url(), &e));
                return Ok(());
            }
        };
        if self.seen.insert(document.url()) {
            if self.seen.len() > self.limits.documents {
                return Err(self.over(format!("more than {} documents", self.limits.documents)));
            }
            let parent = (!instead.is_empty()).then(|| from.clone());
            self.due.push(Step { document, depth, instead, parent });
        }
        Ok(())
    }

    fn judged(&mut self, mut items: Vec<Item>) -> Vec<Item> {
        self.note(&items);
        items.retain(|item| self.query.matches(item));
        items
    }

    /// Whether they match or not, their collections are there.
    fn note(&mut self, items: &[Item]) {
        for id in items.iter().filter_map(|item| item.collection.as_ref()) {
            if !self.gathered.collections.contains(id) {
                self.gathered.collections.insert(id.clone());
            }
        }
    }

    /// Keeps items that match.
    fn keep(&mut self, items: Vec<Item>, document: &Document, own: Own) {
        let mut settler = Settler::of(document);
        for mut item in items {
            match settler.settle(&mut item, own) {
                Ok(()) => self.gathered.items.push(item),
                Err(e) => self.gathered.problems.push(Problem::of(format!("{}: item {}", document.url(), item.id), &e)),
            }
        }
    }

    fn over(&self, found: String) -> Error {
        Error::new(Family::OverLimit, "search", format!("the catalog has {found}"), "a smaller catalog, or a deeper part of it")
            .hint("search one of its collections by its own URL")
    }
}

async fn answer(catalog: &Catalog, query: &Query, document: &Document) -> Result<Answer> {
    if document.is_table() {
        let rows = catalog.rows(document, query).await?;
        return Ok(Answer::Rows(rows, catalog.table(document).await?.table.collection_ids()));
    }
    Ok(Answer::Node(catalog.read(document).await?))
}

/// Scheme and host of a URL; nothing for a file.
fn host(document: &Document) -> String {
    let url = document.url();
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()),
        None => String::new(),
    }
}
