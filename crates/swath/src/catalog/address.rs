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

/// Makes references absolute of items that were all found in one document.
pub(crate) struct Settler<'d> {
    document: &'d Document,
    /// The folder of the last reference elsewhere that may be followed: others beside it may be, too.
    reached: String,
}

impl<'d> Settler<'d> {
    pub fn of(document: &'d Document) -> Self {
        Self { document, reached: String::new() }
    }

    /// Makes the references of an item absolute. `own` says that the document is the item itself, and not a table or a list that holds it.
    ///
    /// # Errors
    /// Damaged where an asset leads to what a remote document must not name.
    pub fn settle(&mut self, item: &mut Item, own: Own) -> Result<()> {
        let document = self.document;
        for asset in item.assets.values_mut() {
            let named = |e: Error| Error { at: format!("{}: item {}", document.url(), item.id), ..e };
            self.absolute(&mut asset.href).map_err(named)?;
        }
        let mut links = Vec::with_capacity(item.links.len() + 1);
        for mut link in item.links.drain(..) {
            // A link that leads nowhere is no reason to lose the item.
            if link.rel == "self" && own == Own::Yes {
                continue;
            }
            if self.absolute(&mut link.href).is_ok() {
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

    fn absolute(&mut self, href: &mut String) -> Result<()> {
        let elsewhere = folder(href);
        if elsewhere.is_some_and(|folder| folder == self.reached) {
            return Ok(());
        }
        let absolute = self.document.absolute(href)?;
        if let Some(folder) = elsewhere.filter(|_| absolute == *href) {
            folder.clone_into(&mut self.reached);
        }
        *href = absolute;
        Ok(())
    }
}

/// The folder of an absolute reference to a file of a plain name, which is no reason to follow one reference and not another.
fn folder(href: &str) -> Option<&str> {
    let (folder, name) = href.rsplit_once('/')?;
    let plain = !name.starts_with('.') && !name.ends_with('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let place = folder.split_once("://")?.1;
    (plain && !name.is_empty() && !place.is_empty() && !place.contains(['?', '#'])).then_some(folder)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_judged_together_and_hosts_are_not() {
        for (href, expected) in [
            ("https://host/a/b.tif", Some("https://host/a")),
            ("https://host/b.tif", Some("https://host")),
            ("https://host", None),
            ("https://host/", None),
            ("https://host/a/..", None),
            ("https://host/a/b.tif?x=1", None),
            ("https://host/a?x=/b", None),
            ("https://host/a#/b", None),
            ("https://host/a\\b", None),
            ("https:///b.tif", None),
            ("a/b.tif", None),
        ] {
            assert_eq!(folder(href), expected, "{href}");
        }
    }

    #[test]
    fn what_must_not_be_named_is_seen_beside_what_may() {
        let (store, path) = Store::open_beside("https://host/items.parquet", &Credentials::anonymous()).unwrap();
        let document = Document { store, path };
        let mut settler = Settler::of(&document);
        for (href, right) in [
            ("https://host/a.tif", true),
            ("https://else/x/a.tif", true),
            ("https://else/x/b.tif", true),
            ("http://127.0.0.1/x/b.tif", false),
            ("https://else/x/c.tif", true),
            ("file:///etc/passwd", false),
            ("file:///etc/passwd", false),
        ] {
            let mut item = Item::new("a");
            item.assets.insert("a".into(), swath_stac::Asset::new(href));
            assert_eq!(settler.settle(&mut item, Own::No).is_ok(), right, "{href}");
            assert_eq!(item.assets["a"].href, href);
        }
    }
}
