use futures::stream::{FuturesUnordered, StreamExt};
use object_store::{MultipartUpload, ObjectStore, PutMultipartOptions};
use reqwest::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};

use super::read::quoted;
use super::write::{PART, Version, action, attributes};
use super::{Bucket, Cloud};
use crate::local::Local;
use crate::store::blocking;
use crate::upload::Upload;
use crate::wire::{Connector, Failure, failure_of, header};
use crate::{Error, Family, Result};

/// Neither cloud takes more parts than this.
const PARTS: u64 = 10_000;
/// Parts of one file that are under way at once.
const AT_ONCE: usize = 4;

impl Bucket {
    /// Writes a file in parts; nothing is visible until the last step, which carries the condition.
    ///
    /// A run that was cut off is not continued: the next one sends the file anew. Parts that it left behind are not visible, but paid
    /// for until the bucket's lifecycle rule removes them.
    pub(super) async fn put_parts(&self, upload: &Upload<'_>, local: Local) -> Result<Option<String>> {
        let action = action(upload.put);
        let condition = self.condition(upload).await?;
        let objects = self.client.open(upload.shown, Connector::committing(self.wire.clone(), condition))?;
        let options = PutMultipartOptions { attributes: attributes(upload.content), ..PutMultipartOptions::default() };
        let mut parts =
            objects.put_multipart_opts(&self.object(upload.name)?, options).await.map_err(|e| self.explain(&e, upload.shown, action))?;
        let size = PART.max(local.size().div_ceil(PARTS));
        let sent = self.send_parts(upload, local, size, parts.as_mut()).await;
        let done = match sent {
            Ok(()) => parts.complete().await.map_err(|e| (self.explain(&e, upload.shown, action), failure_of(&e))),
            Err(e) => Err((e, None)),
        };
        match done {
            Ok(done) => Ok(done.e_tag.as_deref().map(quoted)),
            Err((error, failure)) => {
                let retried = matches!(failure, Some(Failure::Answer(answer)) if answer.tries > 1);
                // The answer to our own completion was lost, and the retry finds its work done.
                if retried && self.holds(upload).await? {
                    return Ok(self.head(upload.name, upload.shown).await?.etag);
                }
                // What was sent is not kept; that it could not be removed changes nothing about the failure.
                let _ = parts.abort().await;
                Err(error)
            }
        }
    }

    async fn send_parts(&self, upload: &Upload<'_>, mut local: Local, size: u64, parts: &mut dyn MultipartUpload) -> Result<()> {
        let mut flying = FuturesUnordered::new();
        loop {
            while flying.len() >= AT_ONCE {
                self.arrived(flying.next().await, upload)?;
            }
            let room = self.room(size).await;
            let read = blocking(move || {
                let bytes = local.piece(size)?;
                Ok((local, bytes))
            });
            let (back, bytes) = read.await?;
            local = back;
            if bytes.is_empty() {
                break;
            }
            let length = bytes.len() as u64;
            let part = parts.put_part(bytes.into());
            flying.push(async move {
                let sent = part.await;
                drop(room);
                sent.map(|()| length)
            });
        }
        local.finish()?;
        while let Some(sent) = flying.next().await {
            self.arrived(Some(sent), upload)?;
        }
        Ok(())
    }
    fn arrived(&self, sent: Option<object_store::Result<u64>>, upload: &Upload<'_>) -> Result<()> {
        if let Some(sent) = sent {
            (upload.progress)(sent.map_err(|e| self.explain(&e, upload.shown, action(upload.put)))?);
        }
        Ok(())
    }
    /// The header that makes the last step conditional.
    async fn condition(&self, upload: &Upload<'_>) -> Result<Option<(HeaderName, HeaderValue)>> {
        let wrong = |_: Failure| Error::misuse(upload.shown, "the version is no ETag", "");
        let generation = HeaderName::from_static("x-goog-if-generation-match");
        Ok(match (self.version(upload.name, upload.put, upload.shown).await?, self.place.cloud) {
            (Version::Any, _) => None,
            (Version::None, Cloud::S3) => Some((IF_NONE_MATCH, HeaderValue::from_static("*"))),
            (Version::None, Cloud::Google) => Some((generation, HeaderValue::from_static("0"))),
            (Version::This(this), Cloud::S3) => Some((IF_MATCH, header(&this.e_tag.unwrap_or_default()).map_err(wrong)?)),
            (Version::This(this), Cloud::Google) => Some((generation, header(&this.version.unwrap_or_default()).map_err(wrong)?)),
        })
    }
    /// Whether the object is the local file, byte by byte.
    async fn holds(&self, upload: &Upload<'_>) -> Result<bool> {
        let there = match self.head(upload.name, upload.shown).await {
            Ok(there) => there,
            Err(e) if e.family == Family::Absent => return Ok(false),
            Err(e) => return Err(e),
        };
        let mut local = Local::of(upload.from).await?;
        let mut at = 0;
        while at < there.size && there.size == local.size() {
            let ours = local.piece(PART)?;
            let end = at + ours.len() as u64;
            let theirs = self.get_ranges(upload.name, &[at..end], there.etag.as_deref(), upload.shown).await?;
            if theirs.first() != Some(&ours) {
                return Ok(false);
            }
            at = end;
        }
        Ok(there.size == local.size())
    }
}
