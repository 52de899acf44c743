//! A catalog where its readers find it: every object there, whole, as published, and presented as browsers and readers need it.
//!
//! Where `swath.manifest.json` says what was published, each object is held against it; else links are followed from the root. By default
//! documents are read whole and of each asset the header alone, one request per object; [`Reading::Whole`] reads every byte, through a nameless
//! local file, so that memory stays bounded.

mod asset;
mod documents;
mod object;
mod place;
mod presented;
mod range;
mod references;
mod report;
mod run;
mod server;
mod whole;

pub use report::{LiveReport, Proof};
pub use run::{Reading, run};
pub(crate) use server::{IsThere, browsers};
