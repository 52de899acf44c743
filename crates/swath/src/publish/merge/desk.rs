use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;

use crate::publish::files::{BuildFile, Kind};
use crate::publish::manifest::Published;
use crate::publish::record::Record;
use crate::publish::world::World;

/// All that merging looks at.
pub(in crate::publish) struct Desk<'a, R> {
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
pub(in crate::publish) struct Merge {
    pub shared: Vec<Shared>,
    /// Documents of the build's own past that nothing is left in.
    pub dropped: BTreeSet<String>,
    /// Objects of others that are visible and that no manifest names yet.
    pub adopted: BTreeMap<String, Published>,
    pub notes: Vec<String>,
}

/// One shared document.
pub(in crate::publish) struct Shared {
    pub path: String,
    pub kind: Kind,
    /// `None` where the build's own bytes are right.
    pub body: Option<Bytes>,
    /// What is there now.
    pub found: Option<Found>,
}

/// A version that was read.
#[derive(Debug, Clone)]
pub(in crate::publish) struct Found {
    pub etag: Option<String>,
    pub sha256: String,
    pub size: u64,
}
