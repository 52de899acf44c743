use std::collections::HashSet;
use std::sync::Arc;

use futures::future::join_all;
use swath_stac::Collection;

use super::{Catalog, Document, Node, Tree};
use crate::search::api;
use crate::{Error, Family, Result};

/// Level by level, the documents of one level at once.
pub(super) async fn of(catalog: &Catalog) -> Result<Vec<Collection>> {
    let root = catalog.root();
    let tree = match catalog.node() {
        Node::Table => return Ok(catalog.table(root).await?.table.collections().to_vec()),
        Node::Tree(tree) => tree.clone(),
        Node::Item(_) | Node::Items(_) => return Ok(Vec::new()),
    };
    if let Some(address) = tree.landing.as_ref().and_then(|landing| landing.collections.as_ref()) {
        return api::collections(root, address, catalog.limits()).await;
    }
    let (limits, mut seen) = (catalog.limits(), HashSet::from([root.url()]));
    let mut level: Vec<(Document, Arc<Tree>)> = vec![(root.clone(), tree)];
    let mut found = Vec::new();
    for _ in 0..=limits.depth {
        let mut due = Vec::new();
        for (document, tree) in level {
            let children = tree.children.iter().filter_map(|href| document.follow(href).ok());
            due.extend(children.filter(|child| seen.insert(child.url())));
            found.extend(tree.collection.as_deref().cloned());
        }
        if seen.len() > limits.documents {
            let found = format!("the catalog has more than {} documents", limits.documents);
            return Err(Error::new(Family::OverLimit, catalog.url(), found, "a smaller catalog, or a deeper part of it"));
        }
        level = Vec::new();
        for some in due.chunks(limits.at_once.max(1)) {
            let read = join_all(some.iter().map(|document| catalog.read(document))).await;
            level.extend(some.iter().zip(read).filter_map(|(document, node)| match node {
                Ok(Node::Tree(tree)) => Some((document.clone(), tree)),
                _ => None,
            }));
        }
        if level.is_empty() {
            break;
        }
    }
    Ok(found)
}
