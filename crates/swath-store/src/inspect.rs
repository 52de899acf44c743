//! Answers as they come: for a check of what is published, and for a doctor. Nothing is judged here.

use std::net::IpAddr;
use std::ops::Range;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use md5::{Digest, Md5};
use reqwest::Method;
use reqwest::header::{HeaderMap, IF_MATCH, ORIGIN, RANGE};
use url::Url;

use crate::credentials::Secret;
use crate::entra::Scope;
use crate::refusal::{Action, Spot};
use crate::store::{Backend, Store};
use crate::wire::{AtMost, Failure, Reply, Wire, header, request};
use crate::{AzurePlace, Error, Family, Result};

/// In whose name a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whom {
    /// With the store's credentials; what may heal is asked again, and a refusal is an error.
    #[default]
    Ourselves,
    /// Without any, as a stranger or a browser would; once, and any status is an answer.
    Anybody,
}

/// One GET, as it shall be asked.
#[derive(Debug, Clone, Default)]
pub struct Look<'a> {
    /// The whole object where there is none; never a suffix.
    pub range: Option<Range<u64>>,
    /// `If-Match`.
    pub pin: Option<&'a str>,
    /// `Origin`: the page in whose name a browser asks.
    pub origin: Option<&'a str>,
    pub whom: Whom,
}

/// An answer, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub status: u16,
    pub bytes: Bytes,
    pub etag: Option<String>,
    pub content_type: Option<String>,
    /// `Cache-Control`.
    pub cache: Option<String>,
    /// `Content-Encoding`.
    pub encoding: Option<String>,
    /// Of the whole object, where the server keeps one.
    pub md5: Option<[u8; 16]>,
    /// First byte, last byte, and bytes of the whole object, where `Content-Range` says them.
    pub content_range: Option<(u64, u64, Option<u64>)>,
    /// The server's clock.
    pub date: Option<DateTime<Utc>>,
    /// What a page of another host may do.
    pub cors: Cors,
    /// Azure's name for the reason of a refusal.
    pub code: Option<String>,
}

/// The answer to a browser's question, header by header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    pub origin: Option<String>,
    pub methods: Option<String>,
    pub headers: Option<String>,
    pub exposed: Option<String>,
}

/// A range that a server ignores is answered whole; more than this is not waited for.
const MOST: u64 = 64 << 20;

