//! A bucket of Amazon S3 or of Google Cloud Storage. The client library signs; our wire carries, counts and retries.

mod client;
mod list;
mod multipart;
mod place;
mod read;
mod refusal;
mod settings;
mod write;

use std::sync::Arc;

use object_store::path::Path;
use tokio::sync::Semaphore;

use crate::refusal::Action;
use crate::traffic::Traffic;
use crate::wire::{Connector, Signer, Wire, failure_of};
use crate::{Error, Family, Result};
use client::{Client, Objects};
pub use place::{BucketPlace, Cloud};
pub(crate) use settings::Settings;

/// One bucket as this process may use it.
pub(crate) struct Bucket {
    pub place: BucketPlace,
    wire: Wire,
    client: Client,
    objects: Objects,
    /// Whether there are credentials.
    given: bool,
    /// A profile is named, which is not read.
    profile: bool,
    /// Bytes that may be in memory on their way out.
    room: Arc<Semaphore>,
}

impl Bucket {
    pub fn new(place: BucketPlace, settings: &Settings, traffic: Arc<Traffic>) -> Result<Self> {
        let at = place.url();
        let host = client::endpoint(place.cloud, settings)?.or_else(|| place.bucket_url());
        let host = host.ok_or_else(|| Error::misuse(&at, "is no place", ""))?;
        let signer = match place.cloud {
            Cloud::S3 => Signer::Done,
            Cloud::Google => Signer::None,
        };
        let wire = Wire::new(&host, signer, traffic)?;
        let (client, given) = Client::new(&place, settings)?;
        let objects = client.open(&at, Connector::plain(wire.clone()))?;
        let profile = settings.has("AWS_PROFILE");
        Ok(Self { place, wire, client, objects, given, profile, room: Arc::new(Semaphore::new(Self::UNITS)) })
    }
    /// Refuses to write without credentials, before anything is sent.
    pub fn may_write(&self, at: &str, action: Action) -> Result<()> {
        if self.given { Ok(()) } else { Err(self.anonymous(at, action)) }
    }

    fn object(&self, name: &str) -> Result<Path> {
        Path::parse(name).map_err(|_| Error::misuse(name, "is no name of an object", ""))
    }
    fn explain(&self, error: &object_store::Error, at: &str, action: Action) -> Error {
        match failure_of(error) {
            Some(failure) => self.error(&failure, at, action),
            None => Error::new(Family::Unsupported, at, error.to_string(), ""),
        }
    }
}
