use std::collections::{BTreeSet, HashSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use swath_stac::{Item, Query};

use super::{Effect, Limits, Problem};
use crate::catalog::{Document, Node, Own, Tree, settle};
use crate::{Error, Family, Result};

/// A walk through the documents of a catalog, each read once, many at a time.
pub(super) struct Walk<'q> {
    query: &'q Query,
    limits: Limits,
    seen: HashSet<String>,
    due: Vec<Step>,
    pub items: Vec<Item>,
    pub problems: Vec<Problem>,
    /// Ids of collections that hold items.
    pub collections: BTreeSet<String>,
    pub documents: usize,
    pub tables: usize,
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

impl<'q> Walk<'q> {
    pub fn new(query: &'q Query, limits: Limits) -> Self {
        let (seen, due) = (HashSet::new(), Vec::new());
        let (items, problems, collections) = (Vec::new(), Vec::new(), BTreeSet::new());
        Self { query, limits, seen, due, items, problems, collections, documents: 0, tables: 0 }
    }

    /// # Errors
    /// OverLimit; Refused and Unreachable where a whole server says no.
    pub async fn run(&mut self, root: Document, node: Node) -> Result<()> {
        let store = root.store.clone();
        self.seen.insert(root.url());
        self.take(Step { document: root, depth: 0, instead: Vec::new(), parent: None }, Ok(node))?;
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < self.limits.at_once
                && let Some(step) = self.due.pop()
            {
                under_way.push(async move {
                    let node = step.document.read().await;
                    (step, node)
                });
            }
            let Some((step, node)) = under_way.next().await else { return Ok(()) };
            self.take(step, node)?;
            if store.counts().received > self.limits.bytes {
                return Err(self.over(format!("more than {} bytes", self.limits.bytes)));
            }
        }
    }

    fn take(&mut self, step: Step, node: Result<Node>) -> Result<()> {
        if step.document.is_table() {
            self.tables += 1
        } else {
            self.documents += 1
        }
        match node {
            Ok(Node::Tree(tree)) => self.tree(&step, &tree),
            Ok(Node::Item(item)) => {
                self.keep(*item, &step.document, Own::Yes);
                Ok(())
            }
            Ok(Node::Items(items)) => {
                items.into_iter().for_each(|item| self.keep(item, &step.document, Own::No));
                Ok(())
            }
            // The same answer awaits every other document there.
            Err(e) if matches!(e.family, Family::Refused | Family::Unreachable) => Err(e),
            Err(e) => {
                let effect = if step.instead.is_empty() { Effect::Missing } else { Effect::Slower };
                self.problems.push(Problem { effect, ..Problem::of(step.document.url(), &e) });
                let Some(parent) = &step.parent else { return Ok(()) };
                step.instead.iter().try_for_each(|href| self.follow(parent, href, step.depth, Vec::new()))
            }
        }
    }

    fn tree(&mut self, step: &Step, tree: &Tree) -> Result<()> {
        let depth = step.depth + 1;
        for href in &tree.children {
            self.follow(&step.document, href, depth, Vec::new())?;
        }
        if !tree.items.is_empty() || !tree.tables.is_empty() {
            self.collections.insert(tree.id.clone());
        }
        if !self.query.wants_collection(&tree.id) || !self.query.may_match(tree.place, &tree.time) {
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
                self.problems.push(Problem::of(from.url(), &e));
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

    fn keep(&mut self, mut item: Item, document: &Document, own: Own) {
        if let Some(id) = item.collection.as_ref().filter(|id| !self.collections.contains(*id)) {
            self.collections.insert(id.clone());
        }
        if !self.query.matches(&item) {
            return;
        }
        match settle(&mut item, document, own) {
            Ok(()) => self.items.push(item),
            Err(e) => self.problems.push(Problem::of(format!("{}: item {}", document.url(), item.id), &e)),
        }
    }

    fn over(&self, found: String) -> Error {
        Error::new(Family::OverLimit, "search", format!("the catalog has {found}"), "a smaller catalog, or a deeper part of it")
            .hint("search one of its collections by its own URL")
    }
}
