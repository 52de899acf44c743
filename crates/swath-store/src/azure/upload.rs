use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt};
use md5::{Digest, Md5};
use object_store::{Attribute, Attributes, ObjectStore, PutMode, PutMultipartOptions, PutOptions, UpdateVersion};
use tokio::io::AsyncReadExt;

use super::Container;
use crate::refusal::Action;
use crate::store::{Content, Put};
use crate::wire::{Failure, WholeBlob, failure_of};
use crate::{Error, Family, Result, http};

/// Up to this size a file is one request.
const ONE_REQUEST: u64 = 16 << 20;
const BLOCK: u64 = 8 << 20;
/// Azure's limit for one blob.
const BLOCKS: u64 = 50_000;
const BLOCKS_IN_FLIGHT: usize = 4;

/// A file to upload.
pub(crate) struct Upload<'a> {
    pub file: &'a Path,
    pub name: &'a str,
    /// The blob's URL, for people.
    pub shown: &'a str,
    pub put: &'a Put,
    pub content: &'a Content,
    /// Told how many more bytes have arrived.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl Container {
    /// Writes one blob in one request; its ETag.
    pub async fn put(&self, name: &str, bytes: Bytes, put: &Put, content: &Content, shown: &str) -> Result<Option<String>> {
        let action = action(put);
        self.may_write(shown, action)?;
        let mode = match put {
            Put::Create => PutMode::Create,
            Put::Overwrite => PutMode::Overwrite,
            Put::IfMatch(etag) => PutMode::Update(UpdateVersion { e_tag: Some(etag.clone()), version: None }),
        };
        let options = PutOptions { mode, attributes: attributes(content), ..PutOptions::default() };
        let sum: [u8; 16] = Md5::digest(&bytes).into();
        match self.objects.put_opts(&self.object(name)?, bytes.into(), options).await {
            Ok(done) => Ok(done.e_tag),
            Err(error) => self.unless_ours(&error, name, sum, shown, action).await,
        }
    }
    /// Writes a file of any size in bounded memory; its ETag.
    pub async fn put_file(&self, upload: &Upload<'_>) -> Result<Option<String>> {
        let disk = |e: std::io::Error| Error::file(upload.file, &e);
        let size = tokio::fs::metadata(upload.file).await.map_err(disk)?.len();
        // A block list knows no If-Match through the client library; what needs one is small.
        if size <= ONE_REQUEST || matches!(upload.put, Put::IfMatch(_)) {
            let bytes = Bytes::from(tokio::fs::read(upload.file).await.map_err(disk)?);
            let etag = self.put(upload.name, bytes, upload.put, upload.content, upload.shown).await?;
            (upload.progress)(size);
            return Ok(etag);
        }
        self.put_blocks(upload, size).await
    }

    async fn put_blocks(&self, upload: &Upload<'_>, size: u64) -> Result<Option<String>> {
        let action = action(upload.put);
        self.may_write(upload.shown, action)?;
        let sum = Arc::new(OnceLock::new());
        let mut options = PutMultipartOptions { attributes: attributes(upload.content), ..PutMultipartOptions::default() };
        options.extensions.insert(WholeBlob { md5: sum.clone(), create_only: matches!(upload.put, Put::Create) });
        let explain = |e: &object_store::Error| self.explain(e, upload.shown, action);
        let mut blocks = self.objects.put_multipart_opts(&self.object(upload.name)?, options).await.map_err(|e| explain(&e))?;

        let disk = |e: std::io::Error| Error::file(upload.file, &e);
        let mut file = tokio::fs::File::open(upload.file).await.map_err(disk)?;
        let block = BLOCK.max(size.div_ceil(BLOCKS));
        let mut whole = Md5::new();
        let mut flying = FuturesUnordered::new();
        loop {
            let mut bytes = Vec::with_capacity(usize::try_from(block.min(size)).unwrap_or(0));
            (&mut file).take(block).read_to_end(&mut bytes).await.map_err(disk)?;
            if bytes.is_empty() {
                break;
            }
            whole.update(&bytes);
            let length = bytes.len() as u64;
            let sent = blocks.put_part(bytes.into());
            flying.push(async move { sent.await.map(|()| length) });
            if flying.len() >= BLOCKS_IN_FLIGHT
                && let Some(done) = flying.next().await
            {
                (upload.progress)(done.map_err(|e| explain(&e))?);
            }
        }
        while let Some(done) = flying.next().await {
            (upload.progress)(done.map_err(|e| explain(&e))?);
        }
        let whole: [u8; 16] = whole.finalize().into();
        let _ = sum.set(whole);
        match blocks.complete().await {
            Ok(done) => Ok(done.e_tag),
            Err(error) => self.unless_ours(&error, upload.name, whole, upload.shown, action).await,
        }
    }
    /// A conflict after a retry may be with our own first attempt, whose answer was lost: then all is well.
    async fn unless_ours(
        &self,
        error: &object_store::Error,
        name: &str,
        sum: [u8; 16],
        shown: &str,
        action: Action,
    ) -> Result<Option<String>> {
        let conflict = self.explain(error, shown, action);
        let retried = matches!(failure_of(error), Some(Failure::Answer(answer)) if answer.tries > 1);
        if conflict.family != Family::Conflict || !retried {
            return Err(conflict);
        }
        let url = crate::names::append(&self.place.container_url(), name);
        match http::head(&self.wire, &url, &self.spot(shown, Action::Read)).await {
            Ok(there) if there.md5 == Some(sum) => Ok(there.etag),
            _ => Err(conflict),
        }
    }
}

fn action(put: &Put) -> Action {
    if matches!(put, Put::Create) { Action::Create } else { Action::Write }
}

fn attributes(content: &Content) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, content.media_type.clone().into());
    if let Some(cache) = &content.cache {
        attributes.insert(Attribute::CacheControl, cache.clone().into());
    }
    attributes
}
