use std::path::Path;

use crate::local::Local;
use crate::names::{check, join};
use crate::store::{Backend, Content, Put, Store, blocking};
use crate::{Result, folder};

/// A local file to send, and what it has to be.
#[derive(Debug, Clone, Copy)]
pub struct LocalFile<'a> {
    pub path: &'a Path,
    /// The SHA-256 that its bytes must have; `None` sends what is there.
    pub sha256: Option<[u8; 32]>,
    /// The CRC-64 (NVME) of the same bytes, where that is known too: they are held to it instead, since it costs a tenth.
    pub crc64: Option<u64>,
}

/// A file to upload, and the object it becomes.
pub(crate) struct Upload<'a> {
    pub from: &'a LocalFile<'a>,
    pub name: &'a str,
    /// The object's URL, for people.
    pub shown: &'a str,
    pub put: &'a Put,
    pub content: &'a Content,
    /// Told how many more bytes have arrived.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl Store {
    /// Writes a local file of any size in bounded memory; `progress` is told of bytes as they arrive.
    ///
    /// # Errors
    /// As [`Store::upload`].
    pub async fn put_file(
        &self,
        path: &str,
        file: &Path,
        put: &Put,
        content: &Content,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>> {
        self.upload(path, &LocalFile { path: file, sha256: None, crc64: None }, put, content, progress).await
    }
    /// Writes a local file that must be what it is believed to be, visible at once or not at all; its new ETag. What an earlier
    /// call that was cut off had sent already is not sent again where the store can keep it.
    ///
    /// # Errors
    /// Conflict at the local file where it has other bytes, or is changed while it is sent: nothing is visible then.
    /// As [`Store::put`] otherwise.
    pub async fn upload(
        &self,
        path: &str,
        file: &LocalFile<'_>,
        put: &Put,
        content: &Content,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>> {
        check(path)?;
        match &self.shared.backend {
            Backend::Folder(root) => {
                let (target, put, local) = (self.file(root, path)?, put.clone(), Local::of(file).await?);
                let size = local.size();
                self.shared.traffic.wrote(size);
                let etag = blocking(move || folder::write(&target, folder::From::File(Box::new(local)), &put)).await?;
                progress(size);
                Ok(Some(etag))
            }
            Backend::Web { .. } => Err(self.read_only("write")),
            Backend::Bucket(bucket) => {
                let (name, shown) = (join(&self.prefix, path), self.url_of(path));
                bucket.put_file(&Upload { from: file, name: &name, shown: &shown, put, content, progress }).await
            }
            Backend::Azure { container, .. } => {
                let (name, shown) = (join(&self.prefix, path), self.url_of(path));
                container.put_file(&Upload { from: file, name: &name, shown: &shown, put, content, progress }).await
            }
        }
    }
}
