use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;
use swath_stac::collection::{Extent, roll_up};
use swath_stac::layout::relative;
use swath_stac::link::{GEOJSON, JSON};
use swath_stac::{Collection, Item, Link, geoparquet, pretty};

use super::document::Document;
use super::items::load;
use super::tree::Tree;
use super::{Desk, Merge, Shared};
use crate::Result;
use crate::publish::files::Kind;
use crate::publish::remote::Remote;

/// What becomes of one collection.
struct Outcome {
    state: State,
    /// What it will say; `None` for a Catalog.
    collection: Option<Collection>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// As the build has it.
    Built,
    /// Somebody else's, as it is there.
    Untouched,
    /// With items of several publishers.
    Mixed,
    /// Nothing is left in it.
    Gone,
}

/// Whose words about the collection itself hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Same,
    Ours,
    Theirs,
}

/// Every shared document, children before parents, so that a parent knows what its children will say.
pub(super) async fn make<R: Remote>(desk: &Desk<'_, R>, tree: &Tree) -> Result<Merge> {
    let mut outcomes: BTreeMap<&str, Outcome> = BTreeMap::new();
    let mut merge = Merge::default();
    for path in &tree.order {
        let (ours, found) = (tree.ours.get(path), tree.found.get(path));
        let Some(either) = ours.or(found) else { continue };
        let is = |child: &str, state: State| outcomes.get(child).is_some_and(|outcome| outcome.state == state);
        let (items, rows) = (tree.others_items(desk, path), tree.others_rows(desk, path));
        let mut children = tree.others_children(desk, path);
        children.retain(|child| !is(child, State::Gone));
        let lost = found.is_some_and(|found| {
            let in_table = tree.tables.get(path).and_then(|table| table.rows.as_ref()).into_iter().flat_map(|rows| rows.keys());
            found.items.keys().chain(in_table).any(|item| desk.gone.contains(item))
                || found.children.keys().any(|child| is(child, State::Gone))
        });
        let words = ours.map_or(Words::Theirs, |ours| words(desk, path, ours, found, &mut merge.notes));
        let state = match ours {
            None if desk.gone.contains(path) && items.is_empty() && children.is_empty() => State::Gone,
            None if !lost => State::Untouched,
            None => State::Mixed,
            Some(ours) => {
                let as_built = items.is_empty()
                    && rows.is_empty()
                    && children.is_empty()
                    && words != Words::Theirs
                    && !ours.items.keys().any(|item| desk.theirs.contains_key(item))
                    && !ours.children.keys().any(|child| is(child, State::Mixed));
                if as_built { State::Built } else { State::Mixed }
            }
        };
        let mut collection = either.collection();
        if state == State::Mixed {
            let base = if words == Words::Ours { ours.unwrap_or(either) } else { found.unwrap_or(either) };
            let mixture = Mixture { desk, tree, path, base, ours, found, items, rows, children, outcomes: &outcomes };
            collection = mixture.write(&mut merge).await?;
        } else {
            plain(desk, tree, path, state, &mut merge);
        }
        outcomes.insert(path, Outcome { state, collection });
    }
    Ok(merge)
}

/// A collection that needs no merging, and its table.
fn plain<R: Remote>(desk: &Desk<'_, R>, tree: &Tree, path: &str, state: State, merge: &mut Merge) {
    let found = tree.found.get(path).and_then(|document| document.found.clone());
    let table = tree.tables.get(path);
    match state {
        State::Gone => {
            merge.dropped.insert(path.to_owned());
            merge.dropped.extend(tree.found.get(path).and_then(|document| document.mirror.clone()));
        }
        State::Built => {
            merge.shared.push(Shared { path: path.to_owned(), kind: kind(tree, path), body: None, found });
            if let Some(table) = table.filter(|table| desk.files.contains_key(&table.path)) {
                merge.shared.push(Shared { path: table.path.clone(), kind: Kind::Table, body: None, found: Some(table.found.clone()) });
            }
        }
        State::Untouched | State::Mixed => {}
    }
}

fn kind(tree: &Tree, path: &str) -> Kind {
    if path == tree.root { Kind::Root } else { Kind::Collection }
}

/// Whoever changed a description last has the word; a build that is new here keeps the one that is there.
fn words<R: Remote>(desk: &Desk<'_, R>, path: &str, ours: &Document, found: Option<&Document>, notes: &mut Vec<String>) -> Words {
    let Some(found) = found else { return Words::Ours };
    let said = ours.description();
    if found.description() == said {
        return Words::Same;
    }
    let published = desk.record.and_then(|record| record.described.get(path));
    let attempted = desk.record.is_some_and(|record| record.attempted.contains_key(path));
    let by_others = desk.world.named(path).is_none_or(|named| named.by.iter().any(|by| by != desk.publisher));
    match published {
        Some(published) if *published == said => Words::Theirs,
        Some(_) => Words::Ours,
        None if attempted || !by_others => Words::Ours,
        None => {
            notes.push(format!("{path}: title, description and licence stay as somebody else published them"));
            Words::Theirs
        }
    }
}

/// A collection with items or children of several publishers.
struct Mixture<'a, R> {
    desk: &'a Desk<'a, R>,
    tree: &'a Tree,
    path: &'a str,
    base: &'a Document,
    ours: Option<&'a Document>,
    found: Option<&'a Document>,
    /// Those of others that are linked, and those that are in the table.
    items: BTreeSet<String>,
    rows: BTreeSet<String>,
    children: BTreeSet<String>,
    outcomes: &'a BTreeMap<&'a str, Outcome>,
}

