use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};

use super::authority::{Authority, Scope};
use super::grant::{Grant, reason};
use super::line::{self, Question};
use crate::{Error, Family, Result, environment as env};

/// A service principal or a workload identity.
pub(super) struct Principal {
    pub tenant: String,
    pub client: String,
    pub assertion: Assertion,
}

/// What it proves itself with.
pub(super) enum Assertion {
    Secret(SecretString),
    /// A token that the cluster puts into a file and renews there.
    File(PathBuf),
}

impl Principal {
    pub fn name(&self) -> &'static str {
        match self.assertion {
            Assertion::Secret(_) => "service principal",
            Assertion::File(_) => "workload identity",
        }
    }
    /// A token by the client credentials grant (RFC 6749 section 4.4, with an assertion RFC 7523).
    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>
    ///
    /// # Errors
    /// Refused with the authority's reason; Unreachable where it does not answer.
    pub async fn ask(&self, authority: &Authority, scope: Scope) -> Result<Grant> {
        let url = authority.endpoint(&self.tenant)?;
        let mut form = vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", self.client.clone()),
            ("scope", format!("{}/.default", authority.resource(scope))),
        ];
        match &self.assertion {
            Assertion::Secret(secret) => form.push(("client_secret", secret.expose_secret().to_owned())),
            Assertion::File(file) => {
                let text = tokio::fs::read_to_string(file).await.map_err(|e| {
                    let right = "the file a cluster keeps the workload's token in";
                    Error::new(Family::Refused, file.display().to_string(), e.to_string(), right)
                        .hint(format!("check {}", env::FEDERATED_TOKEN_FILE))
                })?;
                form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()));
                form.push(("client_assertion", text.trim().to_owned()));
            }
        }
        let host = url[..url::Position::BeforePath].to_owned();
        let client = line::client(&url, Duration::from_secs(5)).map_err(|why| unreached(&host, &why))?;
        let answer =
            line::ask(&client, &Question { url, headers: Vec::new(), form: Some(form) }).await.map_err(|why| unreached(&host, &why))?;
        if answer.status == 200
            && let Some(grant) = Grant::parse(&answer.body, Utc::now())
        {
            return Ok(grant);
        }
        Err(self.refused(&host, answer.status, &reason(&answer.body)))
    }

    fn refused(&self, host: &str, status: u16, said: &str) -> Error {
        let said = match &self.assertion {
            Assertion::Secret(secret) => said.replace(secret.expose_secret(), "REDACTED"),
            Assertion::File(_) => said.to_owned(),
        };
        let found = format!("the {} was refused a token (HTTP {status}): {said}", self.name());
        let found = found.trim_end_matches(": ").to_owned();
        // https://learn.microsoft.com/entra/identity-platform/reference-error-codes
        let hint = if said.starts_with("AADSTS7000215") {
            format!("{} is not a secret of this application: the value is wanted, not its id", env::CLIENT_SECRET)
        } else if said.starts_with("AADSTS7000222") {
            format!("{} has expired: make a new one with `az ad app credential reset --id {}`", env::CLIENT_SECRET, self.client)
        } else if said.starts_with("AADSTS700016") {
            format!("no application {} in this tenant: check {} and {}", self.client, env::CLIENT, env::TENANT)
        } else if said.starts_with("AADSTS90002") {
            format!("check {}", env::TENANT)
        } else {
            match self.assertion {
                Assertion::Secret(_) => format!("check {}, {} and {}", env::TENANT, env::CLIENT, env::CLIENT_SECRET),
                Assertion::File(_) => format!("check {}, {} and the application's federated credential", env::TENANT, env::CLIENT),
            }
        };
        let family = if matches!(status, 408 | 429 | 500..=599) { Family::Unreachable } else { Family::Refused };
        Error::new(family, host, found, "").hint(hint)
    }
}

fn unreached(host: &str, why: &str) -> Error {
    Error::new(Family::Unreachable, host, format!("no token could be asked for: {why}"), "")
        .hint(format!("check the network, and {} where it is set", env::AUTHORITY_HOST))
}
