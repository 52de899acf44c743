use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use futures::future::BoxFuture;
use swath_store::{Credentials, Start, Store};

use crate::{Error, Result};

/// Bytes of files by their hrefs: what a stack reads through.
pub trait Fetch: Send + Sync {
    /// The first bytes of a file, fewer where it is shorter, with its size and the version that they are of.
    ///
    /// # Errors
    /// Absent, Refused, Unreachable.
    fn start(&self, href: &str, length: u64) -> BoxFuture<'_, Result<Start>>;
    /// The ranges of one file, in the order asked, all of the version given.
    ///
    /// # Errors
    /// As [`Fetch::start`]; Damaged where the file ends before a range does; Conflict where it is another version by now.
    fn ranges(&self, href: &str, ranges: &[Range<u64>], version: Option<&str>) -> BoxFuture<'_, Result<Vec<Bytes>>>;
    /// What this has cost so far.
    fn cost(&self) -> Cost;
}

/// Requests sent and bytes received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    pub requests: u64,
    pub bytes: u64,
}

/// Makes the URL that opens a file, such as with a token behind it, of its href.
pub type Sign = Arc<dyn Fn(&str) -> Result<String> + Send + Sync>;

/// Reads hrefs wherever they lead: those inside the store of the catalog with its credential, others anonymously, or with what the
/// person gave for that very account.
pub struct StoreFetch(Arc<Reading>);

struct Reading {
    root: Store,
    /// The way to what a hook has signed: nothing but the signature opens it.
    outside: Option<(Sign, Store)>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl StoreFetch {
    pub fn new(root: Store) -> Self {
        Self::with(root, None)
    }

    /// The same, where `sign` makes a URL of each href at the moment of reading. It may take its time: it runs beside the others.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn signing(root: Store, sign: Sign) -> Result<Self> {
        let outside = Store::open("/", &Credentials::anonymous())?;
        Ok(Self::with(root, Some((sign, outside))))
    }

    fn with(root: Store, outside: Option<(Sign, Store)>) -> Self {
        let (requests, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Reading { root, outside, requests, bytes }))
    }
}

impl fmt::Debug for StoreFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreFetch({:?})", self.0.root)
    }
}

impl Reading {
    /// The store and path of an href, signed where there is a hook.
    async fn place(&self, href: &str) -> Result<(Store, String)> {
        let Some((sign, outside)) = &self.outside else { return Ok(self.root.resolve("", href)?) };
        let (sign, plain) = (Arc::clone(sign), href.to_owned());
        let signed = tokio::task::spawn_blocking(move || sign(&plain));
        let signed = signed.await.map_err(|e| Error::misuse(swath_store::redact(href), format!("signing stopped: {e}"), ""))??;
        let store = if signed == href { &self.root } else { outside };
        Ok(store.resolve("", &signed)?)
    }

    /// Whether to ask again: a signature may have lapsed between signing and reading.
    fn lapsed<T>(&self, done: &std::result::Result<T, swath_store::Error>) -> bool {
        self.outside.is_some() && done.as_ref().is_err_and(|e| e.family == swath_store::Family::Refused)
    }

    async fn start(&self, href: String, length: u64) -> Result<Start> {
        let (store, path) = self.place(&href).await?;
        let mut done = store.get_start(&path, length).await;
        if self.lapsed(&done) {
            let (store, path) = self.place(&href).await?;
            done = store.get_start(&path, length).await;
        }
        let start = done?;
        self.requests.fetch_add(1, Relaxed);
        self.bytes.fetch_add(start.bytes.len() as u64, Relaxed);
        Ok(start)
    }

    async fn ranges(&self, href: String, ranges: Vec<Range<u64>>, version: Option<String>) -> Result<Vec<Bytes>> {
        let (store, path) = self.place(&href).await?;
        let mut done = store.get_ranges(&path, &ranges, version.as_deref()).await;
        if self.lapsed(&done) {
            let (store, path) = self.place(&href).await?;
            done = store.get_ranges(&path, &ranges, version.as_deref()).await;
        }
        let parts = done?;
        self.requests.fetch_add(ranges.len() as u64, Relaxed);
        self.bytes.fetch_add(parts.iter().map(|p| p.len() as u64).sum(), Relaxed);
        Ok(parts)
    }
}

impl Fetch for StoreFetch {
    fn start(&self, href: &str, length: u64) -> BoxFuture<'_, Result<Start>> {
        let href = href.to_owned();
        Box::pin(async move { self.0.start(href, length).await })
    }
    fn ranges(&self, href: &str, ranges: &[Range<u64>], version: Option<&str>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        let (href, ranges, version) = (href.to_owned(), ranges.to_vec(), version.map(str::to_owned));
        Box::pin(async move { self.0.ranges(href, ranges, version).await })
    }
    fn cost(&self) -> Cost {
        Cost { requests: self.0.requests.load(Relaxed), bytes: self.0.bytes.load(Relaxed) }
    }
}
