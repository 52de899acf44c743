use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use url::{Host, Url};

use crate::credentials::{Credentials, Secret};
use crate::names::{append, decoded_path};
use crate::{BucketPlace, Cloud, Error, Result, Sas, typos};

/// Where a store is, as understood from what was typed; the query, if any, is kept apart as a secret.
#[derive(Clone)]
pub struct Location {
    pub place: Place,
    /// A SAS token that was pasted behind the URL.
    pub(crate) sas: Option<Sas>,
    /// Any other query of a plain web URL, sent with each request to that place alone.
    pub(crate) query: Option<SecretString>,
    /// Nothing but its shape says that this is an emulator: it must show that it is before it sees a credential.
    pub(crate) guessed: bool,
    /// The document whose link led here; nothing where a person named the place.
    pub(crate) linked_from: Option<Url>,
}

/// The kinds of places that bytes live in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    /// A web site, read only; no query, no user name.
    Http(Url),
    Azure(AzurePlace),
    /// Amazon S3 or Google Cloud Storage.
    Bucket(BucketPlace),
}

/// A folder of names in a container of a storage account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzurePlace {
    /// The account's blob endpoint: `https://ACCOUNT.blob.core.windows.net/` or `http://127.0.0.1:10000/ACCOUNT/`.
    pub endpoint: Url,
    pub account: String,
    pub container: String,
    /// Decoded, without slashes at its ends; empty for the whole container.
    pub prefix: String,
}

impl Location {
    /// Understands a folder path, `file://`, `http(s)://`, an Azure blob URL with or without a SAS token behind it,
    /// `az://CONTAINER/PREFIX`, `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, or an emulator's `http://127.0.0.1:PORT/ACCOUNT/CONTAINER/PREFIX`.
    ///
    /// A loopback URL is taken for an emulator when its first segment is the credentials' account, or when there
    /// is a credential that names no account and the first two segments could be an account and a container;
    /// otherwise it is a web site. In the latter case the credential is held back until the server has shown, unasked,
    /// that it is one of Azure's kind.
    ///
    /// # Errors
    /// Misuse for a URL that cannot be right, with the right spelling where it is a known mistake.
    ///
    /// ```
    /// # use swath_store::{Credentials, Location, Place};
    /// let none = Credentials::anonymous();
    /// let typed = Location::parse("https://acct.blob.core.windows.net/maps/a%20b?sp=r&sig=c2Vj", &none)?;
    /// assert_eq!(typed.url(), "https://acct.blob.core.windows.net/maps/a%20b");
    /// let Place::Azure(place) = typed.place else { panic!() };
    /// assert_eq!((place.container.as_str(), place.prefix.as_str()), ("maps", "a b"));
    /// assert!(Location::parse("https://acct.blob.core.windwos.net/maps", &none).is_err());
    /// # Ok::<(), swath_store::Error>(())
    /// ```
    pub fn parse(typed: &str, credentials: &Credentials) -> Result<Self> {
        let typed = typed.trim();
        let shown = typed.split('?').next().unwrap_or(typed);
        if typed.is_empty() {
            return Err(Error::misuse("", "the place is empty", "a folder or a URL is expected"));
        }
        let Some((scheme, rest)) = typed.split_once("://") else {
            return Ok(Self::plain(Place::Folder(PathBuf::from(typed))));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => web(shown, typed, credentials),
            "file" => {
                let path = Url::parse(typed).ok().and_then(|url| url.to_file_path().ok());
                let wrong = || Error::misuse(shown, "is no path on this machine", "file:///absolute/path is expected");
                Ok(Self::plain(Place::Folder(path.ok_or_else(wrong)?)))
            }
            "az" | "azure" => container_url(shown, rest, credentials),
            "abfs" | "abfss" | "adl" | "wasbs" => {
                Err(Error::misuse(shown, format!("'{scheme}://' is not read"), "https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX"))
            }
            "s3" | "s3a" => Ok(Self::plain(Place::Bucket(BucketPlace::parse(typed, Cloud::S3, rest)?))),
            "gs" | "gcs" => Ok(Self::plain(Place::Bucket(BucketPlace::parse(typed, Cloud::Google, rest)?))),
            other => {
                let right = typos::scheme(other)
                    .map_or("a folder, https://..., az://..., s3://... or gs://...".to_owned(), |s| format!("'{s}://' is probably meant"));
                Err(Error::misuse(shown, format!("'{other}://' is unknown"), right))
            }
        }
    }
    /// The URL or path, without any secret and without a slash at its end.
    pub fn url(&self) -> String {
        match &self.place {
            Place::Folder(path) => path.display().to_string(),
            Place::Http(url) => url.as_str().trim_end_matches('/').to_owned(),
            Place::Azure(place) => place.url().as_str().trim_end_matches('/').to_owned(),
            Place::Bucket(place) => place.url().trim_end_matches('/').to_owned(),
        }
    }

    fn plain(place: Place) -> Self {
        Self { place, sas: None, query: None, guessed: false, linked_from: None }
    }
}