impl Store {
    /// One object, or a range of it, with what the server says about it.
    ///
    /// # Errors
    /// Absent, Refused, Conflict where the pin does not hold, Damaged where the range lies behind the end, Unreachable;
    /// OverLimit where a server answers a range with more than 64 MiB. Asked as anybody: Unreachable alone.
    pub async fn look(&self, path: &str, look: &Look<'_>) -> Result<Seen> {
        if !self.speaks_http() {
            return self.look_through(path, look).await;
        }
        self.put_question(path, async |wire, url, spot| {
            let failed = |failure: Failure| spot.error(&failure);
            let mut ask = request(Method::GET, url).map_err(failed)?;
            if let Some(range) = &look.range {
                let value = header(&format!("bytes={}-{}", range.start, range.end.saturating_sub(1))).map_err(failed)?;
                ask.headers_mut().insert(RANGE, value);
                ask.extensions_mut().insert(AtMost(MOST.max(range.end.saturating_sub(range.start))));
            }
            if let Some(pin) = look.pin {
                ask.headers_mut().insert(IF_MATCH, header(pin).map_err(failed)?);
            }
            if let Some(origin) = look.origin {
                ask.headers_mut().insert(ORIGIN, header(origin).map_err(failed)?);
            }
            let reply = match look.whom {
                Whom::Ourselves => wire.send(ask).await,
                Whom::Anybody => wire.ask(ask, Whom::Anybody).await,
            };
            Ok(Seen::of(reply.map_err(failed)?))
        })
        .await
    }
    /// What a server answers to the question that a browser asks before it reads ranges for a page of another host.
    ///
    /// # Errors
    /// Unreachable; Misuse for a folder.
    pub async fn preflight(&self, path: &str, origin: &str) -> Result<Seen> {
        self.put_question(path, async |wire, url, spot| {
            let failed = |failure: Failure| spot.error(&failure);
            let mut ask = request(Method::OPTIONS, url).map_err(failed)?;
            for (name, value) in [("origin", origin), ("access-control-request-method", "GET"), ("access-control-request-headers", "range")]
            {
                let name = reqwest::header::HeaderName::from_static(name);
                ask.headers_mut().insert(name, header(value).map_err(failed)?);
            }
            Ok(Seen::of(wire.ask(ask, Whom::Anybody).await.map_err(failed)?))
        })
        .await
    }
    /// What a server answers when its root is asked for: a container's listing, one name long, or a web site's first page.
    ///
    /// # Errors
    /// Unreachable; Misuse for a folder.
    pub async fn knock(&self, whom: Whom) -> Result<Seen> {
        let listing = matches!(self.shared.backend, Backend::Azure { .. });
        self.put_question("", async |wire, url, spot| {
            let mut url = url.clone();
            if listing && let Some(place) = self.azure_place() {
                url = place.container_url();
                url.query_pairs_mut().extend_pairs([("restype", "container"), ("comp", "list"), ("maxresults", "1")]);
            }
            let ask = request(Method::GET, &url).map_err(|failure| spot.error(&failure))?;
            Ok(Seen::of(wire.ask(ask, whom).await.map_err(|failure| spot.error(&failure))?))
        })
        .await
    }
    /// Whether its server can be asked as a browser asks: a web site or an Azure container, not a folder or what has a client of its own.
    pub fn speaks_http(&self) -> bool {
        matches!(self.shared.backend, Backend::Web { .. } | Backend::Azure { .. })
    }
    /// The addresses of the host's name; none for a folder.
    ///
    /// # Errors
    /// Unreachable where the name has none.
    pub async fn addresses(&self) -> Result<Vec<IpAddr>> {
        let Some((host, port)) = self.host() else { return Ok(Vec::new()) };
        let name = host.clone();
        crate::store::blocking(move || {
            let found = std::net::ToSocketAddrs::to_socket_addrs(&(name.as_str(), port));
            let found = found.map_err(|e| Error::new(Family::Unreachable, &name, format!("the name has no address: {e}"), ""))?;
            Ok(found.map(|address| address.ip()).collect())
        })
        .await
    }
    /// Host and port of a remote store.
    pub fn host(&self) -> Option<(String, u16)> {
        let url = Url::parse(&self.url()).ok().filter(|_| self.is_remote())?;
        Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?))
    }
    /// Account, container and prefix, when this is Azure.
    pub fn azure_place(&self) -> Option<AzurePlace> {
        match &self.shared.backend {
            Backend::Azure { container, .. } => Some(AzurePlace { prefix: self.prefix.clone(), ..container.place.clone() }),
            _ => None,
        }
    }
    /// As whom this store reads: `a SAS token`, `an account key`, `no credentials`.
    pub fn identity(&self) -> &'static str {
        match &self.shared.backend {
            Backend::Azure { container, .. } => container.secret.kind(),
            _ if self.is_remote() && !self.speaks_http() => "credentials of its own",
            _ => Secret::Anonymous.kind(),
        }
    }
    /// Whether it reads without credentials.
    pub fn is_anonymous(&self) -> bool {
        match &self.shared.backend {
            Backend::Azure { container, .. } => matches!(container.secret, Secret::Anonymous),
            _ => true,
        }
    }
    /// Who an identity of Microsoft Entra turns out to be (`az login`, `service principal`), by asking for a token; `None` for other credentials.
    ///
    /// # Errors
    /// Refused, saying of each source why it gives none; Unreachable, Misuse.
    pub async fn who_is_it(&self) -> Option<Result<&'static str>> {
        let Backend::Azure { container, .. } = &self.shared.backend else { return None };
        let Secret::Identity(tokens) = &container.secret else { return None };
        Some(tokens.bearer(Scope::Storage).await.map(|_| tokens.source()))
    }
    /// Why the credential does not allow a right (`r`, `l`, `c`, `w`, `d`) now, as far as it tells by itself.
    pub fn lacks(&self, right: char) -> Option<String> {
        match &self.shared.backend {
            Backend::Azure { container, .. } => match &container.secret {
                Secret::Anonymous if right != 'r' && right != 'l' => Some("there are no credentials".to_owned()),
                secret => secret.sas()?.lacks(right, Utc::now()),
            },
            Backend::Web { .. } if right != 'r' => Some("a web site is read only".to_owned()),
            _ => None,
        }
    }
    /// When the credential lapses, where it says so.
    pub fn expires(&self) -> Option<DateTime<Utc>> {
        match &self.shared.backend {
            Backend::Azure { container, .. } => container.secret.sas()?.expires(),
            _ => None,
        }
    }

    /// The store of a folder below this one's root; the same connections, credentials and counts.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        Self { shared: self.shared.clone(), prefix: crate::names::join(&self.prefix, folder) }
    }

    async fn look_through(&self, path: &str, look: &Look<'_>) -> Result<Seen> {
        let entry = self.head(path).await?;
        let seen = Seen { status: 200, etag: entry.etag, ..Seen::default() };
        let Some(range) = &look.range else {
            return Ok(Seen { bytes: self.get(path).await?.bytes, ..seen });
        };
        let range = range.start..range.end.min(entry.size);
        if range.is_empty() {
            return Err(Error::new(Family::Damaged, self.url_of(path), format!("ends at byte {}", entry.size), ""));
        }
        let bytes = self.get_ranges(path, std::slice::from_ref(&range), look.pin).await?.pop().unwrap_or_default();
        Ok(Seen { status: 206, bytes, content_range: Some((range.start, range.end.saturating_sub(1), Some(entry.size))), ..seen })
    }
    async fn put_question<T>(&self, path: &str, question: impl AsyncFnOnce(&Wire, &Url, Spot<'_>) -> Result<T>) -> Result<T> {
        let shown = if path.is_empty() { self.url() } else { self.url_of(path) };
        let (wire, spot) = match &self.shared.backend {
            Backend::Web { wire, .. } => {
                (wire, Spot { at: &shown, action: Action::Read, secret: &Secret::Anonymous, account: None, other: None })
            }
            Backend::Azure { container, .. } => (&container.wire, container.spot(&shown, Action::Read)),
            _ => return Err(Error::misuse(&shown, "is no place that a browser could ask", "a web site or an Azure container")),
        };
        let url = Url::parse(&shown).map_err(|_| Error::misuse(&shown, "has no URL", ""))?;
        question(wire, &url, spot).await
    }
}

