use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::authority::{Authority, safe};
use super::managed::{Endpoint, METADATA};
use super::principal::{Assertion, Principal};
use crate::environment::{self as env, read};
use crate::{Error, Family, Result};

/// Who this process is said to be, before anybody is asked.
pub(super) enum Identity {
    /// A service principal or a workload identity: asked of the authority.
    Principal(Principal),
    /// The platform's own endpoint, whose address it put into the environment.
    Platform(Endpoint),
    /// Nothing is set: this machine's metadata service, then `az login`.
    Ambient(Endpoint),
}

pub(super) struct Settings {
    pub authority: Authority,
    pub identity: Identity,
    /// Why the sources before this one were passed over.
    pub passed: Vec<String>,
}

/// What the environment says about an identity, by variable.
struct Found {
    tenant: Option<String>,
    client: Option<String>,
    secret: Option<SecretString>,
    certificate: Option<String>,
    federated: Option<PathBuf>,
}

impl Settings {
    /// # Errors
    /// Refused, naming the variable, where an identity is set up by half; Misuse where a variable makes no sense.
    pub fn from_env() -> Result<Self> {
        let authority = Authority::parse(read(env::AUTHORITY_HOST).as_deref())?;
        let found = Found {
            tenant: read(env::TENANT),
            client: read(env::CLIENT),
            secret: read(env::CLIENT_SECRET).map(Into::into),
            certificate: read(env::CLIENT_CERTIFICATE),
            federated: read(env::FEDERATED_TOKEN_FILE).map(PathBuf::from),
        };
        let mut passed = Vec::new();
        if let Some(principal) = found.principal(&mut passed)? {
            return Ok(Self { authority, identity: Identity::Principal(principal), passed });
        }
        let identity = match (read(env::IDENTITY_ENDPOINT), read(env::IDENTITY_HEADER)) {
            (Some(at), Some(header)) => Identity::Platform(Endpoint::platform(endpoint(&at)?, header.into(), found.client)),
            (Some(_), None) => {
                passed.push(format!("managed identity of a platform: {} is set, {} is not", env::IDENTITY_ENDPOINT, env::IDENTITY_HEADER));
                Identity::Ambient(metadata(found.client)?)
            }
            _ => Identity::Ambient(metadata(found.client)?),
        };
        Ok(Self { authority, identity, passed })
    }
}

impl Found {
    fn principal(&self, passed: &mut Vec<String>) -> Result<Option<Principal>> {
        let (assertion, name) = match (&self.secret, &self.federated) {
            (Some(secret), _) => (Assertion::Secret(secret.clone()), env::CLIENT_SECRET),
            (None, Some(file)) => (Assertion::File(file.clone()), env::FEDERATED_TOKEN_FILE),
            (None, None) => {
                if self.certificate.is_some() {
                    let found = "a service principal's certificate is not supported";
                    return Err(Error::new(Family::Refused, env::CLIENT_CERTIFICATE, found, format!("{} is expected", env::CLIENT_SECRET))
                        .hint("give the application a client secret or a federated credential, or run `az login --service-principal`"));
                }
                passed.push(format!("service principal: {} is not set", env::CLIENT_SECRET));
                passed.push(format!("workload identity: {} is not set", env::FEDERATED_TOKEN_FILE));
                return Ok(None);
            }
        };
        match (&self.tenant, &self.client) {
            (Some(tenant), Some(client)) => Ok(Some(Principal { tenant: tenant.clone(), client: client.clone(), assertion })),
            (None, Some(_)) => Err(half(&format!("{name} and {} are set, {} is not", env::CLIENT, env::TENANT))),
            (Some(_), None) => Err(half(&format!("{name} and {} are set, {} is not", env::TENANT, env::CLIENT))),
            (None, None) => Err(half(&format!("{name} is set, {} and {} are not", env::TENANT, env::CLIENT))),
        }
    }
}

/// An identity that lacks a part is a mistake: nobody else's identity is used in its place.
fn half(found: &str) -> Error {
    Error::new(Family::Refused, "", found, "a service principal or a workload identity needs all three")
        .hint("set what is missing, or unset the rest")
}

fn metadata(client: Option<String>) -> Result<Endpoint> {
    let at = match read(env::METADATA_HOST) {
        Some(host) => {
            let url =
                Url::parse(&host).map_err(|e| Error::misuse(env::METADATA_HOST, e.to_string(), "a URL like http://169.254.169.254"))?;
            crate::names::append(&url, "metadata/identity/oauth2/token")
        }
        None => Url::parse(METADATA).map_err(|e| Error::misuse("", e.to_string(), ""))?,
    };
    Ok(Endpoint::metadata(at, client))
}

fn endpoint(typed: &str) -> Result<Url> {
    let url = Url::parse(typed).map_err(|e| Error::misuse(env::IDENTITY_ENDPOINT, e.to_string(), "a URL"))?;
    // App Service names its own address by number; what is asked there never leaves the machine it runs on.
    let own = url.host_str().is_some_and(|host| host.starts_with("169.254."));
    if !own {
        safe(&url, env::IDENTITY_ENDPOINT)?;
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_identity_names_what_is_missing() {
        let some = || Some("x".to_owned());
        let none = || None;
        for (tenant, client, secret, file, said) in [
            (none(), some(), true, false, "AZURE_CLIENT_SECRET and AZURE_CLIENT_ID are set, AZURE_TENANT_ID is not"),
            (some(), none(), true, false, "AZURE_CLIENT_SECRET and AZURE_TENANT_ID are set, AZURE_CLIENT_ID is not"),
            (none(), none(), true, false, "AZURE_CLIENT_SECRET is set, AZURE_TENANT_ID and AZURE_CLIENT_ID are not"),
            (none(), some(), false, true, "AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_ID are set, AZURE_TENANT_ID is not"),
        ] {
            let found = Found {
                tenant,
                client,
                secret: secret.then(|| "CANARY".to_owned().into()),
                certificate: None,
                federated: file.then(|| PathBuf::from("f")),
            };
            let error = found.principal(&mut Vec::new()).err().unwrap();
            assert_eq!(error.family, Family::Refused);
            assert_eq!(error.found, said);
        }
    }

    #[test]
    fn a_certificate_is_refused_by_name_and_a_client_alone_is_no_principal() {
        let found = |certificate: Option<String>| Found {
            tenant: Some("t".into()),
            client: Some("c".into()),
            secret: None,
            certificate,
            federated: None,
        };
        let error = found(Some("c.pem".into())).principal(&mut Vec::new()).err().unwrap();
        assert!(error.to_string().contains("AZURE_CLIENT_CERTIFICATE_PATH"), "{error}");
        assert!(found(None).principal(&mut Vec::new()).unwrap().is_none());
    }
}
