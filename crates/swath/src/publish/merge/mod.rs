//! The documents that all publishers of a place share, with the items of all in them: collections, tables, the root.
//!
//! A shared document is never replaced by one that lacks what somebody else put there: it is read, what it links beside the build's
//! own is kept, what is derived from items is derived from all of them, and the result is written against the version that was read.
//! So every such document only grows, but for what its own publisher takes back.

mod adopt;
mod document;
mod items;
mod make;
mod read;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;

use super::files::{BuildFile, Kind};
use super::manifest::Published;
use super::record::Record;
use super::remote::Remote;
use super::world::World;
use crate::Result;

/// All that merging looks at.
pub(super) struct Desk<'a, R> {
    pub remote: &'a R,
    pub build: &'a Path,
    pub files: &'a BTreeMap<String, BuildFile>,
    pub world: &'a World,
    pub record: Option<&'a Record>,
    /// This build's name in manifests.
    pub publisher: &'a str,
    /// What this build published before and has no more.
    pub gone: &'a BTreeSet<String>,
    /// What others published.
    pub kept: &'a BTreeMap<String, Published>,
    /// Files of the build that somebody else has changed since, and the build has not.
    pub theirs: &'a BTreeMap<String, Published>,
}

/// What the shared documents are to be.
#[derive(Default)]
pub(super) struct Merge {
    pub shared: Vec<Shared>,
    /// Documents of the build's own past that nothing is left in.
    pub dropped: BTreeSet<String>,
    /// Objects of others that are visible and that no manifest names yet.
    pub adopted: BTreeMap<String, Published>,
    pub notes: Vec<String>,
}

/// One shared document.
pub(super) struct Shared {
    pub path: String,
    pub kind: Kind,
    /// `None` where the build's own bytes are right.
    pub body: Option<Bytes>,
    /// What is there now.
    pub found: Option<Found>,
}

/// A version that was read.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub etag: Option<String>,
    pub sha256: String,
    pub size: u64,
}

/// Reads what is there and merges the build into it.
///
/// # Errors
/// Damaged where a document that must be merged cannot be read; as reading from a store.
pub(super) async fn merge<R: Remote>(desk: &Desk<'_, R>) -> Result<Merge> {
    let tree = tree::Tree::read(desk).await?;
    let mut merge = make::make(desk, &tree).await?;
    merge.adopted = adopt::adopt(desk, &tree, &merge.dropped).await?;
    Ok(merge)
}
