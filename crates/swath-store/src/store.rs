use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use url::Url;

use crate::azure;
use crate::bucket::Bucket;
use crate::credentials::{Credentials, Secret};
use crate::http::{self, Asked, End, Ranges};
use crate::location::{Location, Place};
use crate::names::{append, check, join};
use crate::refusal::{Action, Spot};
use crate::traffic::{Counts, Traffic};
use crate::wire::{AzureSigner, Doubt, Signer, Wire};
use crate::{Error, Family, Result, folder};

/// Bytes under one root: a folder, a web site (read only), or a container of an Azure storage account.
///
/// Paths are relative to the root, with slashes, unescaped. A clone shares connections, credentials and counts.
///
/// ```
/// # use swath_store::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let folder = tempfile::tempdir().unwrap();
/// let store = Store::open(folder.path().to_str().unwrap(), &Credentials::anonymous())?;
/// store.put("a/b.json", "{}".into(), &Put::Create, &Content::of("b.json")).await?;
/// assert_eq!(store.get("a/b.json").await?.bytes, "{}");
/// let again = store.put("a/b.json", "[]".into(), &Put::Create, &Content::of("b.json")).await;
/// assert_eq!(again.unwrap_err().family, Family::Conflict);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    /// A name prefix inside the backend; empty at its own root.
    pub(crate) prefix: String,
}

pub(crate) struct Shared {
    pub(crate) backend: Backend,
    /// All that the person gave, for places that it also belongs to.
    pub(crate) credentials: Credentials,
    pub(crate) traffic: Arc<Traffic>,
    /// The document whose link led here first; nothing where a person named the place.
    pub(crate) linked_from: Option<Url>,
    /// Stores that links led to.
    pub(crate) elsewhere: Arc<Mutex<HashMap<String, Store>>>,
}

pub(crate) enum Backend {
    Folder(PathBuf),
    Web { root: Url, wire: Wire, ranges: Ranges },
    Azure { container: Box<azure::Container>, ranges: Ranges },
    Bucket(Box<Bucket>),
}

/// An object's bytes and the version they are.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub bytes: Bytes,
    pub etag: Option<String>,
}

/// The first bytes of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Fewer than asked for where the object is shorter.
    pub bytes: Bytes,
    /// The pin for further reads: the ETag, or what else tells one version from another.
    pub version: Option<String>,
    /// Of the whole object, where the server tells it.
    pub size: Option<u64>,
}

/// One object, as a listing or a HEAD tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the store's root.
    pub path: String,
    pub size: u64,
    pub etag: Option<String>,
    /// The checksum that the server keeps, where it keeps one.
    pub md5: Option<[u8; 16]>,
    pub content_type: Option<String>,
}

/// What a write may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// Nothing: a Conflict where the name is taken.
    Create,
    /// Whatever is there.
    Overwrite,
    /// Exactly the version with this ETag: a Conflict otherwise.
    IfMatch(String),
}

/// How a server shall present an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub media_type: String,
    /// `Cache-Control`.
    pub cache: Option<String>,
}

/// What [`Store::ensure_container`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    Created,
    There,
}

impl Content {
    /// By the name's extension.
    pub fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let media_type = match lower.rsplit('.').next().unwrap_or_default() {
            "tif" | "tiff" => "image/tiff; application=geotiff; profile=cloud-optimized",
            "json" => "application/json",
            "geojson" => "application/geo+json",
            "parquet" => "application/vnd.apache.parquet",
            "png" => "image/png",
            "jpg" | "jpeg" => "image/jpeg",
            "webp" => "image/webp",
            "xml" => "application/xml",
            "txt" | "md" => "text/plain; charset=utf-8",
            "html" => "text/html; charset=utf-8",
            _ => "application/octet-stream",
        };
        Self { media_type: media_type.to_owned(), cache: None }
    }
    #[must_use]
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = media_type.into();
        self
    }
    #[must_use]
    pub fn cache(mut self, cache: impl Into<String>) -> Self {
        self.cache = Some(cache.into());
        self
    }
}