impl AzurePlace {
    pub(crate) fn container_url(&self) -> Url {
        append(&self.endpoint, &self.container)
    }
    pub(crate) fn url(&self) -> Url {
        append(&self.container_url(), &self.prefix)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({:?})", self.url())
    }
}

/// An `http` or `https` URL: Azure, an emulator, or a web site.
fn web(shown: &str, typed: &str, credentials: &Credentials) -> Result<Location> {
    let mut url = Url::parse(typed).map_err(|e| Error::misuse(shown, e.to_string(), "a URL like https://host/path is expected"))?;
    typos::check(shown, &url)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            Error::misuse("the URL", "holds a user name or a password", "a URL without them").hint("set AZURE_STORAGE_SAS_TOKEN for Azure")
        );
    }
    let query = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
    url.set_query(None);
    let sas = query.as_deref().filter(|query| query.split('&').any(|pair| pair.starts_with("sig="))).map(Sas::parse).transpose()?;
    let sas = sas.map(|sas| sas.found_in("the URL"));
    let known = Credentials { secret: sas.clone().map_or(credentials.secret.clone(), Secret::Sas), ..credentials.clone() };
    match azure(&url, &known) {
        Some((endpoint, account, path)) => {
            let guessed = sas.is_none() && credentials.account.is_none() && is_loopback(&url);
            let (container, prefix) = path.split_once('/').unwrap_or((&path, ""));
            let place = azure_place(shown, endpoint, account, container, prefix)?;
            if place.endpoint.scheme() == "http" && !is_loopback(&url) {
                return Err(Error::misuse(shown, "would send credentials unencrypted", "https:// is expected"));
            }
            Ok(Location { place: Place::Azure(place), sas, query: None, guessed, linked_from: None })
        }
        None => Ok(Location { place: Place::Http(url), sas: None, query: query.map(Into::into), guessed: false, linked_from: None }),
    }
}

/// Endpoint, account and the decoded path within it, when a URL belongs to an Azure account or an emulator.
fn azure(url: &Url, credentials: &Credentials) -> Option<(Url, String, String)> {
    let path = decoded_path(url);
    if let Some(endpoint) = credentials.endpoint.as_deref().and_then(|e| Url::parse(e).ok())
        && endpoint.origin() == url.origin()
    {
        let inside = path.strip_prefix(&decoded_path(&endpoint))?;
        return Some((endpoint, credentials.account.clone()?, inside.trim_start_matches('/').to_owned()));
    }
    if let Some((account, suffix)) = typos::account_of_host(url.host_str()?) {
        let mut endpoint = url.clone();
        endpoint.set_host(Some(&format!("{account}.{suffix}"))).ok()?;
        endpoint.set_path("/");
        return Some((endpoint, account.to_owned(), path));
    }
    if !is_loopback(url) || !credentials.may_sign() {
        return None;
    }
    let (account, inside) = path.split_once('/').unwrap_or((&path, ""));
    if account.is_empty() || credentials.account.as_deref().is_some_and(|owner| owner != account) {
        return None;
    }
    let container = inside.split('/').next().unwrap_or_default();
    if credentials.account.is_none() && !(is_account(account) && is_container(container)) {
        return None;
    }
    let mut endpoint = url.clone();
    endpoint.set_path(&format!("/{account}/"));
    Some((endpoint, account.to_owned(), inside.to_owned()))
}

/// `az://CONTAINER/PREFIX`, its account taken from the credentials, or `az://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX`.
fn container_url(shown: &str, rest: &str, credentials: &Credentials) -> Result<Location> {
    let (first, _) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    if first.contains('.') {
        return web(shown, &format!("https://{rest}"), credentials);
    }
    let base = match (&credentials.endpoint, &credentials.account) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(account)) => format!("https://{account}.{}", typos::BLOB_SUFFIXES[0]),
        (None, None) => {
            return Err(Error::misuse(shown, "names no account", "https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX")
                .hint("or set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING"));
        }
    };
    web(shown, &format!("{base}/{rest}"), credentials)
}

fn azure_place(shown: &str, endpoint: Url, account: String, container: &str, prefix: &str) -> Result<AzurePlace> {
    if container.is_empty() {
        return Err(Error::misuse(shown, "names no container", "https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX"));
    }
    if !is_container(container) {
        return Err(Error::misuse(shown, format!("'{container}' is no container name"), "3 to 63 lower-case letters, digits and hyphens"));
    }
    if !prefix.is_empty() {
        crate::names::check(prefix)?;
    }
    Ok(AzurePlace { endpoint, account, container: container.to_owned(), prefix: prefix.to_owned() })
}

