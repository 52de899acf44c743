//! Shared access signatures: read, kept in a file, explained, made.

mod create;
mod explain;
mod facts;
mod file;
mod judge;
mod mistakes;
mod sign;
mod token;

pub use create::{Policy, SasKind, SasMade, SasRequest, expiry};
pub use explain::{Explained, Finding, Purpose, Severity, explain};
pub(crate) use file::SasFile;
pub use sign::SasGrant;
pub(crate) use sign::{DelegationKey, spelled};
pub use token::Sas;
pub(crate) use token::instant;
