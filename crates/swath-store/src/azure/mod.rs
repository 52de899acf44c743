//! A container of a storage account: what reading over HTTP does not cover.

mod block_id;
mod block_list;
mod blocks;
mod container;
mod count;
mod delegation;
mod delete;
mod list;
mod policy;
mod upload;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::Semaphore;

use crate::buffers::Buffers;
use crate::credentials::Secret;
use crate::refusal::{Action, Spot};
use crate::wire::{Failure, Wire};
use crate::{AzurePlace, Error, Family, Result};
pub(crate) use delegation::LONGEST as LONGEST_DELEGATION;
pub(crate) use policy::MOST as MOST_POLICIES;
pub use policy::StoredPolicy;

/// One container as this process may use it.
pub(crate) struct Container {
    pub place: AzurePlace,
    pub wire: Wire,
    pub secret: Secret,
    /// The account of credentials that may not be shown to this one.
    pub other: Option<String>,
    /// Bytes that may be in memory on their way out.
    room: Arc<Semaphore>,
    /// Files that go up in blocks at this moment.
    large: Arc<AtomicUsize>,
    buffers: Buffers,
}

impl Container {
    pub fn new(place: AzurePlace, wire: Wire, secret: Secret) -> Self {
        Self {
            place,
            wire,
            secret,
            other: None,
            room: Arc::new(Semaphore::new(Self::UNITS)),
            large: Arc::default(),
            buffers: Buffers::default(),
        }
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
            Some(reason) => {
                let purpose = if action == Action::Delete { "prune" } else { "publish" };
                let make = format!("swath sas create {} --for {purpose} -o {purpose}.sas", self.place.container_url());
                Err(Error::new(Family::Refused, at, reason, "").hint(format!("{make}   # then give --sas-file {purpose}.sas")))
            }
            None => Ok(()),
        }
    }
    fn fail<'a>(&'a self, at: &'a str, action: Action) -> impl Fn(Failure) -> Error + 'a {
        move |failure| self.spot(at, action).error(&failure)
    }
}
