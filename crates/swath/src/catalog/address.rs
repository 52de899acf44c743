use std::path::Path;

use futures::future::join_all;
use swath_stac::{Item, Link};
use swath_store::{Credentials, Store};

use super::Node;
use crate::{Error, Family, Result};

/// One document of a catalog: where it is, and with what it is read.
#[derive(Clone)]
pub struct Document {
    pub store: Store,
    /// In the store.
    pub path: String,
}

/// Names of a root, in the order in which they are tried.
const ROOTS: &[&str] = &["collection.json", "catalog.json", "items.parquet"];
/// Endings of names that are documents themselves.
const ENDINGS: &[&str] = &[".json", ".geojson", ".ndjson", ".jsonl", ".parquet", ".geoparquet"];
/// Metadata of one document, at most: larger ones are no STAC JSON but a mistake or an attack.
const LARGEST: u64 = 64 << 20;

/// Finds the root of a catalog: the URL or folder of its tree, one document in it (`.json`, `.parquet`), or what a STAC API answers
/// at the URL itself.
///
/// A table that was named is not looked at yet.
///
/// # Errors
/// Absent where there is neither, Refused where credentials are missing, Damaged where the document is no STAC.
pub(crate) async fn find(place: &str, credentials: &Credentials) -> Result<(Document, Node)> {
    let bare = place.split(['?', '#']).next().unwrap_or_default();
    let is_document = ENDINGS.iter().any(|ending| bare.to_ascii_lowercase().ends_with(ending)) && !Path::new(place).is_dir();
    if is_document {
        let (store, path) = Store::open_beside(place, credentials)?;
        let document = Document { store, path };
        let node = if document.is_table() { Node::Table } else { document.read().await? };
        return Ok((document, node));
    }
    let store = Store::open(place, credentials)?;
    let at = |name: &str| Document { store: store.clone(), path: name.to_owned() };
    let first = at(ROOTS[0]);
    let mut answers = vec![(first.read().await, first)];
    if answers[0].0.is_err() {
        let own = store.is_remote().then_some("");
        let others = ROOTS[1..].iter().copied().chain(own).map(|name| async move { (at(name).read().await, at(name)) });
        answers.extend(join_all(others).await);
    }
    // A server may hide what is absent behind a refusal or a page for people; the first such word counts when nothing is found.
    let mut said = None;
    for (answer, document) in answers {
        match answer {
            Ok(node) => return Ok((document, node)),
            Err(e) if e.family == Family::Absent => {}
            // A page for people, or a store whose objects all have names: there is no API.
            Err(e) if matches!(e.family, Family::Damaged | Family::Misuse) && document.path.is_empty() => {}
            Err(e) => drop(said.get_or_insert(e)),
        }
    }
    Err(said.unwrap_or_else(|| {
        let right = format!("one of {} is expected in it, or a STAC API at it", ROOTS.join(", "));
        Error::new(Family::Absent, store.url(), "no catalog", right)
            .hint("name the folder that holds the root collection.json, or the document itself")
    }))
}

impl Document {
    /// The URL or path, without any secret.
    pub fn url(&self) -> String {
        self.store.url_of(&self.path)
    }

    pub fn is_table(&self) -> bool {
        self.path.to_ascii_lowercase().ends_with("parquet")
    }

    /// Of a table only whether it is there.
    ///
    /// # Errors
    /// Absent, Refused, Unreachable; Damaged where the document is no STAC; OverLimit where it is too large for metadata.
    pub async fn read(&self) -> Result<Node> {
        if self.is_table() {
            self.store.head(&self.path).await?;
            return Ok(Node::Table);
        }
        let bytes = self.store.get_at_most(&self.path, LARGEST).await?.bytes;
        Node::parse(&self.url(), &bytes)
    }

    /// Where a reference in this document leads.
    ///
    /// # Errors
    /// Damaged where a remote document leads to a local file or into this machine's own network.
    pub fn follow(&self, href: &str) -> Result<Self> {
        let (store, path) = self.store.resolve(&self.path, href)?;
        Ok(Self { store, path })
    }

    /// A reference as an absolute address: a URL, or a path on this machine. It carries no token of ours; what a remote document must
    /// not name is an error.
    fn absolute(&self, href: &str) -> Result<String> {
        if let Some((scheme, _)) = href.split_once("://") {
            // Other stores' schemes are for readers that know them.
            let known = matches!(scheme, "http" | "https" | "file");
            if known {
                self.follow(href)?;
            }
            return Ok(href.to_owned());
        }
        let target = self.follow(href)?;
        let url = target.url();
        if url.contains("://") {
            return Ok(url);
        }
        let absolute = std::path::absolute(&url).map_err(|e| Error::file(Path::new(&url), &e))?;
        Ok(absolute.display().to_string())
    }
}

/// Makes the references of an item that was found in `document` absolute. `own` says that the document is the item itself, and not a
/// table or a list that holds it.
///
/// # Errors
/// Damaged where an asset leads to what a remote document must not name.
pub(crate) fn settle(item: &mut Item, document: &Document, own: Own) -> Result<()> {
    let named = |e: Error| Error { at: format!("{}: item {}", document.url(), item.id), ..e };
    for asset in item.assets.values_mut() {
        asset.href = document.absolute(&asset.href).map_err(&named)?;
    }
    let mut links = Vec::with_capacity(item.links.len() + 1);
    for mut link in item.links.drain(..) {
        // A link that leads nowhere is no reason to lose the item.
        if link.rel == "self" && own == Own::Yes {
            continue;
        }
        if let Ok(href) = document.absolute(&link.href) {
            link.href = href;
            links.push(link);
        }
    }
    if own == Own::Yes {
        links.push(
            Link::new("self", document.absolute(&encoded_name(&document.path)).unwrap_or_else(|_| document.url()))
                .media_type(swath_stac::link::GEOJSON),
        );
    }
    item.links = links;
    Ok(())
}

/// Whether a document is the item itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    Yes,
    No,
}

/// The document's own name as a reference from itself.
fn encoded_name(path: &str) -> String {
    swath_stac::layout::relative(path, path)
}