impl<R: Remote> Mixture<'_, R> {
    /// Adds the document, and its table where it has one; what it says.
    async fn write(mut self, merge: &mut Merge) -> Result<Option<Collection>> {
        let own = self.ours.into_iter().flat_map(|ours| ours.items.keys()).filter(|path| self.desk.files.contains_key(*path));
        let own: BTreeSet<String> = own.cloned().collect();
        self.items.extend(own.iter().cloned());
        self.rows.extend(own);
        let all = self.items.union(&self.rows).cloned().collect();
        let mut rows = load(self.desk, self.tree, self.path, &all).await?;
        let items: BTreeMap<String, Item> = rows.clone().into_iter().filter(|(path, _)| self.items.contains(path)).collect();
        rows.retain(|path, _| self.rows.contains(path));
        let found = self.found.and_then(|document| document.found.clone());
        let shared = |body: Bytes| Shared { path: self.path.to_owned(), kind: kind(self.tree, self.path), body: Some(body), found };
        let links = self.links(&items);
        let Some(mut collection) = self.base.collection() else {
            let mut value = self.base.value.clone();
            value["links"] = serde_json::to_value(&links).unwrap_or_default();
            merge.shared.push(shared(pretty(&value)?.into()));
            return Ok(None);
        };
        collection.links = links;
        match self.table(&mut collection, &items, rows.into_values().collect())? {
            Some((path, bytes)) => {
                let found = self.tree.tables.get(self.path).map(|table| table.found.clone());
                merge.shared.push(Shared { path, kind: Kind::Table, body: Some(bytes), found });
            }
            None => merge.dropped.extend(self.found.and_then(|d| d.mirror.clone()).filter(|path| !self.desk.files.contains_key(path))),
        }
        merge.shared.push(shared(pretty(&collection)?.into()));
        Ok(Some(collection))
    }

    /// Rolls the items up, and writes their table where the collection has one. What is derived is derived from the rows, in which
    /// the items of all publishers are spelled alike.
    fn table(&self, collection: &mut Collection, items: &BTreeMap<String, Item>, rows: Vec<Item>) -> Result<Option<(String, Bytes)>> {
        let mirror = |collection: &Collection| {
            let (key, asset) = collection.assets.iter().find(|(_, asset)| asset.has_role("collection-mirror"))?;
            Some((key.clone(), asset.clone()))
        };
        let linked: Vec<Item> = items.values().cloned().collect();
        let asset = mirror(collection).or_else(|| mirror(&self.ours?.collection()?)).or_else(|| mirror(&self.found?.collection()?));
        let path = self.base.mirror.clone().or_else(|| self.ours?.mirror.clone()).or_else(|| self.found?.mirror.clone());
        let (Some((key, asset)), Some(path)) = (asset, path) else {
            self.extend(collection, &linked);
            return Ok(None);
        };
        if rows.is_empty() {
            collection.assets.shift_remove(&key);
            self.extend(collection, &linked);
            return Ok(None);
        }
        collection.assets.insert(key, asset);
        let mut spelled = if linked.is_empty() { Vec::new() } else { geoparquet::read(geoparquet::write(&linked, None)?)? };
        spelled.sort_by(|a, b| a.id.cmp(&b.id));
        self.extend(collection, &spelled.iter().map(geoparquet::as_placed).collect::<Vec<_>>());
        Ok(Some((path, geoparquet::write(&rows, Some(collection))?)))
    }

    /// What a collection says of its items, else of its children.
    fn extend(&self, collection: &mut Collection, items: &[Item]) {
        if !items.is_empty() {
            roll_up(collection, items);
        }
        let below: Vec<&Extent> = self
            .all_children()
            .iter()
            .filter_map(|child| self.outcomes.get(child.as_str())?.collection.as_ref())
            .map(|child| &child.extent)
            .collect();
        if !below.is_empty() {
            let own = (!items.is_empty()).then(|| collection.extent.clone());
            collection.extent = Extent::of_extents(below.into_iter().chain(own.as_ref()));
        }
    }

    fn all_children(&self) -> BTreeSet<String> {
        let own = self.ours.into_iter().flat_map(|ours| ours.children.keys());
        own.chain(&self.children).cloned().collect()
    }

    /// Links to every item and child that is left, in the order of their paths.
    fn links(&self, items: &BTreeMap<String, Item>) -> Vec<Link> {
        let known = |links: fn(&Document) -> &BTreeMap<String, Link>, path: &str| {
            let ours = self.ours.and_then(|ours| links(ours).get(path));
            ours.or_else(|| self.found.and_then(|found| links(found).get(path))).cloned()
        };
        let new = |rel: &str, path: &str, media_type: &str| Link::new(rel, relative(self.path, path)).media_type(media_type);
        let mut links: Vec<Link> = Vec::new();
        let (above, beside): (Vec<Link>, Vec<Link>) = self.base.links().into_iter().partition(Link::is_structural);
        links.extend(above.into_iter().filter(|link| !matches!(link.rel.as_str(), "item" | "child")));
        for (path, item) in items {
            let link = known(|document| &document.items, path).unwrap_or_else(|| new("item", path, GEOJSON));
            links.push(link.title(item.properties.get("title").and_then(Value::as_str)));
        }
        for path in self.all_children() {
            let link = known(|document| &document.children, &path).unwrap_or_else(|| new("child", &path, JSON));
            let title = self.outcomes.get(path.as_str()).and_then(|child| child.collection.as_ref()).map(|child| child.title.clone());
            links.push(match title {
                Some(title) => link.title(title.as_deref()),
                None => link,
            });
        }
        links.extend(beside);
        links
    }
}