/// The MD5 of bytes that come in pieces: the checksum that stores keep.
#[derive(Debug, Clone, Default)]
pub struct Md5Sum(Md5);

impl Md5Sum {
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }
    pub fn finish(self) -> [u8; 16] {
        self.0.finalize().into()
    }
}

impl Seen {
    fn of(reply: Reply) -> Self {
        let text = |name: &str| reply.headers.get(name).and_then(|v| v.to_str().ok()).map(|v| v.trim().to_owned());
        // Of a range, Azure tells the whole object's checksum under a name of its own.
        let whole = if reply.status.as_u16() == 206 { None } else { text("content-md5") };
        let md5 = text("x-ms-blob-content-md5").or(whole).and_then(|sum| BASE64.decode(sum).ok()?.try_into().ok());
        Self {
            status: reply.status.as_u16(),
            etag: text("etag"),
            content_type: text("content-type"),
            cache: text("cache-control"),
            encoding: text("content-encoding").filter(|encoding| encoding != "identity"),
            md5,
            content_range: text("content-range").as_deref().and_then(content_range),
            date: text("date").as_deref().and_then(|date| Some(DateTime::parse_from_rfc2822(date).ok()?.with_timezone(&Utc))),
            cors: Cors::of(&reply.headers),
            code: text("x-ms-error-code"),
            bytes: reply.body,
        }
    }
    /// Bytes of the whole object, as far as the answer tells.
    pub fn size(&self) -> Option<u64> {
        match self.content_range {
            Some((_, _, total)) => total,
            None => (self.status == 200).then_some(self.bytes.len() as u64),
        }
    }
    /// Whether the bytes are what the kept checksum says; `None` where there is none, or where these are not the whole object.
    pub fn agrees(&self) -> Option<bool> {
        let kept = self.md5.filter(|_| self.status == 200)?;
        Some(<[u8; 16]>::from(Md5::digest(&self.bytes)) == kept)
    }
}

impl Cors {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Self {
            origin: text("access-control-allow-origin"),
            methods: text("access-control-allow-methods"),
            headers: text("access-control-allow-headers"),
            exposed: text("access-control-expose-headers"),
        }
    }
}

/// `bytes 0-15/4096`, or `bytes 0-15/*` (RFC 9110, section 14.4).
fn content_range(text: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((first.parse().ok()?, last.parse().ok()?, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read_as_the_standard_has_it() {
        for (text, right) in [
            ("bytes 0-15/4096", Some((0, 15, Some(4096)))),
            ("bytes 7-7/*", Some((7, 7, None))),
            ("bytes */4096", None),
            ("items 0-1/2", None),
            ("bytes 0-15", None),
            ("bytes a-b/c", None),
        ] {
            assert_eq!(content_range(text), right, "{text}");
        }
    }

    #[test]
    fn a_kept_checksum_speaks_of_the_whole_object_only() {
        let sum: [u8; 16] = Md5::digest(b"abc").into();
        let seen = |status, bytes: &'static [u8]| Seen { status, bytes: Bytes::from_static(bytes), md5: Some(sum), ..Seen::default() };
        assert_eq!(seen(200, b"abc").agrees(), Some(true));
        assert_eq!(seen(200, b"abd").agrees(), Some(false));
        assert_eq!(seen(206, b"a").agrees(), None);
        assert_eq!(Seen { status: 200, ..Seen::default() }.agrees(), None);
    }
}