fn is_account(name: &str) -> bool {
    (3..=24).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_container(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (plain && (3..=63).contains(&name.len())) || matches!(name, "$web" | "$root")
}

/// Whether a URL stays on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Credentials {
        Credentials::key("acct", "a2V5")
    }

    #[test]
    fn every_way_to_write_a_place_is_understood() {
        let anonymous = Credentials::anonymous();
        let token = Credentials::sas("sp=rl&sig=x").unwrap();
        let emulator = Credentials::connection_string("AccountName=dev;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/dev").unwrap();
        for (typed, credentials, kind, url) in [
            ("published", &anonymous, "folder", "published"),
            ("/data/a b#%", &anonymous, "folder", "/data/a b#%"),
            ("file:///data/a%20b", &anonymous, "folder", "/data/a b"),
            ("https://host/x/", &anonymous, "http", "https://host/x"),
            ("http://127.0.0.1:8000/x/y", &anonymous, "http", "http://127.0.0.1:8000/x/y"),
            ("http://127.0.0.1:8000/other/maps", &key(), "http", "http://127.0.0.1:8000/other/maps"),
            ("http://127.0.0.1:8000/acct/maps/p", &key(), "azure", "http://127.0.0.1:8000/acct/maps/p"),
            ("http://localhost:8000/acct/maps", &key(), "azure", "http://localhost:8000/acct/maps"),
            ("http://[::1]:8000/acct/maps/p", &key(), "azure", "http://[::1]:8000/acct/maps/p"),
            ("http://127.0.0.1:8000/acct/maps/p", &token, "azure", "http://127.0.0.1:8000/acct/maps/p"),
            ("http://127.0.0.1:8000/collection.json", &token, "http", "http://127.0.0.1:8000/collection.json"),
            ("http://127.0.0.1:8000/acct/collection.json", &token, "http", "http://127.0.0.1:8000/acct/collection.json"),
            ("http://127.0.0.1:8000/acct/maps/p?sp=r&sig=s", &anonymous, "azure", "http://127.0.0.1:8000/acct/maps/p"),
            ("https://acct.blob.core.windows.net/maps", &anonymous, "azure", "https://acct.blob.core.windows.net/maps"),
            ("https://acct.dfs.core.windows.net/maps/p/", &anonymous, "azure", "https://acct.blob.core.windows.net/maps/p"),
            (
                "https://acct.blob.core.windows.net/maps/ü +%25",
                &anonymous,
                "azure",
                "https://acct.blob.core.windows.net/maps/%C3%BC%20+%25",
            ),
            ("s3://bucket", &anonymous, "bucket", "s3://bucket"),
            ("s3a://bucket/a b/", &anonymous, "bucket", "s3://bucket/a%20b"),
            ("gcs://bucket.x/p%20q", &anonymous, "bucket", "gs://bucket.x/p%20q"),
            ("az://maps/p", &key(), "azure", "https://acct.blob.core.windows.net/maps/p"),
            ("az://maps/p", &emulator, "azure", "http://127.0.0.1:10000/dev/maps/p"),
            ("az://acct.blob.core.windows.net/maps/p", &anonymous, "azure", "https://acct.blob.core.windows.net/maps/p"),
        ] {
            let location = Location::parse(typed, credentials).unwrap_or_else(|e| panic!("{typed}: {e}"));
            let found = match location.place {
                Place::Folder(_) => "folder",
                Place::Http(_) => "http",
                Place::Azure(_) => "azure",
                Place::Bucket(_) => "bucket",
            };
            assert_eq!((found, location.url().as_str()), (kind, url), "{typed}");
        }
    }

    #[test]
    fn mistakes_are_refused_with_the_right_spelling() {
        for (typed, right) in [
            ("https://acct.blob.core.windwos.net/maps", "acct.blob.core.windows.net"),
            ("https://acct.blob.core.window.net/maps", "acct.blob.core.windows.net"),
            ("https://acct.blob.core.windows.com/maps", "acct.blob.core.windows.net"),
            ("https://acct.blob.core.windows.net/maps??sp=r&sig=CANARY", "one '?'"),
            ("https://acct.blob.core.windows.net/maps?sp=r&sig=CANARY?x", "one '?'"),
            ("https://acct.blob.core.windows.net", "CONTAINER"),
            ("https://acct.blob.core.windows.net/My_Maps/p", "lower-case"),
            ("http://acct.blob.core.windows.net/maps", "https://"),
            ("https://user:CANARY@host/maps", "without them"),
            ("https://host/a#b", "%23"),
            ("htps://host/a", "https://"),
            ("s3://", "bucket"),
            ("s3://Bucket_A/x", "lower-case"),
            ("s3://bucket/a?b", "%3F"),
            ("gs://key:CANARY@bucket/a", "user name"),
            ("az://maps/p", "ACCOUNT"),
            ("", "a folder or a URL"),
        ] {
            let error = Location::parse(typed, &Credentials::anonymous()).map(|l| l.url()).unwrap_err();
            assert!(error.to_string().contains(right), "{typed}: {error}");
            assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
        }
    }

    #[test]
    fn a_pasted_token_is_split_and_never_printed() {
        let location = Location::parse("https://acct.blob.core.windows.net/maps/p?sp=r&sig=CANARY", &Credentials::anonymous()).unwrap();
        assert!(location.sas.is_some());
        assert!(!format!("{location:?} {}", location.url()).contains("CANARY"));
        let web = Location::parse("https://host/p?token=CANARY", &Credentials::anonymous()).unwrap();
        assert!(web.query.is_some() && !format!("{web:?}").contains("CANARY"));
    }
}
