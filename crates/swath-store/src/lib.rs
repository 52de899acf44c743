//! Bytes at a URL: ranges, put, list, SAS, credentials, redaction.
//!
//! A [`Store`] is a folder, an HTTP site (read only), a container of an Azure storage account, or a bucket of S3 or Google
//! Cloud Storage; its paths are the same in all of them. Credentials belong to one account and never travel elsewhere, and no text made here holds a secret.
#![forbid(unsafe_code)]

mod azure;
mod bucket;
mod buffers;
mod call;
mod compare;
mod credentials;
mod end;
mod entra;
mod environment;
mod error;
mod folder;
mod http;
mod inspect;
mod local;
mod location;
pub mod manage;
mod names;
mod nearness;
mod redact;
mod refusal;
mod resolve;
mod sas;
mod store;
mod traffic;
mod typos;
mod upload;
mod wire;

pub use azure::StoredPolicy;
pub use bucket::{BucketPlace, Cloud};
pub use call::Call;
pub use credentials::Credentials;
pub use entra::{Scope, Tokens};
pub use error::{Error, Family, Flaw, Result, in_words};
pub use inspect::{Cors, Look, Md5Sum, Seen, Whom};
pub use location::{AzurePlace, Location, Place};
pub use redact::redact;
pub use sas::{Explained, Finding, Policy, Purpose, Sas, SasGrant, SasKind, SasMade, SasRequest, Severity};
pub use sas::{expiry as sas_expiry, explain as explain_sas};
pub use store::{Container, Content, Entry, Fetched, Put, Start, Store};
pub use traffic::Counts;
pub use upload::LocalFile;
pub use wire::REQUESTS;
