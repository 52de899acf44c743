use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use md5::{Digest, Md5};
use object_store::client::HttpRequestBody;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use tokio::task::JoinSet;
use url::Url;

use super::Container;
use super::block_id::{Block, BlockNames};
use super::block_list::Left;
use super::upload::{ONE_REQUEST, action, present};
use crate::local::Local;
use crate::names::append;
use crate::store::blocking;
use crate::upload::Upload;
use crate::wire::{CONTENT_CRC64, Failure, MS_BLOB_MD5, Reply, Wire, header, request};
use crate::{Error, Family, Result, http};

/// A block, unless the file is so large that it would have too many.
const BLOCK: u64 = 2 << 20;
/// Azure's limit for one blob.
const BLOCKS: u64 = 50_000;
/// Blocks under way at once of files that have the line to themselves. From so many files on each has one, so that no more than that is
/// repeated of any of them after a kill; it is many files then that fill the line.
const AT_ONCE: usize = (ONE_REQUEST / BLOCK) as usize;

/// All blocks of a file are there.
struct Staged {
    ids: Vec<String>,
    md5: [u8; 16],
}

/// One of the files that go up in blocks, as long as it lives.
struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn of(files: &Arc<AtomicUsize>) -> Self {
        files.fetch_add(1, Relaxed);
        Self(files.clone())
    }
    /// How many of its blocks may be under way now.
    fn blocks(&self) -> usize {
        (AT_ONCE / self.0.load(Relaxed).max(1)).max(1)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Container {
    /// Writes a file as blocks and then, at once, as a blob. Blocks that an earlier run sent are not sent again.
    pub(super) async fn put_blocks(&self, upload: &Upload<'_>, local: Local) -> Result<Option<String>> {
        let action = action(upload.put);
        let staged = self.stage(upload, local).await?;
        let failure = match self.commit(upload, &staged).await {
            Ok(reply) => return Ok(http::etag(&reply.headers)),
            Err(failure) => failure,
        };
        if !matches!(&failure, Failure::Answer(answer) if answer.code == "InvalidBlockList") {
            return self.unless_ours(&failure, upload.name, staged.md5, upload.shown, action).await;
        }
        // Somebody else wrote this blob meanwhile, which drops the blocks that are no part of it.
        let local = Local::of(upload.from).await?;
        let quiet = Upload { progress: &|_| (), ..*upload };
        let staged = self.stage(&quiet, local).await?;
        match self.commit(upload, &staged).await {
            Ok(reply) => Ok(http::etag(&reply.headers)),
            Err(failure) => self.unless_ours(&failure, upload.name, staged.md5, upload.shown, action).await,
        }
    }

    async fn stage(&self, upload: &Upload<'_>, mut local: Local) -> Result<Staged> {
        let url = append(&self.place.container_url(), upload.name);
        let left = Left::of(&self.wire, &url).await.map_err(|failure| self.failed(upload, &failure))?;
        let block = BLOCK.max(local.size().div_ceil(BLOCKS));
        let names = BlockNames::beside(left.name(), local.size().div_ceil(block)).ok_or_else(|| names_too_short(upload))?;
        let mut ids = Vec::new();
        let mut whole = Md5::new();
        let mut flying = JoinSet::new();
        let under_way = UnderWay::of(&self.large);
        loop {
            let room = self.room(block).await;
            let (number, sha256) = (u32::try_from(ids.len()).unwrap_or(u32::MAX), upload.from.sha256);
            let buffers = self.buffers.clone();
            let read = blocking(move || {
                let mut bytes = buffers.take();
                let crc64 = local.read(block, &mut bytes)?;
                whole.update(&bytes);
                let id = names.of(&Block { number, bytes: &bytes, crc64, sha256 });
                Ok(((local, whole), buffers.lend(bytes), crc64, id))
            });
            let (back, bytes, crc64, id) = read.await?;
            (local, whole) = back;
            if bytes.is_empty() {
                break;
            }
            let length = bytes.len() as u64;
            if names.prove() && left.has(&id, length) {
                (upload.progress)(length);
            } else {
                while flying.len() >= under_way.blocks() {
                    self.arrived(&mut flying, upload).await?;
                }
                let (wire, url, id) = (self.wire.clone(), url.clone(), id.clone());
                flying.spawn(async move {
                    let sent = put_block(&wire, &url, &id, bytes, crc64).await;
                    drop(room);
                    sent.map(|_| length)
                });
            }
            ids.push(id);
        }
        blocking(move || local.finish()).await?;
        while !flying.is_empty() {
            self.arrived(&mut flying, upload).await?;
        }
        Ok(Staged { ids, md5: whole.finalize().into() })
    }
    /// Waits for one block.
    async fn arrived(&self, flying: &mut JoinSet<std::result::Result<u64, Failure>>, upload: &Upload<'_>) -> Result<()> {
        match flying.join_next().await {
            None => Ok(()),
            Some(Ok(Ok(bytes))) => {
                (upload.progress)(bytes);
                Ok(())
            }
            Some(Ok(Err(failure))) => Err(self.failed(upload, &failure)),
            Some(Err(e)) => Err(Error::new(Family::Unreachable, upload.shown, format!("the upload of a block stopped: {e}"), "")),
        }
    }
    fn failed(&self, upload: &Upload<'_>, failure: &Failure) -> Error {
        self.spot(upload.shown, action(upload.put)).error(failure)
    }
    /// Makes the blocks the blob: <https://learn.microsoft.com/rest/api/storageservices/put-block-list>.
    async fn commit(&self, upload: &Upload<'_>, staged: &Staged) -> std::result::Result<Reply, Failure> {
        let mut url = append(&self.place.container_url(), upload.name);
        url.query_pairs_mut().append_pair("comp", "blocklist");
        let mut ask = request(Method::PUT, &url)?;
        present(&mut ask, upload.put, upload.content)?;
        ask.headers_mut().insert(MS_BLOB_MD5, header(&BASE64.encode(staged.md5))?);
        // The type of the list itself; the blob's own type travels as x-ms-blob-content-type.
        ask.headers_mut().insert(CONTENT_TYPE, header("application/xml")?);
        // 'Latest', so that the list can be sent again after its answer was lost.
        let mut list = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        staged.ids.iter().for_each(|id| list.extend(["<Latest>", id, "</Latest>"]));
        list.push_str("</BlockList>");
        *ask.body_mut() = HttpRequestBody::from(list);
        self.wire.send(ask).await
    }
}

async fn put_block(wire: &Wire, url: &Url, id: &str, bytes: Bytes, crc64: u64) -> std::result::Result<Reply, Failure> {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("comp", "block").append_pair("blockid", id);
    let mut ask = request(Method::PUT, &url)?;
    ask.headers_mut().insert(CONTENT_CRC64, header(&BASE64.encode(crc64.to_le_bytes()))?);
    *ask.body_mut() = HttpRequestBody::from(bytes);
    wire.send(ask).await
}

fn names_too_short(upload: &Upload<'_>) -> Error {
    let found = "another program left blocks there whose names are too short to send this file beside them";
    Error::new(Family::Conflict, upload.shown, found, "")
        .hint("publish under another prefix, or wait: Azure drops blocks that belong to no blob after a week")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_files_each_has_one_block_under_way() {
        let files = Arc::default();
        let mut all = Vec::new();
        for blocks in [4, 2, 1, 1, 1, 1] {
            all.push(UnderWay::of(&files));
            assert!(all.iter().all(|file| file.blocks() == blocks), "{} files", all.len());
        }
        all.truncate(1);
        assert_eq!(all[0].blocks(), 4);
    }
}
