use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use md5::{Digest, Md5};
use object_store::client::{HttpRequest, HttpRequestBody};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};

use super::Container;
use crate::local::Local;
use crate::names::append;
use crate::refusal::Action;
use crate::store::{Content, Put, blocking};
use crate::upload::Upload;
use crate::wire::{CONTENT_MD5, Failure, header, request};
use crate::{Family, Result, http};

/// Up to this size a file is one request. No more of a larger file is under way at once either, so that a killed upload
/// repeats no more than this of each file it was at.
pub(super) const ONE_REQUEST: u64 = 8 << 20;

/// The unit in which bytes under way are counted.
const UNIT: u64 = 64 << 10;
/// Bytes of all files that may be in memory and under way at once.
const UNDER_WAY: u64 = 32 << 20;

impl Container {
    /// Writes one blob in one request; its ETag.
    pub async fn put(&self, name: &str, bytes: Bytes, put: &Put, content: &Content, shown: &str) -> Result<Option<String>> {
        let sum: [u8; 16] = Md5::digest(&bytes).into();
        self.put_whole(name, (bytes, sum), put, content, shown).await
    }
    /// Writes a file of any size in bounded memory; its ETag.
    pub async fn put_file(&self, upload: &Upload<'_>) -> Result<Option<String>> {
        self.may_write(upload.shown, action(upload.put))?;
        let mut local = Local::of(upload.from).await?;
        let size = local.size();
        if size > ONE_REQUEST {
            return self.put_blocks(upload, local).await;
        }
        let _room = self.room(size).await;
        let read = blocking(move || {
            let bytes = local.piece(ONE_REQUEST)?;
            local.finish()?;
            let sum = Md5::digest(&bytes).into();
            Ok((bytes, sum))
        });
        let body = read.await?;
        let etag = self.put_whole(upload.name, body, upload.put, upload.content, upload.shown).await?;
        (upload.progress)(size);
        Ok(etag)
    }
    /// Waits until so many more bytes may be in memory; they may as long as the answer lives.
    pub(super) async fn room(&self, bytes: u64) -> Option<tokio::sync::OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.min(UNDER_WAY).div_ceil(UNIT)).unwrap_or(1);
        self.room.clone().acquire_many_owned(units).await.ok()
    }
    /// How many units there are for [`Container::room`].
    pub(super) const UNITS: usize = (UNDER_WAY / UNIT) as usize;

    async fn put_whole(
        &self,
        name: &str,
        (bytes, sum): (Bytes, [u8; 16]),
        put: &Put,
        content: &Content,
        shown: &str,
    ) -> Result<Option<String>> {
        let action = action(put);
        self.may_write(shown, action)?;
        let fail = |failure: Failure| self.spot(shown, action).error(&failure);
        let mut ask = request(Method::PUT, &append(&self.place.container_url(), name)).map_err(fail)?;
        ask.headers_mut().insert(BLOB_TYPE, HeaderValue::from_static("BlockBlob"));
        ask.headers_mut().insert(CONTENT_MD5, header(&BASE64.encode(sum)).map_err(fail)?);
        present(&mut ask, put, content).map_err(fail)?;
        *ask.body_mut() = HttpRequestBody::from(bytes);
        match self.wire.send(ask).await {
            Ok(reply) => Ok(http::etag(&reply.headers)),
            Err(failure) => self.unless_ours(&failure, name, sum, shown, action).await,
        }
    }
    /// A conflict after a retry may be with our own first attempt, whose answer was lost: then all is well.
    pub(super) async fn unless_ours(
        &self,
        failure: &Failure,
        name: &str,
        sum: [u8; 16],
        shown: &str,
        action: Action,
    ) -> Result<Option<String>> {
        let error = self.spot(shown, action).error(failure);
        let retried = matches!(failure, Failure::Answer(answer) if answer.tries > 1);
        if error.family != Family::Conflict || !retried {
            return Err(error);
        }
        let url = append(&self.place.container_url(), name);
        match http::head(&self.wire, &url, &self.spot(shown, Action::Read)).await {
            Ok(there) if there.md5 == Some(sum) => Ok(there.etag),
            _ => Err(error),
        }
    }
}

const BLOB_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-type");
const BLOB_CONTENT_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-content-type");
const BLOB_CACHE: HeaderName = HeaderName::from_static("x-ms-blob-cache-control");

/// Says what the write may replace and how the blob is to be presented.
///
/// <https://learn.microsoft.com/rest/api/storageservices/put-blob>, and the same for `put-block-list`.
pub(super) fn present(ask: &mut HttpRequest, put: &Put, content: &Content) -> std::result::Result<(), Failure> {
    let headers = ask.headers_mut();
    match put {
        Put::Create => _ = headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*")),
        Put::Overwrite => {}
        Put::IfMatch(etag) => _ = headers.insert(IF_MATCH, header(etag)?),
    }
    headers.insert(BLOB_CONTENT_TYPE, header(&content.media_type)?);
    if let Some(cache) = &content.cache {
        headers.insert(BLOB_CACHE, header(cache)?);
    }
    Ok(())
}

pub(super) fn action(put: &Put) -> Action {
    if matches!(put, Put::Create) { Action::Create } else { Action::Write }
}
