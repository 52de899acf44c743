//! Every environment variable this crate knows, by the names the `az` command and Azure's libraries use; read once, at the door.

/// A SAS token, with or without its leading `?`.
pub const SAS_TOKEN: &str = "AZURE_STORAGE_SAS_TOKEN";
/// An account key.
pub const KEY: &str = "AZURE_STORAGE_KEY";
/// A connection string.
pub const CONNECTION_STRING: &str = "AZURE_STORAGE_CONNECTION_STRING";
/// The account that the token or the key belongs to.
pub const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";

/// The directory (tenant) of a service principal or a workload identity.
pub const TENANT: &str = "AZURE_TENANT_ID";
/// The application of a service principal or workload identity; of a user-assigned managed identity where it stands alone.
pub const CLIENT: &str = "AZURE_CLIENT_ID";
/// A service principal's password.
pub const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
/// A service principal's certificate; known so that it can be refused by name.
pub const CLIENT_CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
/// The file that a cluster keeps a workload's token in.
pub const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// Where tokens are asked for, in place of `https://login.microsoftonline.com`.
pub const AUTHORITY_HOST: &str = "AZURE_AUTHORITY_HOST";
/// The managed identity endpoint of App Service, Functions and Container Apps, and what it wants to be shown.
pub const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
pub const IDENTITY_HEADER: &str = "IDENTITY_HEADER";
/// A machine's metadata service, in place of `http://169.254.169.254`.
pub const METADATA_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
/// After how many seconds without a byte a request is given up and tried again.
pub const STALL_SECONDS: &str = "SWATH_STALL_SECONDS";

/// Hosts to go through, which lie inside as a rule; the client reads them by itself.
pub const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The subscription that accounts are made in.
pub const SUBSCRIPTION: &str = "AZURE_SUBSCRIPTION_ID";
/// Where the Resource Manager is asked, in place of the cloud's own: `https://management.azure.com`.
pub const RESOURCE_MANAGER_ENDPOINT: &str = "AZURE_RESOURCE_MANAGER_ENDPOINT";

/// What S3 and Google Cloud Storage are opened with, by the names that their own tools use.
pub const BUCKETS: [&str; 20] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_PROFILE",
    "AWS_REQUEST_PAYER",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "STORAGE_EMULATOR_HOST",
];

/// A variable's value, without surrounding space; an empty one counts as unset.
pub fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
