//! Bytes at a URL: ranges, put, list, SAS, credentials, redaction.
#![forbid(unsafe_code)]

mod redact;

pub use redact::redact;