impl Store {
    /// Opens a place as [`Location::parse`] reads it; nothing is sent yet. A SAS token pasted behind the URL goes before
    /// the credentials.
    ///
    /// # Errors
    /// As [`Location::parse`]; Refused where a key is no key.
    pub fn open(place: &str, credentials: &Credentials) -> Result<Self> {
        let location = Location::parse(place, credentials)?;
        Self::at(location, credentials, Arc::default(), Arc::default())
    }
    /// Opens the folder that holds a document, and the document's name in it: the last segment of its URL or path.
    ///
    /// # Errors
    /// As [`Store::open`]; Misuse where there is no last segment.
    pub fn open_beside(document: &str, credentials: &Credentials) -> Result<(Self, String)> {
        let (typed, query) = document.split_once('?').map_or((document, None), |(url, query)| (url, Some(query)));
        let (folder, name) = match typed.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some((folder, name)) => (folder, name),
            None => (".", typed),
        };
        if name.is_empty() || folder.ends_with(":/") {
            return Err(Error::misuse(typed, "names no document", "a path that ends in a file name"));
        }
        let name = if typed.contains("://") { crate::names::percent_decode(name) } else { name.to_owned() };
        let folder = query.map_or(folder.to_owned(), |query| format!("{folder}?{query}"));
        Ok((Self::open(&folder, credentials)?, name))
    }
    /// The root's URL or path, without any secret and without a slash at its end.
    pub fn url(&self) -> String {
        let whole = match &self.shared.backend {
            Backend::Folder(root) => return folder::inside(root, &self.prefix).display().to_string(),
            Backend::Web { root, .. } => append(root, &self.prefix),
            Backend::Azure { container, .. } => append(&container.place.container_url(), &self.prefix),
            Backend::Bucket(bucket) => match bucket.place.bucket_url() {
                Some(url) => append(&url, &self.prefix),
                None => return String::new(),
            },
        };
        whole.as_str().trim_end_matches('/').to_owned()
    }
    /// One object's URL (escaped) or path, without any secret.
    pub fn url_of(&self, path: &str) -> String {
        match &self.shared.backend {
            Backend::Folder(root) => folder::inside(root, &join(&self.prefix, path)).display().to_string(),
            _ => self.remote_url(path).map_or_else(String::new, |url| url.to_string()),
        }
    }
    /// Whether reading costs requests over a network.
    pub fn is_remote(&self) -> bool {
        !matches!(self.shared.backend, Backend::Folder(_))
    }
    /// The folder, when this is one.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.shared.backend {
            Backend::Folder(root) => Some(folder::inside(root, &self.prefix)),
            _ => None,
        }
    }
    /// What talking to this store, and to those its links led to, has cost.
    pub fn counts(&self) -> Counts {
        self.shared.traffic.counts()
    }

    /// A whole object.
    ///
    /// # Errors
    /// Absent, Refused, Unreachable, OverLimit above 1 GiB, Disk.
    pub async fn get(&self, path: &str) -> Result<Fetched> {
        match &self.shared.backend {
            Backend::Folder(root) => {
                let file = self.file(root, path)?;
                let fetched = blocking(move || folder::read(&file)).await?;
                self.shared.traffic.read(fetched.bytes.len() as u64);
                Ok(fetched)
            }
            Backend::Bucket(bucket) => bucket.get(&self.checked(path)?, &self.url_of(path)).await,
            _ => self.on_wire(path, Action::Read, async |wire, url, spot| http::read(wire, &url, &spot).await).await,
        }
    }
    /// A whole object that must not be larger than this.
    ///
    /// # Errors
    /// OverLimit where it is larger, and as [`Store::get`].
    pub async fn get_at_most(&self, path: &str, most: u64) -> Result<Fetched> {
        let over = |size: u64| Error::new(Family::OverLimit, self.url_of(path), format!("{size} bytes"), format!("at most {most}"));
        match &self.shared.backend {
            Backend::Folder(_) => match self.head(path).await?.size {
                size if size > most => Err(over(size)),
                _ => self.get(path).await,
            },
            Backend::Bucket(_) => match self.get(path).await? {
                fetched if fetched.bytes.len() as u64 > most => Err(over(fetched.bytes.len() as u64)),
                fetched => Ok(fetched),
            },
            _ => self.on_wire(path, Action::Read, async |wire, url, spot| http::read_at_most(wire, &url, most, &spot).await).await,
        }
    }
    /// The first bytes of an object, with what pins further reads to the same version: one request.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn get_start(&self, path: &str, length: u64) -> Result<Start> {
        let habit = match &self.shared.backend {
            Backend::Folder(root) => {
                let file = self.file(root, path)?;
                let start = blocking(move || folder::read_start(&file, length)).await?;
                self.shared.traffic.read(start.bytes.len() as u64);
                return Ok(start);
            }
            Backend::Bucket(bucket) => return bucket.get_start(&self.checked(path)?, length, &self.url_of(path)).await,
            Backend::Web { ranges, .. } | Backend::Azure { ranges, .. } => ranges,
        };
        self.on_wire(path, Action::Read, async |wire, url, spot| http::read_start(wire, &url, habit, length, &spot).await).await
    }
    /// Ranges of one object, in the order asked, all of one version when its ETag is given as the pin.
    ///
    /// Near ranges should be merged before: each is a request.
    ///
    /// # Errors
    /// Conflict ('asset changed while it was read') when the pin no longer holds, Damaged where the object ends before a
    /// range does, and as [`Store::get`].
    pub async fn get_ranges(&self, path: &str, ranges: &[Range<u64>], pin: Option<&str>) -> Result<Vec<Bytes>> {
        let habit = match &self.shared.backend {
            Backend::Folder(root) => {
                let file = self.file(root, path)?;
                let (ranges, pin) = (ranges.to_vec(), pin.map(str::to_owned));
                let parts = blocking(move || folder::read_ranges(&file, &ranges, pin.as_deref())).await?;
                parts.iter().for_each(|part| self.shared.traffic.read(part.len() as u64));
                return Ok(parts);
            }
            Backend::Bucket(bucket) => return bucket.get_ranges(&self.checked(path)?, ranges, pin, &self.url_of(path)).await,
            Backend::Web { ranges, .. } | Backend::Azure { ranges, .. } => ranges,
        };
        self.on_wire(path, Action::Read, async |wire, url, spot| {
            http::read_ranges(wire, &url, Asked { pin, habit, end: End::Beyond }, ranges, &spot).await
        })
        .await
    }
    /// Size, ETag and what else the server tells without sending the bytes.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn head(&self, path: &str) -> Result<Entry> {
        match &self.shared.backend {
            Backend::Folder(root) => {
                let (file, name) = (self.file(root, path)?, path.to_owned());
                self.shared.traffic.read(0);
                blocking(move || folder::head(&file, &name)).await
            }
            Backend::Bucket(bucket) => {
                let entry = bucket.head(&self.checked(path)?, &self.url_of(path)).await?;
                Ok(Entry { path: path.to_owned(), ..entry })
            }
            _ => {
                let entry = self.on_wire(path, Action::Read, async |wire, url, spot| http::head(wire, &url, &spot).await).await?;
                Ok(Entry { path: path.to_owned(), ..entry })
            }
        }
    }
    /// Every object under a folder of names (empty for the root), sorted by path; none where nothing is there.
    ///
    /// # Errors
    /// Absent where the container does not exist; Unsupported for a web site; Refused, Unreachable, Disk.
    pub async fn list(&self, under: &str) -> Result<Vec<Entry>> {
        let whole = join(&self.prefix, under);
        match &self.shared.backend {
            Backend::Folder(root) => {
                let root = folder::inside(root, &self.prefix);
                let under = folder::inside(&root, under);
                self.shared.traffic.read(0);
                blocking(move || folder::list(&root, &under)).await
            }
            Backend::Web { .. } => Err(self.read_only("list")),
            Backend::Azure { container, .. } => {
                let prefix = if whole.is_empty() { whole } else { format!("{}/", whole.trim_end_matches('/')) };
                Ok(self.relative(container.list(&prefix, &self.url()).await?))
            }
            Backend::Bucket(bucket) => Ok(self.relative(bucket.list(whole.trim_end_matches('/'), &self.url()).await?)),
        }
    }
    /// Writes a whole object, visible at once or not at all; its new ETag. Its checksum travels with it.
    ///
    /// # Errors
    /// Conflict as [`Put`] says; Unsupported for a web site; Refused, Unreachable, Disk.
    pub async fn put(&self, path: &str, bytes: Bytes, put: &Put, content: &Content) -> Result<Option<String>> {
        check(path)?;
        match &self.shared.backend {
            Backend::Folder(root) => {
                let (file, put) = (self.file(root, path)?, put.clone());
                self.shared.traffic.wrote(bytes.len() as u64);
                blocking(move || folder::write(&file, folder::From::Bytes(&bytes), &put)).await.map(Some)
            }
            Backend::Web { .. } => Err(self.read_only("write")),
            Backend::Bucket(bucket) => bucket.put(&join(&self.prefix, path), bytes, put, content, &self.url_of(path)).await,
            Backend::Azure { container, .. } => container.put(&join(&self.prefix, path), bytes, put, content, &self.url_of(path)).await,
        }
    }
    /// Removes the version of an object that has this ETag; any version where none is given. What is absent already is fine.
    ///
    /// # Errors
    /// Conflict where it has changed; Unsupported for a web site; Refused, Unreachable, Disk.
    pub async fn delete(&self, path: &str, pin: Option<&str>) -> Result<()> {
        match &self.shared.backend {
            Backend::Folder(root) => {
                let (root, file, pin) = (root.clone(), self.file(root, path)?, pin.map(str::to_owned));
                self.shared.traffic.wrote(0);
                blocking(move || folder::delete(&root, &file, pin.as_deref())).await
            }
            Backend::Web { .. } => Err(self.read_only("delete")),
            Backend::Bucket(bucket) => bucket.delete(&self.checked(path)?, pin, &self.url_of(path)).await,
            Backend::Azure { container, .. } => {
                check(path)?;
                container.delete(&join(&self.prefix, path), pin, &self.url_of(path)).await
            }
        }
    }
    /// Whether writing has a chance at all: told without asking the server.
    ///
    /// # Errors
    /// Refused without credentials, naming what to set, or with a token that lacks the right; Unsupported for a web site.
    pub fn may_write(&self) -> Result<()> {
        match &self.shared.backend {
            Backend::Folder(_) => Ok(()),
            Backend::Web { .. } => Err(self.read_only("write")),
            Backend::Azure { container, .. } => container.may_write(&self.url(), Action::Create),
            Backend::Bucket(bucket) => bucket.may_write(&self.url(), Action::Create),
        }
    }
    /// Makes the container, or the folder, unless it is there.
    ///
    /// # Errors
    /// Refused where credentials are missing or too weak; Unsupported for a web site; Unreachable, Disk.
    pub async fn ensure_container(&self) -> Result<Container> {
        match &self.shared.backend {
            Backend::Folder(root) => {
                let root = folder::inside(root, &self.prefix);
                let found = if root.is_dir() { Container::There } else { Container::Created };
                std::fs::create_dir_all(&root).map_err(|e| Error::file(&root, &e))?;
                Ok(found)
            }
            Backend::Web { .. } => Err(self.read_only("write")),
            Backend::Bucket(bucket) => bucket.ensure().await.map(|()| Container::There),
            Backend::Azure { container, .. } => container.ensure().await,
        }
    }

    pub(crate) fn at(
        location: Location,
        credentials: &Credentials,
        traffic: Arc<Traffic>,
        elsewhere: Arc<Mutex<HashMap<String, Store>>>,
    ) -> Result<Self> {
        let linked_from = location.linked_from;
        let (backend, prefix) = match location.place {
            Place::Folder(root) => (Backend::Folder(root), String::new()),
            Place::Http(root) => {
                let signer = location.query.map_or(Signer::None, Signer::Query);
                let wire = Wire::linked(&root, signer, traffic.clone(), linked_from.as_ref())?;
                (Backend::Web { root, wire, ranges: Ranges::default() }, String::new())
            }
            Place::Azure(mut place) => {
                let prefix = std::mem::take(&mut place.prefix);
                let secret = match location.sas {
                    Some(sas) => Secret::Sas(sas),
                    None => credentials.for_account(&place.account).secret,
                };
                let withheld = matches!(secret, Secret::Anonymous) && !credentials.is_anonymous();
                let doubt = location.guessed.then(|| Doubt::about(place.endpoint.clone()));
                let signer = Signer::Azure(Box::new(AzureSigner::new(place.account.clone(), secret.clone(), doubt)?));
                let wire = Wire::linked(&place.endpoint, signer, traffic.clone(), linked_from.as_ref())?;
                let mut container = azure::Container::new(place, wire, secret);
                container.other = credentials.account.clone().filter(|_| withheld);
                (Backend::Azure { container: Box::new(container), ranges: Ranges::default() }, prefix)
            }
            Place::Bucket(mut place) => {
                let prefix = std::mem::take(&mut place.prefix);
                (Backend::Bucket(Box::new(Bucket::new(place, &credentials.buckets, traffic.clone())?)), prefix)
            }
        };
        let shared = Shared { backend, credentials: credentials.clone(), traffic, linked_from, elsewhere };
        Ok(Self { shared: Arc::new(shared), prefix })
    }
    /// Runs one exchange with the object at a path.
    pub(crate) async fn on_wire<T>(&self, path: &str, act: Action, ask: impl AsyncFnOnce(&Wire, Url, Spot<'_>) -> Result<T>) -> Result<T> {
        let url = self.remote_url(path).ok_or_else(|| Error::misuse(path, "has no URL", ""))?;
        let shown = url.to_string();
        match &self.shared.backend {
            Backend::Azure { container, .. } => {
                check(path)?;
                ask(&container.wire, url, container.spot(&shown, act)).await
            }
            Backend::Web { wire, .. } => {
                ask(wire, url, Spot { at: &shown, action: act, secret: &Secret::Anonymous, account: None, other: None }).await
            }
            Backend::Folder(_) | Backend::Bucket(_) => Err(Error::misuse(shown, "is not read over plain HTTP", "")),
        }
    }
    fn remote_url(&self, path: &str) -> Option<Url> {
        let name = join(&self.prefix, path);
        match &self.shared.backend {
            Backend::Folder(_) => None,
            Backend::Web { root, .. } if name.is_empty() => Some(root.clone()),
            Backend::Web { root, .. } => Some(append(root, &name)),
            Backend::Azure { container, .. } => Some(append(&container.place.container_url(), &name)),
            Backend::Bucket(bucket) => Some(append(&bucket.place.bucket_url()?, &name)),
        }
    }
    /// The whole name of an object, if it can be one.
    fn checked(&self, path: &str) -> Result<String> {
        check(path)?;
        Ok(join(&self.prefix, path))
    }
    /// What lies under this store's prefix, by its name there, sorted.
    fn relative(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let outer = if self.prefix.is_empty() { 0 } else { self.prefix.len() + 1 };
        for entry in &mut entries {
            entry.path = entry.path.get(outer..).unwrap_or_default().to_owned();
        }
        entries.retain(|entry| !entry.path.is_empty());
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries
    }
    pub(crate) fn file(&self, root: &Path, path: &str) -> Result<PathBuf> {
        check(path)?;
        Ok(folder::inside(root, &join(&self.prefix, path)))
    }
    pub(crate) fn read_only(&self, verb: &str) -> Error {
        // Nobody writes to a web site, so a loopback URL without a credential is an emulator that lacks one.
        if let Backend::Web { root, .. } = &self.shared.backend
            && crate::location::is_loopback(root)
        {
            let account = root.path_segments().and_then(|mut parts| parts.next());
            let other = self.shared.credentials.account().filter(|other| Some(*other) != account);
            let spot = Spot { at: &self.url(), action: Action::Write, secret: &Secret::Anonymous, account, other };
            return spot.anonymous();
        }
        Error::new(Family::Unsupported, self.url(), format!("a web site cannot {verb} files"), "a folder or an Azure container").hint(
            "for an emulator, set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN and write http://127.0.0.1:PORT/ACCOUNT/CONTAINER/PREFIX",
        )
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({:?})", self.url())
    }
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let stopped = |e: tokio::task::JoinError| Error::new(Family::Disk, "", format!("a file task stopped: {e}"), "");
    tokio::task::spawn_blocking(work).await.map_err(stopped)?
}
