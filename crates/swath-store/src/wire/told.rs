//! What is told of each request to whoever listens, without a secret: `tracing` events.

use std::time::Instant;

use reqwest::Method;
use tracing::{Level, debug, enabled};

use super::{Failure, Reply};
use crate::redact;

/// The target of the events.
///
/// Each has `method`, `url` (as it was before it was signed, without the values of parameters that may be secret), `attempt`, `milliseconds`,
/// `sent`, and `status` and `received` where an answer came, else `failure`.
pub const REQUESTS: &str = "swath::request";

/// One attempt at a request, while somebody listens.
pub(crate) struct Told(Option<Attempt>);

struct Attempt {
    method: Method,
    url: String,
    sent: u64,
    attempt: u32,
    begun: Instant,
}

impl Told {
    /// Of a request that is about to be sent; `url` is the one that is not signed.
    pub fn about(method: &Method, url: &impl ToString, sent: usize, attempt: u32) -> Self {
        let listened = enabled!(target: REQUESTS, Level::DEBUG);
        let of = || Attempt { method: method.clone(), url: shown(&url.to_string()), sent: sent as u64, attempt, begun: Instant::now() };
        Self(listened.then(of))
    }
    pub fn answered(&self, status: u16, received: usize) {
        if let Some(Attempt { method, url, sent, attempt, begun }) = &self.0 {
            let milliseconds = begun.elapsed().as_millis() as u64;
            debug!(target: REQUESTS, %method, %url, attempt, milliseconds, sent, status, received = received as u64);
        }
    }
    pub fn failed(&self, why: &str) {
        if let Some(Attempt { method, url, sent, attempt, begun }) = &self.0 {
            let (milliseconds, failure) = (begun.elapsed().as_millis() as u64, redact(why));
            debug!(target: REQUESTS, %method, %url, attempt, milliseconds, sent, %failure);
        }
    }
    pub(super) fn ended(&self, outcome: &Result<Reply, Failure>) {
        match outcome {
            Ok(reply) => self.answered(reply.status.as_u16(), reply.body.len()),
            Err(Failure::Answer(answer)) => self.answered(answer.status.as_u16(), 0),
            Err(failure) => self.failed(&failure.to_string()),
        }
    }
}

/// Parameters whose values tell what was asked for and open nothing.
const HARMLESS: [&str; 22] = [
    "comp",
    "restype",
    "blockid",
    "blocklisttype",
    "prefix",
    "delimiter",
    "marker",
    "maxresults",
    "include",
    "api-version",
    "list-type",
    "max-keys",
    "start-after",
    "encoding-type",
    "uploads",
    "partnumber",
    "limit",
    "bbox",
    "datetime",
    "ids",
    "collections",
    "resource",
];

/// A URL as it may be seen.
fn shown(url: &str) -> String {
    let Some((place, query)) = url.split_once('?') else { return redact(url) };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if !HARMLESS.contains(&name.to_ascii_lowercase().as_str()) => format!("{name}=..."),
        None if !HARMLESS.contains(&pair.to_ascii_lowercase().as_str()) => "...".to_owned(),
        _ => pair.to_owned(),
    };
    redact(&format!("{place}?{}", query.split('&').map(pair).collect::<Vec<_>>().join("&")))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn of_a_query_only_what_opens_nothing_is_shown() {
        for (url, right) in [
            ("https://a/c/b.tif", "https://a/c/b.tif"),
            ("https://a/c?comp=block&blockid=AA%3D&sv=1&sig=secret", "https://a/c?comp=block&blockid=AA%3D&sv=...&sig=REDACTED"),
            ("https://sts/?Action=x&WebIdentityToken=secret", "https://sts/?Action=...&WebIdentityToken=..."),
            ("https://b/o?uploads&X-Amz-Signature=secret", "https://b/o?uploads&X-Amz-Signature=..."),
            ("https://host/x?secret", "https://host/x?..."),
        ] {
            assert_eq!(shown(url), right);
        }
    }
}
