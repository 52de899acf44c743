//! Shared access signatures: read, kept in a file, explained, made.

mod file;
mod sign;
mod token;

pub(crate) use file::SasFile;
pub use sign::SasGrant;
pub use token::Sas;
