use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use swath_store::Put;

use super::claims::Said;
use super::files::Kind;
use super::manifest::Published;
use super::record::Mark;

/// What to publish, and how to meet what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub build: PathBuf,
    pub overwrite: Overwrite,
    pub others: Others,
    pub trust: Trust,
}

/// What is believed of files whose size, times and inode are as they were when they were last summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// That their bytes are too, until they are sent: then they are held to their checksum in any case.
    #[default]
    Remembered,
    /// Nothing: every file is read.
    Nothing,
}

/// What may take the place of bytes that are already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overwrite {
    /// Metadata that differs is replaced, if it is as this build last saw it; assets never change under their name.
    #[default]
    IfChanged,
    /// Nothing is replaced.
    Never,
    /// Whatever differs is replaced, assets too.
    Always,
}

/// What becomes of items that are published in the same place and are not in the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// They stay, and the documents that all share speak of them too; only what this build itself published before is retired.
    #[default]
    Keep,
    /// They are retired: what is published shall be exactly the build.
    Retire,
}

/// What publishing would do; [`run`](super::run) does exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishPlan {
    pub build: PathBuf,
    /// The store's URL, without any secret.
    pub to: String,
    /// In the order they will go.
    pub uploads: Vec<Upload>,
    pub present: Vec<Present>,
    /// Nothing is uploaded while there is one.
    pub conflicts: Vec<Conflict>,
    /// What earlier publications left behind; `prune` removes it.
    pub retired: BTreeMap<String, Published>,
    /// The manifest that is due; `None` where nothing changes.
    pub commit: Option<Commit>,
    /// One asset that the build has.
    pub example: Option<Example>,
    /// The build as it was seen.
    pub seen: Seen,
    /// What a person should know before this is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A build as it was when it was planned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its name in manifests.
    pub publisher: String,
    pub files: BTreeMap<String, Mark>,
    /// What its collections say of themselves, digested.
    pub described: BTreeMap<String, String>,
    /// How many objects of others stay beside it.
    pub kept: usize,
}

/// A file that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub path: String,
    pub kind: Kind,
    pub size: u64,
    pub sha256: String,
    /// Of the kind that NVMe and Azure use, where it is known; a saved plan does without.
    #[serde(skip)]
    pub crc64: Option<u64>,
    pub replace: Replace,
    /// Its bytes, where they are not those of the build: a document that speaks of the items of others too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
}

/// Bytes of a document as JSON can hold them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Merged {
    Text(String),
    Base64(String),
}

/// What an upload expects to find under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replace {
    Nothing,
    /// The version with this ETag.
    Version(String),
    /// The same bytes, in the version with this ETag, that nothing named: written again, so that whoever saw them unused and is about to
    /// remove them finds another version.
    Same(String),
    /// A version that its server does not name.
    Anything,
}

/// A file that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    pub path: String,
    pub size: u64,
    pub sha256: String,
    pub etag: Option<String>,
}

/// Other bytes under a name that may not be overwritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub path: String,
    pub found: String,
    /// What to do about it.
    pub hint: String,
}

/// One asset of one item, by which to show how a catalog is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The item's id.
    pub item: String,
    /// The asset's key.
    pub asset: String,
}

/// The manifest to write at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub generation: u64,
    pub parent: Option<u64>,
    /// The id of the root.
    pub catalog: Option<String>,
    pub replace: Replace,
    /// All that it will name; what is uploaded has no ETag yet.
    pub objects: BTreeMap<String, Published>,
    /// Objects that the build has and that are there as others' alone: before anything refers to them they are claimed, in a generation
    /// of its own, so that nobody takes them back meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
}

impl Request {
    /// Metadata may change, and what others published stays.
    pub fn new(build: impl Into<PathBuf>) -> Self {
        Self { build: build.into(), overwrite: Overwrite::default(), others: Others::default(), trust: Trust::default() }
    }
}

impl PublishPlan {
    /// Whether there is nothing to upload and nothing to commit.
    pub fn is_done(&self) -> bool {
        self.uploads.is_empty() && self.commit.is_none()
    }
    /// Bytes of the files that are due.
    pub fn bytes(&self) -> u64 {
        self.uploads.iter().map(|upload| upload.size).sum()
    }
    /// Assets whose bytes change under their name: readers that hold the old item may mix old and new.
    pub fn changing_assets(&self) -> impl Iterator<Item = &Upload> {
        let replaces = |upload: &&Upload| matches!(upload.replace, Replace::Version(_) | Replace::Anything);
        self.uploads.iter().filter(|upload| upload.kind == Kind::Asset).filter(replaces)
    }
}

impl Example {
    pub(super) fn of(item: &Said) -> Option<Self> {
        let claim = item.claims.iter().find(|claim| claim.is_data).or(item.claims.first())?;
        Some(Self { item: item.id.clone()?, asset: claim.asset.clone() })
    }
}

impl Merged {
    pub(super) fn of(bytes: &[u8]) -> Self {
        std::str::from_utf8(bytes).map_or_else(|_| Self::Base64(BASE64.encode(bytes)), |text| Self::Text(text.to_owned()))
    }
    /// `None` where the text is not what it says, in a plan that was edited.
    pub(super) fn bytes(&self) -> Option<Bytes> {
        match self {
            Self::Text(text) => Some(text.clone().into()),
            Self::Base64(text) => BASE64.decode(text).ok().map(Bytes::from),
        }
    }
}

impl Replace {
    pub(super) fn version(etag: Option<String>) -> Self {
        etag.map_or(Self::Anything, Self::Version)
    }
    pub(super) fn put(&self) -> Put {
        match self {
            Self::Nothing => Put::Create,
            Self::Version(etag) | Self::Same(etag) => Put::IfMatch(etag.clone()),
            Self::Anything => Put::Overwrite,
        }
    }
}
