use std::fmt;
use std::path::Path;

use secrecy::SecretString;

use crate::bucket::Settings;
use crate::entra::Tokens;
use crate::sas::SasFile;
use crate::{Error, Result, Sas, environment};

/// What proves that we may read or write in one Azure storage account. Printing it shows its kind, never its value.
///
/// ```
/// # use swath_store::Credentials;
/// let credentials = Credentials::sas("?sp=rl&sig=c2VjcmV0")?;
/// assert!(!format!("{credentials:?}").contains("c2VjcmV0"));
/// # Ok::<(), swath_store::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    pub(crate) account: Option<String>,
    /// The blob endpoint of a connection string: `http://127.0.0.1:10000/devstoreaccount1`.
    pub(crate) endpoint: Option<String>,
    pub(crate) secret: Secret,
    /// What S3 and Google Cloud Storage are opened with.
    pub(crate) buckets: Settings,
}

#[derive(Clone, Default)]
pub(crate) enum Secret {
    #[default]
    Anonymous,
    Sas(Sas),
    /// A token that may be renewed in its file.
    SasFile(SasFile),
    Key(SecretString),
    /// Whoever Microsoft Entra says we are; asked when a server wants to know.
    Identity(Tokens),
}

impl Credentials {
    /// None: public containers, web sites and folders.
    pub fn anonymous() -> Self {
        Self::default()
    }
    /// A SAS token, with or without its leading `?`.
    ///
    /// # Errors
    /// Misuse where the text is no SAS token.
    pub fn sas(token: &str) -> Result<Self> {
        Ok(Self { secret: Secret::Sas(Sas::parse(token)?), ..Self::default() })
    }
    /// An account's key.
    pub fn key(account: &str, key: &str) -> Self {
        Self { account: Some(account.to_owned()), secret: Secret::Key(key.to_owned().into()), ..Self::default() }
    }
    /// The SAS token that a file holds; the file is read again when the token lapses or is refused.
    ///
    /// # Errors
    /// Refused where it cannot be read; Misuse where its text is no SAS token.
    pub fn sas_file(path: &Path) -> Result<Self> {
        Ok(Self { secret: Secret::SasFile(SasFile::open(path)?), ..Self::default() })
    }
    /// An identity of Microsoft Entra, shown to a server once it refuses anonymous reading, or for writing.
    pub fn identity(tokens: Tokens) -> Self {
        Self { secret: Secret::Identity(tokens), ..Self::default() }
    }
    /// What `AZURE_STORAGE_SAS_TOKEN`, else `AZURE_STORAGE_KEY`, else `AZURE_STORAGE_CONNECTION_STRING` says, for the
    /// account in `AZURE_STORAGE_ACCOUNT` when that is set; where none is, the identity that [`Tokens::from_env`] finds.
    ///
    /// # Errors
    /// Misuse naming the variable whose value makes no sense.
    pub fn from_env() -> Result<Self> {
        let buckets = Settings::from_env();
        let account = environment::read(environment::ACCOUNT);
        let named = |name: &'static str| move |e: Error| Error { at: name.into(), ..e };
        if let Some(token) = environment::read(environment::SAS_TOKEN) {
            let sas = Sas::parse(&token).map_err(named(environment::SAS_TOKEN))?;
            return Ok(Self { account, endpoint: None, secret: Secret::Sas(sas.found_in(environment::SAS_TOKEN)), buckets });
        }
        if let Some(key) = environment::read(environment::KEY) {
            return Ok(Self { account, endpoint: None, secret: Secret::Key(key.into()), buckets });
        }
        match environment::read(environment::CONNECTION_STRING) {
            Some(text) => Ok(Self { buckets, ..Self::connection_string(&text).map_err(named(environment::CONNECTION_STRING))? }),
            None => Ok(Self { account, endpoint: None, secret: Secret::Identity(Tokens::from_env()), buckets }),
        }
    }
    /// The account, endpoint and secret of a connection string.
    ///
    /// # Errors
    /// Misuse where it names no account, or neither a key nor a SAS.
    pub fn connection_string(text: &str) -> Result<Self> {
        let part = |name: &str| {
            let mut pairs = text.split(';').filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let at = "connection string";
        let endpoint = part("BlobEndpoint").map(|url| url.trim_end_matches('/').to_owned());
        let account = part("AccountName").or_else(|| account_of(endpoint.as_deref()?));
        let secret = match (part("SharedAccessSignature"), part("AccountKey")) {
            (Some(token), _) => Secret::Sas(Sas::parse(&token)?.found_in("the connection string")),
            (None, Some(key)) => Secret::Key(key.into()),
            (None, None) => return Err(Error::misuse(at, "has no secret", "AccountKey= or SharedAccessSignature= is expected")),
        };
        if account.is_none() {
            return Err(Error::misuse(at, "names no account", "AccountName= or BlobEndpoint= is expected"));
        }
        Ok(Self { account, endpoint, secret, ..Self::default() })
    }
    /// These and one setting of S3 or Google Cloud Storage, by the name that its own tools use: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS` ...
    ///
    /// ```
    /// # use swath_store::Credentials;
    /// let credentials = Credentials::anonymous().setting("AWS_SECRET_ACCESS_KEY", "secret");
    /// assert!(!format!("{credentials:?}").contains("secret"));
    /// ```
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.buckets.set(name, value);
        self
    }
    /// Whether there is nothing to show a server, as far as is known without asking around.
    pub fn is_anonymous(&self) -> bool {
        match &self.secret {
            Secret::Anonymous => true,
            Secret::Identity(tokens) => !tokens.is_named(),
            _ => false,
        }
    }
    /// Whether a loopback URL may be an emulator's: something could be shown to it.
    pub(crate) fn may_sign(&self) -> bool {
        !self.is_anonymous() || (matches!(self.secret, Secret::Identity(_)) && self.account.is_some())
    }
    /// The account they belong to, where that was said.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
    /// These, if they may be shown to an account; anonymous where they belong to another. An identity is nobody's own: what
    /// it may do in an account, the account says.
    pub(crate) fn for_account(&self, account: &str) -> Self {
        let ours = matches!(self.secret, Secret::Identity(_)) || self.account.as_deref().is_none_or(|owner| owner == account);
        if ours { self.clone() } else { Self::anonymous() }
    }
}

