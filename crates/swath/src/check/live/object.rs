use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use swath_stac::check::Finding;
use swath_stac::facts::AssetFacts;
use swath_store::{Error as StoreError, Family, Flaw, Store};

use crate::publish::{Kind, Published};
use crate::{Error, Result};

/// An object that must be there, and what is said of it.
#[derive(Clone)]
pub(super) struct Wanted {
    pub store: Store,
    /// In its store.
    pub path: String,
    /// As findings name it: its path in the catalog, or its address elsewhere.
    pub at: String,
    pub kind: Kind,
    pub published: Option<Published>,
    /// By whom it is wanted: the place of a link, or of an asset with what is said of it.
    pub named: Vec<Named>,
}

/// One reference to an object.
#[derive(Clone)]
pub(super) struct Named {
    /// `map4/a/a.json#/assets/b1`, or `map4/a/a.json#/links/2`.
    pub at: String,
    /// Of a GeoTIFF, what its item says.
    pub facts: Option<AssetFacts>,
}

impl Wanted {
    /// `map4/a/b1.tif`, and in brackets who names it.
    pub fn place(&self) -> String {
        match self.named.first() {
            Some(named) if self.published.is_none() => named.at.clone(),
            _ => self.at.clone(),
        }
    }
}

/// Objects that cannot be reached one after the other are a network that is down.
const PATIENCE: usize = 12;

/// Turns what a store says into findings, until it is plain that nothing can be reached.
#[derive(Default)]
pub(super) struct Judge {
    unreached: AtomicUsize,
}

impl Judge {
    /// # Errors
    /// Unreachable, where it was said too often.
    pub fn finding(&self, at: &str, is_published: bool, url: &str, error: StoreError) -> Result<Finding> {
        if error.family == Family::Unreachable && self.unreached.fetch_add(1, Relaxed) + 1 >= PATIENCE {
            return Err(Error::from(error));
        }
        let named = if url.ends_with(at) { String::new() } else { format!(": {url}") };
        let (rule, found, right, fix) = match error.family {
            Family::Absent if is_published => ("LIVE-MISSING", "is not there".to_owned(), "the object that the manifest names", PUBLISH),
            Family::Absent => ("LIVE-MISSING", format!("leads nowhere{named}"), "an object that is there", PUBLISH),
            Family::Refused => {
                ("LIVE-REFUSED", error.found, "an object that its readers may read", "give its readers the right to read it")
            }
            Family::Damaged => damaged(error.flaw, error.found),
            // An answer that contradicts itself each time it is asked for.
            _ if error.flaw.is_some() => damaged(error.flaw, error.found),
            _ => ("LIVE-UNREACHABLE", error.found, "an answer", "check the network, then run the same command again"),
        };
        Ok(Finding::error(rule, at, found, right).fix(error.hint.filter(|_| rule == "LIVE-REFUSED").unwrap_or_else(|| fix.to_owned())))
    }
}

pub(super) const PUBLISH: &str = "run `swath publish` from the build again: it sends what is not there";
pub(super) const REPLACE: &str = "run `swath publish --overwrite true` from the build: it replaces bytes that are not the build's";

/// An object whose answers contradict themselves.
pub(super) fn garbled(at: &str, error: StoreError) -> Finding {
    let (rule, found, right, fix) = damaged(error.flaw, error.found);
    Finding::error(rule, at, found, right).fix(fix)
}

/// What an answer is that contradicts itself: rule, what was found, what would be right, the fix.
fn damaged(flaw: Option<Flaw>, found: String) -> (&'static str, String, &'static str, &'static str) {
    match flaw {
        Some(Flaw::Encoding) => {
            ("LIVE-ENCODING", found, "the bytes as they are: ranges count them", "switch off compression of this path at the server")
        }
        Some(Flaw::Checksum | Flaw::Stored) => ("LIVE-MD5", found, "the checksum of the bytes", PUBLISH),
        Some(Flaw::Range) => {
            let right = "HTTP 206 with exactly the bytes that were asked for";
            ("LIVE-RANGE", found, right, "serve it from a store or a server that answers byte ranges")
        }
        None => ("LIVE-SIZE", "is empty".to_owned(), "the bytes that were published", PUBLISH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_wire_refuses_is_told_by_its_cause() {
        for (flaw, rule) in [
            (Some(Flaw::Encoding), "LIVE-ENCODING"),
            (Some(Flaw::Checksum), "LIVE-MD5"),
            (Some(Flaw::Range), "LIVE-RANGE"),
            (None, "LIVE-SIZE"),
        ] {
            assert_eq!(damaged(flaw, "x".to_owned()).0, rule, "{flaw:?}");
        }
    }
}
