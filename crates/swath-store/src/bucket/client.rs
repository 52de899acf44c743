use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use url::Url;

use super::settings::Settings;
use super::{BucketPlace, Cloud};
use crate::location::is_loopback;
use crate::wire::Connector;
use crate::{Error, Family, Result};

/// The client library, which signs and knows the names of things; requests travel on our own wire.
pub(super) enum Client {
    S3(Box<AmazonS3Builder>),
    Google(Box<GoogleCloudStorageBuilder>),
}

/// The library's own way of speaking, opened.
pub(super) type Objects = Arc<dyn ObjectStore>;

impl Client {
    /// With what the environment gives; whether there are credentials at all.
    ///
    /// Without any, requests go unsigned and nobody is asked for some: an instance's metadata service only where it is named.
    pub fn new(place: &BucketPlace, settings: &Settings) -> Result<(Self, bool)> {
        let plain = endpoint(place.cloud, settings)?.is_some_and(|url| url.scheme() == "http");
        let options = ClientOptions::new().with_allow_http(plain);
        match place.cloud {
            Cloud::S3 => {
                let given = S3_CREDENTIALS.iter().any(|name| settings.has(name));
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(&place.bucket)
                    .with_client_options(options)
                    .with_skip_signature(!given)
                    .with_disable_tagging(true)
                    .with_checksum_algorithm(Checksum::SHA256)
                    .with_retry(never_again());
                for (names, key) in S3_SETTINGS {
                    if let Some(value) = settings.read(names) {
                        builder = builder.with_config(key, value);
                    }
                }
                Ok((Self::S3(Box::new(builder)), given))
            }
            Cloud::Google => {
                let mut builder =
                    GoogleCloudStorageBuilder::new().with_bucket_name(&place.bucket).with_client_options(options).with_retry(never_again());
                if let Some(path) = settings.read(&["GOOGLE_APPLICATION_CREDENTIALS"]) {
                    builder = builder.with_application_credentials(path);
                }
                if let Some(key) = settings.read(&["GOOGLE_SERVICE_ACCOUNT_KEY"]) {
                    builder = builder.with_service_account_key(key);
                }
                if let Some(token) = settings.read(&["CLOUDSDK_AUTH_ACCESS_TOKEN"]) {
                    builder = builder.with_bearer_token(token);
                }
                if let Some(host) = endpoint(place.cloud, settings)? {
                    builder = builder.with_base_url(host.as_str().trim_end_matches('/'));
                }
                let given = GOOGLE_CREDENTIALS.iter().any(|name| settings.has(name));
                Ok((Self::Google(Box::new(builder.with_skip_signature(!given))), given))
            }
        }
    }
    /// The library on a line of ours.
    pub fn open(&self, at: &str, connector: Connector) -> Result<Objects> {
        // The library's own words may hold what it was given.
        let wrong = |_| {
            Error::new(Family::Refused, at, "the credentials of the environment make no sense", "")
                .hint("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together; GOOGLE_APPLICATION_CREDENTIALS names a JSON file")
        };
        Ok(match self {
            Self::S3(builder) => Arc::new(builder.as_ref().clone().with_http_connector(connector).build().map_err(wrong)?),
            Self::Google(builder) => Arc::new(builder.as_ref().clone().with_http_connector(connector).build().map_err(wrong)?),
        })
    }
}

/// Where another server than the cloud's own is spoken to; unencrypted only on this machine.
pub(super) fn endpoint(cloud: Cloud, settings: &Settings) -> Result<Option<Url>> {
    let (names, default): (&[&str], _) = match cloud {
        Cloud::S3 => (&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"], "https://"),
        Cloud::Google => (&["STORAGE_EMULATOR_HOST"], "http://"),
    };
    let Some(text) = settings.read(names) else { return Ok(None) };
    let spelled = if text.contains("://") { text.to_owned() } else { format!("{default}{text}") };
    let name = names.last().copied().unwrap_or_default();
    let url = Url::parse(&spelled).map_err(|e| Error::misuse(name, e.to_string(), "a URL like https://host is expected"))?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(Error::misuse(name, "would send data unencrypted", "https:// is expected"));
    }
    Ok(Some(url))
}

/// Requests are retried on the wire, with the same signature.
fn never_again() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

/// Any of these means that there is somebody to ask for credentials.
const S3_CREDENTIALS: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
];
const GOOGLE_CREDENTIALS: [&str; 3] = ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT_KEY", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

const S3_SETTINGS: [(&[&str], AmazonS3ConfigKey); 12] = [
    (&["AWS_ACCESS_KEY_ID"], AmazonS3ConfigKey::AccessKeyId),
    (&["AWS_SECRET_ACCESS_KEY"], AmazonS3ConfigKey::SecretAccessKey),
    (&["AWS_SESSION_TOKEN"], AmazonS3ConfigKey::Token),
    (&["AWS_REGION", "AWS_DEFAULT_REGION"], AmazonS3ConfigKey::Region),
    (&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"], AmazonS3ConfigKey::Endpoint),
    (&["AWS_WEB_IDENTITY_TOKEN_FILE"], AmazonS3ConfigKey::WebIdentityTokenFile),
    (&["AWS_ROLE_ARN"], AmazonS3ConfigKey::RoleArn),
    (&["AWS_ROLE_SESSION_NAME"], AmazonS3ConfigKey::RoleSessionName),
    (&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], AmazonS3ConfigKey::ContainerCredentialsRelativeUri),
    (&["AWS_CONTAINER_CREDENTIALS_FULL_URI"], AmazonS3ConfigKey::ContainerCredentialsFullUri),
    (&["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], AmazonS3ConfigKey::ContainerAuthorizationTokenFile),
    (&["AWS_EC2_METADATA_SERVICE_ENDPOINT"], AmazonS3ConfigKey::MetadataEndpoint),
];
