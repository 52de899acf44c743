use bytes::Bytes;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};
use tokio::sync::OwnedSemaphorePermit;

use super::read::quoted;
use super::{Bucket, Cloud};
use crate::local::Local;
use crate::refusal::Action;
use crate::store::{Content, Put, blocking};
use crate::upload::Upload;
use crate::wire::{Failure, failure_of};
use crate::{Error, Family, Result};

/// Up to this size a file is one request; larger ones go in parts of it.
pub(super) const PART: u64 = 8 << 20;
/// The unit in which bytes under way are counted.
const UNIT: u64 = 64 << 10;
/// Bytes of all files that may be in memory and under way at once.
const UNDER_WAY: u64 = 48 << 20;

impl Bucket {
    /// How many units there are for [`Bucket::room`].
    pub(super) const UNITS: usize = (UNDER_WAY / UNIT) as usize;

    /// Writes one object in one request; its ETag.
    pub async fn put(&self, name: &str, bytes: Bytes, put: &Put, content: &Content, shown: &str) -> Result<Option<String>> {
        let action = action(put);
        self.may_write(shown, action)?;
        let mode = match self.version(name, put, shown).await? {
            Version::Any => PutMode::Overwrite,
            Version::None => PutMode::Create,
            Version::This(version) => PutMode::Update(version),
        };
        let options = PutOptions { mode, attributes: attributes(content), ..PutOptions::default() };
        match self.objects.put_opts(&self.object(name)?, bytes.clone().into(), options).await {
            Ok(done) => Ok(done.e_tag.as_deref().map(quoted)),
            Err(error) => self.unless_ours(&error, name, &bytes, shown, action).await,
        }
    }
    /// Writes a file of any size in bounded memory; its ETag.
    pub async fn put_file(&self, upload: &Upload<'_>) -> Result<Option<String>> {
        self.may_write(upload.shown, action(upload.put))?;
        let mut local = Local::of(upload.from).await?;
        let size = local.size();
        if size > PART {
            return self.put_parts(upload, local).await;
        }
        let _room = self.room(size).await;
        let read = blocking(move || {
            let bytes = local.piece(PART)?;
            local.finish()?;
            Ok(bytes)
        });
        let etag = self.put(upload.name, read.await?, upload.put, upload.content, upload.shown).await?;
        (upload.progress)(size);
        Ok(etag)
    }
    /// Deletes one object; one that is gone already is no failure. Neither cloud's deletion is conditional here: a pin is
    /// compared just before.
    pub async fn delete(&self, name: &str, pin: Option<&str>, shown: &str) -> Result<()> {
        self.may_write(shown, Action::Delete)?;
        if let Some(pin) = pin {
            match self.head(name, shown).await {
                Ok(there) if there.etag.as_deref() == Some(pin) => {}
                Ok(_) => return Err(Error::new(Family::Conflict, shown, "was changed by somebody else", "")),
                Err(e) if e.family == Family::Absent => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        match self.objects.delete(&self.object(name)?).await.map_err(|e| self.explain(&e, shown, Action::Delete)) {
            Err(e) if e.family != Family::Absent => Err(e),
            _ => Ok(()),
        }
    }

    /// Waits until so many more bytes may be in memory; they may as long as the answer lives.
    pub(super) async fn room(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.min(UNDER_WAY).div_ceil(UNIT)).unwrap_or(1);
        self.room.clone().acquire_many_owned(units).await.ok()
    }
    /// What a write may replace, in the words of the cloud: Google pins by generation, which is asked for here.
    pub(super) async fn version(&self, name: &str, put: &Put, shown: &str) -> Result<Version> {
        let pin = match put {
            Put::Create => return Ok(Version::None),
            Put::Overwrite => return Ok(Version::Any),
            Put::IfMatch(pin) => pin.clone(),
        };
        if self.place.cloud == Cloud::S3 {
            return Ok(Version::This(UpdateVersion { e_tag: Some(pin), version: None }));
        }
        let changed = || Error::new(Family::Conflict, shown, "was changed by somebody else", "");
        let there = match self.objects.head(&self.object(name)?).await.map_err(|e| self.explain(&e, shown, Action::Read)) {
            Ok(meta) => meta,
            Err(e) if e.family == Family::Absent => return Err(changed()),
            Err(e) => return Err(e),
        };
        if there.e_tag.as_deref().map(quoted) != Some(pin) {
            return Err(changed());
        }
        Ok(Version::This(UpdateVersion { e_tag: there.e_tag, version: there.version }))
    }
    /// A conflict after a retry may be with our own first attempt, whose answer was lost: then all is well.
    async fn unless_ours(
        &self,
        error: &object_store::Error,
        name: &str,
        bytes: &Bytes,
        shown: &str,
        action: Action,
    ) -> Result<Option<String>> {
        let conflict = self.explain(error, shown, action);
        let retried = matches!(failure_of(error), Some(Failure::Answer(answer)) if answer.tries > 1);
        if conflict.family != Family::Conflict || !retried {
            return Err(conflict);
        }
        match self.get(name, shown).await {
            Ok(there) if there.bytes == bytes => Ok(there.etag),
            _ => Err(conflict),
        }
    }
}

/// What is expected under a name.
pub(super) enum Version {
    Any,
    None,
    This(UpdateVersion),
}

pub(super) fn action(put: &Put) -> Action {
    if matches!(put, Put::Create) { Action::Create } else { Action::Write }
}

pub(super) fn attributes(content: &Content) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, content.media_type.clone().into());
    if let Some(cache) = &content.cache {
        attributes.insert(Attribute::CacheControl, cache.clone().into());
    }
    attributes
}
