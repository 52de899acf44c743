//! Where the links of a catalog lead, and with which credentials.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, PoisonError};

use url::{Position, Url};

use crate::credentials::{Credentials, Secret};
use crate::location::{Location, Place};
use crate::names::{decoded_path, join, percent_decode};
use crate::nearness::leads_inside;
use crate::store::{Backend, Store};
use crate::{Error, Family, Result, folder};

impl Store {
    /// The store and path that a link found in one of this store's documents leads to.
    ///
    /// Relative links stay in this store and never inherit a query. Credentials go along only inside the same account;
    /// to another account only when the person named that account, or the document is a local file. A token that a link
    /// itself carries is used for that link alone.
    ///
    /// # Errors
    /// Damaged where a remote document leads to a local file or into this machine's own network; Misuse as
    /// [`Location::parse`].
    ///
    /// ```
    /// # use swath_store::*;
    /// let store = Store::open("https://host/catalog", &Credentials::anonymous())?;
    /// let (same, path) = store.resolve("map4/collection.json", "./t%201/t1.json?x=1")?;
    /// assert_eq!((same.url(), path.as_str()), (store.url(), "map4/t 1/t1.json"));
    /// assert!(store.resolve("collection.json", "file:///etc/passwd").is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn resolve(&self, document: &str, href: &str) -> Result<(Self, String)> {
        if let Backend::Folder(root) = &self.shared.backend {
            return match href.split_once("://") {
                Some(("file", _)) => {
                    let path = Url::parse(href).ok().and_then(|url| url.to_file_path().ok());
                    self.local(root, path.ok_or_else(|| Error::new(Family::Damaged, href, "is no path on this machine", ""))?)
                }
                Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => self.leave(href, &self.shared.credentials, None),
                _ => self.local(root, beside(&folder::inside(root, &join(&self.prefix, document)), href)),
            };
        }
        let wrong = || Error::new(Family::Damaged, self.url_of(document), format!("the link '{href}' is no URL"), "");
        let base = Url::parse(&self.url_of(document)).map_err(|_| wrong())?;
        let mut target = base.join(href).map_err(|_| wrong())?;
        target.set_fragment(None);
        self.forbid(&base, &target)?;
        let query = target.query().map(str::to_owned);
        target.set_query(None);
        if let Some(path) = self.own_path(&target) {
            return Ok(path);
        }
        if let Some(query) = &query {
            target.set_query(Some(query));
        }
        let credentials = self.credentials_for(&target);
        // A place whose credential a person gave is one that the person named.
        let linked_from = match credentials.is_anonymous() {
            false => None,
            true if target.host() == base.host() => self.shared.linked_from.clone(),
            true => Some(base),
        };
        self.leave(target.as_str(), &credentials, linked_from)
    }

    /// This store (or its whole container) and the path, when a URL lies in it.
    fn own_path(&self, target: &Url) -> Option<(Self, String)> {
        let root = match &self.shared.backend {
            Backend::Web { root, .. } => root.clone(),
            Backend::Azure { container, .. } => container.place.container_url(),
            Backend::Bucket(bucket) => bucket.place.bucket_url()?,
            Backend::Folder(_) => return None,
        };
        // Every `s3://` has an origin of its own.
        let same = if root.origin().is_tuple() {
            root.origin() == target.origin()
        } else {
            root[..Position::AfterPort] == target[..Position::AfterPort]
        };
        if !same {
            return None;
        }
        let (outer, inner) = (decoded_path(&root), decoded_path(target));
        let name = if outer.is_empty() { inner.as_str() } else { inner.strip_prefix(&outer)?.strip_prefix('/')? };
        let inside =
            if self.prefix.is_empty() { Some(name) } else { name.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('/')) };
        Some(match inside {
            Some(path) => (self.clone(), path.to_owned()),
            None => (Self { shared: self.shared.clone(), prefix: String::new() }, name.to_owned()),
        })
    }
    /// A store at another place, opened once.
    fn leave(&self, target: &str, credentials: &Credentials, linked_from: Option<Url>) -> Result<(Self, String)> {
        let mut location = Location::parse(target, credentials)?;
        let from = linked_from.as_ref().map(|url| url[..Position::BeforePath].to_owned()).unwrap_or_default();
        location.linked_from = linked_from;
        let carries = location.sas.is_some() || location.query.is_some();
        let path = match &mut location.place {
            Place::Azure(place) => std::mem::take(&mut place.prefix),
            Place::Http(url) if location.query.is_none() => {
                let path = decoded_path(url);
                url.set_path("/");
                path
            }
            Place::Http(_) => String::new(),
            Place::Bucket(place) => std::mem::take(&mut place.prefix),
            Place::Folder(_) => return Err(Error::new(Family::Damaged, target, "is no URL", "")),
        };
        // The person's own credential goes before a token that a link carries, which may have lapsed long ago.
        if let Place::Azure(place) = &location.place
            && !credentials.for_account(&place.account).is_anonymous()
        {
            location.sas = None;
        }
        // A token for a container opens many of its objects; one that signs a single URL is of no further use.
        let shared = !carries || matches!(location.place, Place::Azure(_));
        let key = format!(
            "{} {from} {} {:x}",
            location.url(),
            credentials.is_anonymous(),
            hash_of(target.split_once('?').map(|(_, query)| query))
        );
        let known = || self.shared.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        if shared && let Some(store) = known().get(&key) {
            return Ok((store.clone(), path));
        }
        let store = Self::at(location, credentials, Arc::clone(&self.shared.traffic), Arc::clone(&self.shared.elsewhere))?;
        if shared {
            let mut known = known();
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(key, store.clone());
        }
        Ok((store, path))
    }
    fn credentials_for(&self, target: &Url) -> Credentials {
        if let Backend::Azure { container, .. } = &self.shared.backend {
            let place = &container.place;
            let same = target.origin() == place.endpoint.origin() && target.path().starts_with(place.endpoint.path());
            if same && !matches!(container.secret, Secret::Anonymous) {
                let endpoint = Some(place.endpoint.to_string());
                return Credentials {
                    account: Some(place.account.clone()),
                    endpoint,
                    secret: container.secret.clone(),
                    ..Credentials::default()
                };
            }
        }
        let given = &self.shared.credentials;
        let named = match (&given.secret, &given.account) {
            // A key or a token is for its own account, wherever it is shown; an identity is for whoever asks.
            (Secret::Identity(_), Some(account)) => {
                target.host_str().and_then(crate::typos::account_of_host).is_some_and(|(a, _)| a == account)
            }
            (_, account) => account.is_some(),
        };
        if named { given.clone() } else { Credentials::anonymous() }
    }
    /// A remote document must not make us read this machine's files or speak to its network.
    fn forbid(&self, base: &Url, target: &Url) -> Result<()> {
        let refuse =
            |found: &str| Err(Error::new(Family::Damaged, base.as_str(), format!("links to '{target}', {found}"), "https:// is expected"));
        let own = base.scheme() == target.scheme() && base.host() == target.host();
        if !own && !matches!(target.scheme(), "http" | "https") {
            return refuse("which a remote document must not");
        }
        if target.host() != base.host() && leads_inside(base, target) {
            return refuse("inside this machine's own network");
        }
        Ok(())
    }
    /// A local file, through this store where it lies inside.
    fn local(&self, root: &Path, path: PathBuf) -> Result<(Self, String)> {
        let text = |path: &Path| {
            path.to_str()
                .map(str::to_owned)
                .ok_or_else(|| Error::new(Family::Unsupported, path.display().to_string(), "the name is no UTF-8", ""))
        };
        if let Ok(inside) = path.strip_prefix(folder::inside(root, &self.prefix)) {
            return Ok((self.clone(), text(inside)?));
        }
        let absolute = std::path::absolute(&path).map_err(|e| Error::file(&path, &e))?;
        let outside = text(normal(&absolute).strip_prefix("/").unwrap_or(&absolute))?;
        let location = Location { place: Place::Folder(PathBuf::from("/")), sas: None, query: None, guessed: false, linked_from: None };
        let store = Self::at(location, &self.shared.credentials, Arc::clone(&self.shared.traffic), Arc::clone(&self.shared.elsewhere))?;
        Ok((store, outside))
    }
}

