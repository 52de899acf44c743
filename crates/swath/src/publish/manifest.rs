use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use swath_store::{Family as StoreFamily, Store};

use super::files::Kind;
use super::remote::Remote;
use crate::{Error, Family, Result};

/// The name of the manifest at the root of what is published.
pub const MANIFEST: &str = "swath.manifest.json";

/// Everything that one publication consists of; its conditional write is the commit point.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this document.
    pub manifest_version: u32,
    pub generation: u64,
    pub parent: Option<u64>,
    /// When it was committed, RFC 3339.
    pub published: String,
    /// The id of the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    pub objects: BTreeMap<String, Published>,
    /// What earlier generations named and this one does not; still there until pruned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retired: BTreeMap<String, Published>,
}

/// One object as it was when published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    pub size: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The publishers whose builds hold it; none where that is not known.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub by: BTreeSet<String>,
}

const VERSION: u32 = 1;

impl Manifest {
    /// The manifest of a place and its ETag; `None` where nothing was published yet.
    ///
    /// # Errors
    /// Damaged or Unsupported where it cannot be understood; Refused, Unreachable, Disk.
    pub async fn read(store: &Store) -> Result<Option<(Self, Option<String>)>> {
        Self::read_from(store).await
    }
    pub(super) async fn read_from(remote: &impl Remote) -> Result<Option<(Self, Option<String>)>> {
        let fetched = match remote.get(MANIFEST).await {
            Ok(fetched) => fetched,
            Err(e) if e.family == StoreFamily::Absent => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let at = remote.url_of(MANIFEST);
        let manifest: Self = serde_json::from_slice(&fetched.bytes).map_err(|e| {
            Error::new(Family::Damaged, &at, format!("is no manifest: {e}"), "")
                .hint("move it away to publish anew; objects that are there already are recognized by their checksums")
        })?;
        if manifest.manifest_version != VERSION {
            let found = format!("is a manifest of version {}", manifest.manifest_version);
            return Err(Error::new(Family::Unsupported, at, found, format!("this swath writes version {VERSION}")));
        }
        Ok(Some((manifest, fetched.etag)))
    }
    /// The generation after `parent`, naming nothing yet.
    pub(super) fn after(parent: Option<&Self>) -> Self {
        let parent = parent.map(|manifest| manifest.generation);
        Self { manifest_version: VERSION, generation: parent.map_or(1, |n| n.saturating_add(1)), parent, ..Self::default() }
    }
    /// Its document, stamped with the time.
    pub(super) fn document(&self) -> Result<Bytes> {
        let stamped = Self { published: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true), ..self.clone() };
        let text = serde_json::to_vec_pretty(&stamped).map_err(|e| Error::misuse(MANIFEST, e.to_string(), ""))?;
        Ok(text.into())
    }
    /// Whether both name the same bytes under the same names, and none of them waits for a publisher to call it its own.
    pub(super) fn names_the_same(&self, other: &BTreeMap<String, Published>) -> bool {
        let same = |x: &Published, y: &Published| x.sha256 == y.sha256 && x.size == y.size && x.by.is_empty() <= y.by.is_empty();
        self.objects.len() == other.len() && self.objects.iter().zip(other).all(|((a, x), (b, y))| a == b && same(x, y))
    }
}
