use std::collections::HashMap;

use swath_store::{Entry, Family as StoreFamily};

use super::digest;
use super::manifest::{MANIFEST, Manifest, Published};
use super::remote::Remote;
use crate::{Error, Family, Result};

/// A place as it was at one moment: what lies there, and what its manifest says of it.
pub(super) struct World {
    pub there: HashMap<String, Entry>,
    pub manifest: Option<Manifest>,
    pub etag: Option<String>,
}

/// How often a manifest may change under a listing before somebody else's hurry is given up on.
const PATIENCE: usize = 5;

impl World {
    /// Reads a place; nothing is there where it does not exist yet.
    ///
    /// # Errors
    /// As [`Manifest::read`]; Conflict where the manifest never stays the same between two requests.
    pub async fn read(remote: &impl Remote) -> Result<Self> {
        for _ in 0..PATIENCE {
            let there: HashMap<String, Entry> = remote.list().await?.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
            let Some(listed) = there.get(MANIFEST).map(|entry| entry.etag.clone()) else {
                return Ok(Self { there, manifest: None, etag: None });
            };
            // A manifest that is newer than the listing names objects that the listing lacks.
            if let Some((manifest, etag)) = Manifest::read_from(remote).await?
                && (etag == listed || etag.is_none() || listed.is_none())
            {
                return Ok(Self { there, manifest: Some(manifest), etag });
            }
        }
        Err(Error::new(Family::Conflict, remote.url_of(MANIFEST), "changes from one request to the next", "")
            .hint("others publish here at this moment: run the same command again"))
    }
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.there.get(path)
    }
    /// What the manifest names under a path now.
    pub fn named(&self, path: &str) -> Option<&Published> {
        self.manifest.as_ref()?.objects.get(path)
    }
    /// What the manifest says of an object, if it speaks of the very version that is there.
    pub fn known(&self, path: &str) -> Option<&Published> {
        let etag = self.entry(path)?.etag.as_ref()?;
        let manifest = self.manifest.as_ref()?;
        let published = manifest.objects.get(path).or_else(|| manifest.retired.get(path))?;
        (published.etag.as_ref() == Some(etag)).then_some(published)
    }
    /// The checksum of what is there; `None` where nothing is.
    pub async fn sha256(&self, path: &str, remote: &impl Remote) -> Result<Option<String>> {
        if let Some(published) = self.known(path) {
            return Ok(Some(published.sha256.clone()));
        }
        match remote.get(path).await {
            Ok(fetched) => Ok(Some(digest::of_bytes(&fetched.bytes))),
            Err(e) if e.family == StoreFamily::Absent => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}