/// Stores remembered that links led to; beyond it the memory starts anew.
const REMEMBERED: usize = 256;

fn hash_of(query: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    query.hash(&mut hasher);
    hasher.finish()
}

/// The path that a relative (or absolute) link in a local document means; its query and fragment are dropped.
fn beside(document: &Path, href: &str) -> PathBuf {
    let plain = percent_decode(href.split(['?', '#']).next().unwrap_or(href));
    normal(&document.parent().unwrap_or(Path::new("")).join(plain))
}

/// A path with its `.` and `..` worked out by name.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn azure() -> Store {
        let token = Credentials::sas("sp=rl&sig=CANARY").unwrap();
        Store::open("https://acct.blob.core.windows.net/maps/v1", &token).unwrap()
    }

    fn secret(store: &Store) -> &'static str {
        match &store.shared.backend {
            Backend::Azure { container, .. } => container.secret.kind(),
            _ => "none",
        }
    }

    #[test]
    fn links_keep_the_credential_inside_the_account_only() {
        for (href, url, kind) in [
            ("./i/i.json", "https://acct.blob.core.windows.net/maps/v1/map4/i/i.json", "a SAS token"),
            ("../../v0/a%20b.tif", "https://acct.blob.core.windows.net/maps/v0/a%20b.tif", "a SAS token"),
            (
                "https://acct.blob.core.windows.net/maps/v1/x.json?sp=r&sig=OTHER",
                "https://acct.blob.core.windows.net/maps/v1/x.json",
                "a SAS token",
            ),
            ("https://acct.blob.core.windows.net/other/x.json", "https://acct.blob.core.windows.net/other/x.json", "a SAS token"),
            ("https://evil.blob.core.windows.net/maps/x.json", "https://evil.blob.core.windows.net/maps/x.json", "no credentials"),
            ("https://acct.blob.core.windows.net:444/maps/x.json", "https://acct.blob.core.windows.net:444/maps/x.json", "no credentials"),
            ("https://host/x.json", "https://host/x.json", "none"),
        ] {
            let (store, path) = azure().resolve("map4/collection.json", href).unwrap_or_else(|e| panic!("{href}: {e}"));
            assert_eq!((store.url_of(&path).as_str(), secret(&store)), (url, kind), "{href}");
        }
    }

    #[test]
    fn a_remote_document_cannot_reach_into_this_machine() {
        for href in [
            "file:///etc/passwd",
            "http://127.0.0.1:9/a/b",
            "http://169.254.169.254/latest",
            "http://[::1]/x",
            "http://[::ffff:127.0.0.1]/x",
            "http://10.0.0.1/x",
            "ftp://h/x",
        ] {
            let error = azure().resolve("collection.json", href).map(|(s, p)| s.url_of(&p)).unwrap_err();
            assert_eq!(error.family, Family::Damaged, "{href}");
        }
    }

    #[test]
    fn a_local_catalog_finds_its_files_by_their_escaped_names() {
        let store = Store::open("/data/cat", &Credentials::anonymous()).unwrap();
        for (href, found) in [
            ("./map4/a%20b.json", "/data/cat/map4/a b.json"),
            ("../raw/100%25.tif", "/data/raw/100%.tif"),
            ("/abs/x.tif", "/abs/x.tif"),
            ("file:///abs/x%23.tif", "/abs/x#.tif"),
        ] {
            let (store, path) = store.resolve("collection.json", href).unwrap();
            assert_eq!(store.url_of(&path), found, "{href}");
        }
    }

    #[test]
    fn links_to_one_place_share_a_store() {
        let (one, _) = azure().resolve("a.json", "https://host/x.json").unwrap();
        let (two, path) = one.resolve("y/a.json", "../z.json").unwrap();
        assert!(Arc::ptr_eq(&one.shared, &two.shared));
        assert_eq!(path, "z.json");
    }
}
