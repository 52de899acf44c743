//! A container of a storage account: what reading over HTTP does not cover.

mod container;
mod count;
mod delegation;
mod delete;
mod list;
mod policy;
mod upload;

use std::sync::Arc;

use object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::path::Path;
use object_store::{ClientOptions, RetryConfig};

use crate::credentials::Secret;
use crate::refusal::{Action, Spot};
use crate::wire::{Connector, Failure, Wire, failure_of};
use crate::{AzurePlace, Error, Family, Result};
pub(crate) use delegation::LONGEST as LONGEST_DELEGATION;
pub(crate) use policy::MOST as MOST_POLICIES;
pub use policy::StoredPolicy;
pub(crate) use upload::Upload;

/// One container as this process may use it.
pub(crate) struct Container {
    pub place: AzurePlace,
    pub wire: Wire,
    pub secret: Secret,
    /// The account of credentials that may not be shown to this one.
    pub other: Option<String>,
    objects: Arc<MicrosoftAzure>,
}

impl Container {
    pub fn new(place: AzurePlace, wire: Wire, secret: Secret) -> Result<Self> {
        let shown = place.url();
        // Requests are signed and retried on the wire, where the checksum is added; here they go plain.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let emulator = place.endpoint.path() != "/";
        let host = &place.endpoint[..url::Position::BeforePath];
        let endpoint = if emulator { place.endpoint.as_str() } else { host };
        let objects = MicrosoftAzureBuilder::new()
            .with_account(&place.account)
            .with_container_name(&place.container)
            .with_endpoint(endpoint.trim_end_matches('/').to_owned())
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_http_connector(Connector(wire.clone()))
            .with_skip_signature(true)
            .with_disable_tagging(true)
            .with_retry(retry)
            .build()
            .map_err(|e| Error::misuse(shown.as_str(), e.to_string(), ""))?;
        Ok(Self { place, wire, secret, other: None, objects: Arc::new(objects) })
    }
    pub fn spot<'a>(&'a self, at: &'a str, action: Action) -> Spot<'a> {
        Spot { at, action, secret: &self.secret, account: Some(&self.place.account), other: self.other.as_deref() }
    }
    /// Refuses to write without credentials, or with a token that says itself that it may not, before anything is sent.
    pub fn may_write(&self, at: &str, action: Action) -> Result<()> {
        if matches!(self.secret, Secret::Anonymous) {
            return Err(self.spot(at, action).anonymous());
        }
        let denied = self.secret.sas().filter(|_| action != Action::CreateContainer).and_then(|sas| sas.denies(action.right()));
        match denied {
            Some(reason) => Err(Error::new(Family::Refused, at, reason, "")
                .hint("make a token with the rights racwl, then set AZURE_STORAGE_SAS_TOKEN or give --sas-file")),
            None => Ok(()),
        }
    }
    fn object(&self, name: &str) -> Result<Path> {
        Path::parse(name).map_err(|_| Error::misuse(name, "is no name of a blob", ""))
    }
    fn explain(&self, error: &object_store::Error, at: &str, action: Action) -> Error {
        match failure_of(error) {
            Some(failure) => self.spot(at, action).error(&failure),
            None => Error::new(Family::Unsupported, at, error.to_string(), ""),
        }
    }
    fn fail<'a>(&'a self, at: &'a str, action: Action) -> impl Fn(Failure) -> Error + 'a {
        move |failure| self.spot(at, action).error(&failure)
    }
}
