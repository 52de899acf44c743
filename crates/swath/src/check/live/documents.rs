use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use sha2::{Digest, Sha256};
use swath_stac::check::Finding;
use swath_store::{Family as StoreFamily, Look, Seen, Store};

use super::object::{Judge, PUBLISH};
use super::place::Place;
use super::{presented, references};
use crate::Result;
use crate::publish::{Kind, Published};

/// Documents under way at one time.
const AT_ONCE: usize = 32;
/// A catalog is other people's, and may have no end.
const MOST: usize = 200_000;
/// A table above this is no index but data; it is held against the manifest by its size alone.
const LARGEST_TABLE: u64 = 1 << 30;

/// All documents of a catalog that are as they were published.
#[derive(Default)]
pub(super) struct Documents {
    pub texts: BTreeMap<String, String>,
    pub tables: BTreeMap<String, Bytes>,
    /// Those that a reader does not get, or not as published.
    pub lost: BTreeSet<String>,
    /// Of those that are as published: the version that the manifest recorded, or another.
    pub same_version: usize,
    pub findings: Vec<Finding>,
    /// The root's version and presentation.
    pub root: Option<Seen>,
}

/// What came of one document.
struct Answer {
    path: String,
    seen: swath_store::Result<Seen>,
    /// The document that led here.
    from: Option<String>,
}

/// Reads every document that the manifest names or that links lead to, each once.
///
/// # Errors
/// Refused where the root is; Unreachable where too much is.
pub(super) async fn read(place: &Place, judge: &Judge) -> Result<Documents> {
    let mut documents = Documents::default();
    let published = place.manifest.iter().flat_map(|m| &m.objects);
    let named = published.filter(|(path, p)| is_document(path) && (path.ends_with(".json") || p.size <= LARGEST_TABLE));
    let mut due: Vec<(String, Option<String>)> = named.map(|(path, _)| (path.clone(), None)).collect();
    due.push((place.root.clone(), None));
    let mut known: BTreeSet<String> = BTreeSet::new();
    due.retain(|(path, _)| known.insert(path.clone()));
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some((path, from)) = due.pop()
        {
            let store = place.store.clone();
            under_way.push(async move { Answer { seen: fetch(&store, &path).await, path, from } });
        }
        let Some(answer) = under_way.next().await else { break };
        let path = answer.path.clone();
        for next in documents.take(answer, place, judge)? {
            if known.len() < MOST && known.insert(next.clone()) {
                due.push((next, Some(path.clone())));
            }
        }
    }
    if known.len() == MOST {
        let found = format!("more than {MOST} documents; the rest was not read");
        documents.findings.push(Finding::warning("LIVE-UNREAD", &place.root, found, "a check of each collection by its own address"));
    }
    Ok(documents)
}

/// By its name.
pub(super) fn is_document(path: &str) -> bool {
    [".json", ".geojson", ".parquet"].iter().any(|ending| path.ends_with(ending))
}

async fn fetch(store: &Store, path: &str) -> swath_store::Result<Seen> {
    store.look(path, &Look::default()).await
}

impl Documents {
    /// Judges one document; the paths of others that it leads to.
    fn take(&mut self, answer: Answer, place: &Place, judge: &Judge) -> Result<Vec<String>> {
        let Answer { path, seen, from } = answer;
        let published = place.manifest.as_ref().and_then(|m| m.objects.get(&path));
        let seen = match seen {
            Ok(seen) => seen,
            Err(e) if path == place.root && e.family != StoreFamily::Absent => return Err(e.into()),
            Err(e) => {
                // What a link leads to in vain is told at the link.
                if published.is_some() || e.family != StoreFamily::Absent {
                    self.findings.push(judge.finding(&path, published.is_some(), &place.store.url_of(&path), e)?);
                    self.lost.insert(path);
                }
                return Ok(Vec::new());
            }
        };
        let before = self.findings.len();
        if let Some(published) = published {
            self.findings.extend(contradiction(&path, &seen, published));
        }
        let is_lost = self.findings.len() > before;
        if seen.agrees() == Some(false) {
            let found = "the Content-MD5 that its server keeps is not that of its bytes";
            self.findings.push(Finding::error("LIVE-MD5", &path, found, "the checksum of the bytes").fix(PUBLISH));
        }
        if is_lost {
            self.lost.insert(path);
            return Ok(Vec::new());
        }
        self.same_version += usize::from(published.is_some_and(|p| p.etag.is_some() && p.etag == seen.etag));
        Ok(self.keep(path, seen, from.as_deref(), place))
    }

    /// A folder presents nothing, and a bucket is not asked how it does.
    fn present(&mut self, path: &str, kind: Kind, seen: &Seen, place: &Place) {
        if place.store.speaks_http() {
            self.findings.extend(presented::check(path, kind, seen, place.store.azure_place().as_ref()));
        }
    }
    fn keep(&mut self, path: String, seen: Seen, from: Option<&str>, place: &Place) -> Vec<String> {
        let bytes = seen.bytes.clone();
        if path.ends_with(".parquet") {
            self.present(&path, Kind::Document, &seen, place);
            self.tables.insert(path, bytes);
            return Vec::new();
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let document: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let kind = match document["type"].as_str() {
            Some("Feature") => Kind::Item,
            Some("Collection" | "Catalog") if path == place.root => Kind::Root,
            Some("Collection" | "Catalog") => Kind::Collection,
            _ => Kind::Document,
        };
        self.present(&path, kind, &seen, place);
        let next = references::documents(&place.store, &path, &document);
        if path == place.root {
            self.root = Some(seen);
        }
        // Lists of items and other JSON that links lead to are no part of the tree's rules.
        if kind != Kind::Document || from.is_none() {
            self.texts.insert(path, text);
        }
        next
    }
}

/// Other bytes than those that were published.
fn contradiction(path: &str, seen: &Seen, published: &Published) -> Option<Finding> {
    let size = seen.bytes.len() as u64;
    if size != published.size {
        return Some(
            Finding::error("LIVE-SIZE", path, format!("{size} bytes"), format!("{} bytes, as published", published.size)).fix(PUBLISH),
        );
    }
    let sum: String = Sha256::digest(&seen.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let wrong = sum != published.sha256;
    wrong.then(|| {
        Finding::error("LIVE-CHECKSUM", path, format!("sha256 {sum}"), format!("sha256 {}, as published", published.sha256)).fix(PUBLISH)
    })
}
