//! What proves who we are to one host, resolved at the moment of each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential};
use object_store::client::HttpRequest;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::{Answer, Doubt, Failure};
use crate::credentials::Secret;
use crate::entra::Scope;
use crate::{Error, Family, Sas};

const MS_VERSION: HeaderName = HeaderName::from_static("x-ms-version");
const ANONYMOUS_VERSION: HeaderValue = HeaderValue::from_static("2023-11-03");

/// What proves who we are to one host; never printed.
pub(crate) enum Signer {
    None,
    Azure(Box<AzureSigner>),
    /// A query that belongs to a plain web URL.
    Query(SecretString),
    /// Requests come signed: nothing may be added to them.
    Done,
}

/// The credential of one account, as one container uses it.
pub(crate) struct AzureSigner {
    account: String,
    secret: Secret,
    key: Option<Arc<AzureCredential>>,
    pub doubt: Option<Doubt>,
    /// The server has refused to let an unknown read: from now on an identity is shown.
    refused: AtomicBool,
}

/// What one request showed.
pub(crate) enum Shown {
    Nothing,
    /// Nothing, though there is an identity that could be asked.
    Unasked,
    Sas(Sas),
    Token(SecretString),
    Fixed,
}

impl AzureSigner {
    /// # Errors
    /// Refused where a key is no key.
    pub fn new(account: String, secret: Secret, doubt: Option<Doubt>) -> crate::Result<Self> {
        let key = match &secret {
            Secret::Key(key) => Some(Arc::new(AzureCredential::AccessKey(AzureAccessKey::try_new(key.expose_secret()).map_err(|_| {
                Error::new(Family::Refused, "", "the account key is not base64", "the key as `az storage account keys list` prints it")
                    .hint("check AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING")
            })?))),
            _ => None,
        };
        Ok(Self { account, secret, key, doubt, refused: AtomicBool::new(false) })
    }

    async fn credential(&self, method: &Method) -> Result<(Option<Arc<AzureCredential>>, Shown), Failure> {
        if self.doubt.as_ref().is_some_and(|doubt| !doubt.is_cleared()) {
            return Ok((None, Shown::Nothing));
        }
        Ok(match &self.secret {
            Secret::Anonymous => (None, Shown::Nothing),
            Secret::Key(_) => (self.key.clone(), Shown::Fixed),
            Secret::Sas(sas) => (Some(Arc::new(AzureCredential::SASToken(sas.pairs()))), Shown::Fixed),
            Secret::SasFile(file) => {
                let sas = file.current();
                (Some(Arc::new(AzureCredential::SASToken(sas.pairs()))), Shown::Sas(sas))
            }
            Secret::Identity(_) if is_read(method) && !self.refused.load(Relaxed) => (None, Shown::Unasked),
            Secret::Identity(tokens) => {
                let token = tokens.bearer(Scope::Storage).await.map_err(|e| Failure::Credentials(Box::new(e)))?;
                (Some(Arc::new(AzureCredential::BearerToken(token.expose_secret().to_owned()))), Shown::Token(token))
            }
        })
    }
}

impl Signer {
    /// Settles first whether a host that looks like an emulator may see a credential at all.
    pub fn doubt(&self) -> Option<&Doubt> {
        match self {
            Self::Azure(signer) => signer.doubt.as_ref(),
            _ => None,
        }
    }
    /// Signs a request that is otherwise complete.
    ///
    /// # Errors
    /// Where there is no credential to be had, or the request cannot carry it.
    pub async fn sign(&self, request: &mut HttpRequest) -> Result<Shown, Failure> {
        match self {
            Self::None | Self::Done => Ok(Shown::Nothing),
            Self::Azure(signer) => {
                let (credential, shown) = signer.credential(request.method()).await?;
                match credential {
                    Some(credential) => AzureAuthorizer::new(&credential, &signer.account)
                        .try_authorize(request)
                        .map_err(|_| Failure::unreached("the request cannot be signed".into(), 1))?,
                    None => _ = request.headers_mut().insert(MS_VERSION, ANONYMOUS_VERSION),
                }
                Ok(shown)
            }
            Self::Query(query) => {
                let joint = if request.uri().query().is_some() { '&' } else { '?' };
                let signed = format!("{}{joint}{}", request.uri(), query.expose_secret());
                *request.uri_mut() = signed.parse().map_err(|_| Failure::unreached("the URL's query cannot be sent".into(), 1))?;
                Ok(Shown::Fixed)
            }
        }
    }
    /// Whether the same request has a chance with another credential, after what was shown was refused.
    ///
    /// # Errors
    /// Where an identity is set up and gives no token.
    pub async fn renew(&self, shown: &Shown, failure: &Failure) -> Result<bool, Failure> {
        let (Self::Azure(signer), Failure::Answer(answer)) = (self, failure) else { return Ok(false) };
        match (&signer.secret, shown) {
            (Secret::SasFile(file), Shown::Sas(sas)) if denied(answer) => Ok(file.renew(sas)),
            (Secret::Identity(tokens), Shown::Token(token)) if denied(answer) => {
                Ok(tokens.renew(Scope::Storage, token).await.unwrap_or(false))
            }
            (Secret::Identity(tokens), Shown::Unasked) if answer.wants_a_name() => match tokens.bearer(Scope::Storage).await {
                Ok(_) => {
                    signer.refused.store(true, Relaxed);
                    Ok(true)
                }
                // Nobody to ask: the server's refusal is what the person is told, and why nobody could be asked.
                Err(e) if e.family == Family::Refused => Ok(false),
                Err(e) => Err(Failure::Credentials(Box::new(e))),
            },
            _ => Ok(false),
        }
    }
}

fn denied(answer: &Answer) -> bool {
    matches!(answer.status.as_u16(), 401 | 403)
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}
