use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};

use super::Desk;
use super::document::{Document, is_item_of};
use super::read::{Table, object, table};
use crate::publish::files::Kind;
use crate::publish::owner::ROOTS;
use crate::publish::remote::Remote;
use crate::publish::run::AT_ONCE;
use crate::{Error, Family, Result};

/// The collections of the build, those that are there, and the tables that are there, by the paths of the collections.
pub(super) struct Tree {
    pub ours: BTreeMap<String, Document>,
    pub found: BTreeMap<String, Document>,
    pub tables: BTreeMap<String, Table>,
    /// Every collection, children before parents.
    pub order: Vec<String>,
    pub root: String,
}

/// Collections that are read at most.
const MOST: usize = 100_000;

impl Tree {
    pub async fn read<R: Remote>(desk: &Desk<'_, R>) -> Result<Self> {
        let mut ours = BTreeMap::new();
        let mut root = ROOTS[0].to_owned();
        for file in desk.files.values().filter(|file| matches!(file.kind, Kind::Root | Kind::Collection)) {
            let path = desk.build.join(&file.path);
            let bytes = std::fs::read(&path).map_err(|e| Error::file(&path, &e))?;
            if file.kind == Kind::Root {
                root.clone_from(&file.path);
            }
            ours.extend(Document::parse(&file.path, &bytes, None).map(|document| (file.path.clone(), document)));
        }
        let found = found(desk, &ours, &root).await?;
        let order = children_first(&root, &ours, &found);
        let mut tree = Self { ours, found, tables: BTreeMap::new(), order, root };
        tree.read_tables(desk).await?;
        Ok(tree)
    }
    async fn read_tables<R: Remote>(&mut self, desk: &Desk<'_, R>) -> Result<()> {
        let touched = |collection: &&String| {
            self.ours.contains_key(*collection)
                || self.found.get(*collection).is_some_and(|d| d.items.keys().any(|i| desk.gone.contains(i)))
        };
        let named = |collection: &String| {
            let mirror = |documents: &BTreeMap<String, Document>| documents.get(collection).and_then(|document| document.mirror.clone());
            let path = mirror(&self.found).or_else(|| mirror(&self.ours))?;
            Some((collection.clone(), path))
        };
        let due: Vec<(String, String)> = self.order.iter().filter(touched).filter_map(named).collect();
        let read = async |(collection, path): (String, String)| {
            Ok::<_, Error>(table(desk, &collection, &path).await?.map(|table| (collection, table)))
        };
        let tables: Vec<_> = stream::iter(due.into_iter().map(read)).buffered(AT_ONCE).try_collect().await?;
        self.tables = tables.into_iter().flatten().collect();
        Ok(())
    }
    /// Items of others that a collection links, and those that lost their link while two builds called them their own.
    pub fn others_items<R>(&self, desk: &Desk<'_, R>, collection: &str) -> BTreeSet<String> {
        let linked = self.found.get(collection).into_iter().flat_map(|document| document.items.keys());
        let all = linked.chain(self.unlinked(desk, collection));
        all.filter(|path| !desk.files.contains_key(*path) && !desk.gone.contains(*path)).cloned().collect()
    }
    /// Items of others in a collection's table. It is a document of its own: what somebody is about to add is in it before it is linked,
    /// and what somebody takes back is in it no more while it still is linked. Where there is none that can be read, those that are linked.
    pub fn others_rows<R>(&self, desk: &Desk<'_, R>, collection: &str) -> BTreeSet<String> {
        let Some(rows) = self.tables.get(collection).and_then(|table| table.rows.as_ref()) else {
            return self.others_items(desk, collection);
        };
        let all = rows.keys().chain(self.unlinked(desk, collection));
        all.filter(|path| !desk.files.contains_key(*path) && !desk.gone.contains(*path)).cloned().collect()
    }
    /// Items that at least two builds have: nobody may take them back now, so whoever took their link lost the race for it. An item of
    /// one build only may just be on its way out.
    fn unlinked<'a, R>(&self, desk: &Desk<'a, R>, collection: &str) -> impl Iterator<Item = &'a String> {
        let kept = desk.kept.iter().filter(|(_, published)| published.kind == Some(Kind::Item) && published.by.len() > 1);
        kept.map(|(path, _)| path).filter(move |path| is_item_of(collection, path))
    }
    /// Collections of others below one.
    pub fn others_children<R>(&self, desk: &Desk<'_, R>, collection: &str) -> BTreeSet<String> {
        let linked = self.found.get(collection).into_iter().flat_map(|document| document.children.keys());
        linked.filter(|path| !desk.files.contains_key(*path)).cloned().collect()
    }
}

/// Everything that the root there leads to, and whatever is there under the names of the build's own collections.
async fn found<R: Remote>(desk: &Desk<'_, R>, ours: &BTreeMap<String, Document>, root: &str) -> Result<BTreeMap<String, Document>> {
    let mut found = BTreeMap::new();
    let is_there = |path: &&String| desk.world.entry(path).is_some();
    let mut due: BTreeSet<String> = ours.keys().filter(is_there).cloned().collect();
    due.insert(root.to_owned());
    let mut seen = due.clone();
    while !due.is_empty() {
        let read = async |path: String| Ok::<_, Error>((object(&path, desk.remote).await?, path));
        let batch: Vec<_> = stream::iter(std::mem::take(&mut due).into_iter().map(read)).buffered(AT_ONCE).try_collect().await?;
        for (object, path) in batch {
            let Some((fetched, version)) = object else { continue };
            let Some(document) = Document::parse(&path, &fetched.bytes, Some(version)) else {
                if !ours.contains_key(&path) {
                    continue;
                }
                return Err(Error::new(Family::Damaged, desk.remote.url_of(&path), "is no JSON", "a document to merge the build into")
                    .hint("`swath publish --mirror` replaces what is there by the build"));
            };
            due.extend(document.children.keys().filter(|child| seen.insert((*child).clone())).cloned());
            found.insert(path, document);
        }
        if seen.len() > MOST {
            return Err(Error::new(Family::OverLimit, desk.remote.url(), format!("more than {MOST} collections"), ""));
        }
    }
    Ok(found)
}

fn children_first(root: &str, ours: &BTreeMap<String, Document>, found: &BTreeMap<String, Document>) -> Vec<String> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    // What no root leads to comes first.
    for start in ours.keys().chain(found.keys()).map(String::as_str).filter(|path| *path != root).chain([root]) {
        let mut due = vec![(start.to_owned(), false)];
        while let Some((path, is_done)) = due.pop() {
            if is_done {
                order.push(path);
                continue;
            }
            if !seen.insert(path.clone()) {
                continue;
            }
            due.push((path.clone(), true));
            let children = |documents: &BTreeMap<String, Document>| {
                documents.get(&path).map(|document| document.children.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
            };
            due.extend(children(ours).into_iter().chain(children(found)).map(|child| (child, false)));
        }
    }
    order
}
