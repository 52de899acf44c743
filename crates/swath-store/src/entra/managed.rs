use std::time::Duration;

use chrono::Utc;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::grant::{Grant, reason};
use super::line::{self, Question};

/// The metadata service of an Azure machine.
/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
pub(super) const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
/// A machine's own service answers in milliseconds; elsewhere nobody does.
const SOON: Duration = Duration::from_secs(1);

/// Where a managed identity's tokens come from.
pub(super) struct Endpoint {
    url: Url,
    /// App Service and its kind want a header of theirs shown.
    header: Option<SecretString>,
    client: Option<String>,
}

/// Why there is no token.
pub(super) enum NoToken {
    /// Not an Azure machine, or one without an identity: the next source may be asked.
    None(String),
    Failed(String),
}

impl Endpoint {
    pub fn metadata(url: Url, client: Option<String>) -> Self {
        Self { url, header: None, client }
    }
    /// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
    pub fn platform(url: Url, header: SecretString, client: Option<String>) -> Self {
        Self { url, header: Some(header), client }
    }
    /// A token for a resource.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn ask(&self, resource: &str) -> Result<Grant, NoToken> {
        let client = line::client(&self.url, SOON).map_err(NoToken::Failed)?;
        let host = self.url[url::Position::BeforeHost..url::Position::BeforePath].to_owned();
        if self.header.is_none() && !line::is_anybody_there(&client, &self.url, SOON).await {
            return Err(NoToken::None(format!("nothing answers at {host} within {} s", SOON.as_secs())));
        }
        let answer = line::ask(&client, &self.question(resource)).await.map_err(NoToken::Failed)?;
        if answer.status == 200 {
            return Grant::parse(&answer.body, Utc::now()).ok_or_else(|| NoToken::Failed(format!("{host} answered without a token")));
        }
        let said = reason(&answer.body);
        let why = format!("{host} answered HTTP {} {said}", answer.status).trim_end().to_owned();
        // A machine without an identity answers 400; what is no metadata service at all, 404 and the like.
        if self.header.is_none() && matches!(answer.status, 400..=405) { Err(NoToken::None(why)) } else { Err(NoToken::Failed(why)) }
    }

    fn question(&self, resource: &str) -> Question {
        let mut url = self.url.clone();
        let version = if self.header.is_some() { "2019-08-01" } else { "2018-02-01" };
        url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", resource);
        if let Some(client) = &self.client {
            url.query_pairs_mut().append_pair("client_id", client);
        }
        let mut headers = vec![("metadata", HeaderValue::from_static("true"))];
        if let Some(mut value) = self.header.as_ref().and_then(|secret| HeaderValue::from_str(secret.expose_secret()).ok()) {
            value.set_sensitive(true);
            headers = vec![("x-identity-header", value)];
        }
        Question { url, headers, form: None }
    }
}
