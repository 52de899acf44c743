//! One request to one account or host: signed, counted, checked, retried, and answered whole or as a typed failure.

mod ask;
mod body;
mod connector;
mod delay;
mod doubt;
mod failure;
mod lookup;
mod outgoing;
mod patience;
mod proof;
mod redirect;
mod request;
mod send;
mod sign;
mod told;
mod trust;

pub(crate) use connector::{Connector, failure_of};
pub(crate) use doubt::Doubt;
pub(crate) use failure::{Answer, Failure};
pub(crate) use request::{AtMost, CONTENT_CRC64, CONTENT_MD5, MS_BLOB_MD5, RANGE_MD5, Reads, header, request};
pub(crate) use send::{Reply, Wire};
pub(crate) use sign::{AzureSigner, Signer};
pub use told::REQUESTS;
pub(crate) use told::Told;
pub(crate) use trust::client;