impl Secret {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "no credentials",
            Self::Sas(_) | Self::SasFile(_) => "a SAS token",
            Self::Key(_) => "an account key",
            Self::Identity(_) => "an identity",
        }
    }
    /// The SAS token that would be shown now.
    pub(crate) fn sas(&self) -> Option<Sas> {
        match self {
            Self::Sas(sas) => Some(sas.clone()),
            Self::SasFile(file) => Some(file.current()),
            _ => None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.secret.kind(), self.account.as_deref().unwrap_or("the account of the URL"))
    }
}

/// The account that an endpoint names: its first label, or the emulator's first path segment.
fn account_of(endpoint: &str) -> Option<String> {
    let url = url::Url::parse(endpoint).ok()?;
    let segment = url.path_segments()?.next().filter(|s| !s.is_empty());
    segment.or_else(|| url.host_str()?.split('.').next()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::Family;

    #[test]
    fn a_connection_string_gives_account_endpoint_and_secret() {
        let full = "DefaultEndpointsProtocol=http;AccountName=dev;AccountKey=a2V5==;BlobEndpoint=http://127.0.0.1:10000/dev;";
        let parsed = Credentials::connection_string(full).unwrap();
        assert_eq!(parsed.account(), Some("dev"));
        assert_eq!(parsed.endpoint.as_deref(), Some("http://127.0.0.1:10000/dev"));
        assert!(matches!(&parsed.secret, Secret::Key(key) if key.expose_secret() == "a2V5=="));

        let shared = "BlobEndpoint=https://acct.blob.core.windows.net/;SharedAccessSignature=sv=2024-11-04&sp=rl&sig=abc%3D";
        let parsed = Credentials::connection_string(shared).unwrap();
        assert_eq!(parsed.account(), Some("acct"));
        assert!(matches!(parsed.secret, Secret::Sas(_)));
    }

    #[test]
    fn a_connection_string_without_secret_or_account_says_which() {
        assert!(Credentials::connection_string("AccountName=a").unwrap_err().to_string().contains("AccountKey="));
        assert!(Credentials::connection_string("AccountKey=a").unwrap_err().to_string().contains("AccountName="));
    }

    #[test]
    fn a_token_file_that_is_not_there_is_a_matter_of_credentials() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("absent.sas"), folder.path().to_owned()] {
            let error = Credentials::sas_file(&path).unwrap_err();
            assert_eq!(error.family, Family::Refused);
            assert!(error.right.contains("holds a SAS token") && error.at == path.display().to_string(), "{error}");
        }
    }

    #[test]
    fn an_identity_may_be_asked_for_by_any_account_that_was_typed() {
        let identity = Credentials { account: Some("mine".into()), ..Credentials::identity(Tokens::from_env()) };
        assert!(matches!(identity.for_account("theirs").secret, Secret::Identity(_)));
        assert!(format!("{identity:?}").contains("an identity"));
    }

    #[test]
    fn credentials_of_one_account_are_not_shown_to_another() {
        let owned = Credentials::key("mine", "a2V5");
        assert!(!owned.for_account("mine").is_anonymous());
        assert!(owned.for_account("theirs").is_anonymous());
    }
}
