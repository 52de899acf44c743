use url::Url;

use crate::names::{append, decoded_path};
use crate::{Error, Result};

/// A folder of names in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPlace {
    pub cloud: Cloud,
    pub bucket: String,
    /// Decoded, without slashes at its ends; empty for the whole bucket.
    pub prefix: String,
}

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Amazon S3, and what speaks like it.
    S3,
    /// Google Cloud Storage.
    Google,
}

impl BucketPlace {
    /// Understands `s3://BUCKET/PREFIX` and `gs://BUCKET/PREFIX`; names are escaped as in any URL.
    pub(crate) fn parse(shown: &str, cloud: Cloud, rest: &str) -> Result<Self> {
        let scheme = cloud.scheme();
        let right = || format!("{scheme}://BUCKET/PREFIX");
        let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|e| Error::misuse(shown, e.to_string(), right()))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::misuse(shown, "holds '?' or '#'", "%3F or %23 where they belong to a name"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.port().is_some() {
            return Err(Error::misuse("the URL", "holds a user name, a password or a port", right()));
        }
        let bucket = url.host_str().unwrap_or_default().to_owned();
        let plain = bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_'));
        if !plain || !(3..=222).contains(&bucket.len()) {
            let found = if bucket.is_empty() { "names no bucket".to_owned() } else { format!("'{bucket}' is no name of a bucket") };
            return Err(Error::misuse(shown, found, "3 or more lower-case letters, digits, dots and hyphens"));
        }
        let prefix = decoded_path(&url);
        if !prefix.is_empty() {
            crate::names::check(&prefix)?;
        }
        Ok(Self { cloud, bucket, prefix })
    }
    pub(crate) fn bucket_url(&self) -> Option<Url> {
        Url::parse(&format!("{}://{}/", self.cloud.scheme(), self.bucket)).ok()
    }
    /// Its own URL, or what is as near to one as can be.
    pub(crate) fn url(&self) -> String {
        self.bucket_url().map_or_else(String::new, |url| append(&url, &self.prefix).to_string())
    }
}

impl Cloud {
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
        }
    }
}
