//! Questions to a service that answers JSON: addresses with queries, and bodies that ask.

use bytes::Bytes;
use object_store::client::HttpRequestBody;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use url::Url;

use crate::credentials::Secret;
use crate::refusal::{Action, Spot};
use crate::store::Backend;
use crate::wire::{AtMost, Reads, request};
use crate::{Error, Family, Result, Store};

const ANSWERS: HeaderValue = HeaderValue::from_static("application/geo+json, application/json");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One question.
#[derive(Debug, Clone)]
pub struct Call {
    /// Absolute, with its query; without anything secret.
    pub url: String,
    /// Sent by POST; without one the question is a GET.
    pub body: Option<Bytes>,
    /// The largest answer that is read.
    pub at_most: u64,
}

impl Store {
    /// Where a link of one of this store's documents leads when it is asked rather than read: its query counts. Who may be asked is as for
    /// [`Store::resolve`].
    ///
    /// # Errors
    /// As [`Store::resolve`].
    pub fn resolve_call(&self, document: &str, href: &str) -> Result<(Self, String)> {
        let (bare, query) =
            href.split('#').next().unwrap_or(href).split_once('?').map_or((href, None), |(bare, query)| (bare, Some(query)));
        let (store, path) = self.resolve(document, bare)?;
        let mut url = store.url_of(&path);
        // `https://host/search` and `https://host/search/` are two addresses.
        match (bare.ends_with('/'), url.ends_with('/')) {
            (true, false) => url.push('/'),
            (false, true) if !path.is_empty() => drop(url.pop()),
            _ => {}
        }
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            url = format!("{url}?{query}");
        }
        Ok((store, url))
    }

    /// Asks, and reads the answer whole. What proves who we are goes along as for any request to this store.
    ///
    /// # Errors
    /// Unsupported where this store is no web site, Misuse for an address outside it; Absent, Refused, Unreachable, OverLimit.
    pub async fn call(&self, call: &Call) -> Result<Bytes> {
        let shown = call.url.split('?').next().unwrap_or_default();
        let Backend::Web { root, wire, .. } = &self.shared.backend else {
            return Err(Error::new(Family::Unsupported, shown, "is no service that answers questions", "a STAC API at an https:// URL"));
        };
        let url = Url::parse(&call.url).map_err(|e| Error::misuse(shown, e.to_string(), "an absolute URL"))?;
        if url.origin() != root.origin() {
            return Err(Error::misuse(shown, format!("lies outside {}", root.origin().ascii_serialization()), ""));
        }
        let spot = Spot { at: shown, action: Action::Read, secret: &Secret::Anonymous, account: None, other: None };
        let method = if call.body.is_some() { Method::POST } else { Method::GET };
        let mut ask = request(method, &url).map_err(|f| spot.error(&f))?;
        ask.headers_mut().insert(ACCEPT, ANSWERS);
        if let Some(body) = &call.body {
            *ask.body_mut() = HttpRequestBody::from(body.clone());
            ask.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        ask.extensions_mut().insert(AtMost(call.at_most));
        ask.extensions_mut().insert(Reads);
        Ok(wire.send(ask).await.map_err(|f| spot.error(&f))?.body)
    }
}
