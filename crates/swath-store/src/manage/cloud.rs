use url::Url;

use crate::location::is_loopback;
use crate::{Error, Result, environment};

/// Which Azure: the public one, a sovereign one, or a Resource Manager on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// `https://management.azure.com/`
    pub(crate) endpoint: Url,
    /// What follows the account in a blob endpoint.
    pub(crate) blob_suffix: &'static str,
}

/// The clouds there are: authority, Resource Manager, blob suffix.
const CLOUDS: [(&str, &str, &str); 3] = [
    ("login.microsoftonline.com", "https://management.azure.com/", "blob.core.windows.net"),
    ("login.microsoftonline.us", "https://management.usgovcloudapi.net/", "blob.core.usgovcloudapi.net"),
    ("login.chinacloudapi.cn", "https://management.chinacloudapi.cn/", "blob.core.chinacloudapi.cn"),
];

impl Cloud {
    /// The public cloud.
    ///
    /// # Errors
    /// None in practice; the address is a constant.
    pub fn public() -> Result<Self> {
        Self::at(CLOUDS[0].1)
    }
    /// What `AZURE_RESOURCE_MANAGER_ENDPOINT` says; else the cloud that `AZURE_AUTHORITY_HOST` belongs to; else the public one.
    ///
    /// # Errors
    /// Misuse naming the variable where its value is no https address (http is allowed on this machine only).
    pub fn from_env() -> Result<Self> {
        if let Some(endpoint) = environment::read(environment::RESOURCE_MANAGER_ENDPOINT) {
            return Self::at(&endpoint).map_err(|e| Error { at: environment::RESOURCE_MANAGER_ENDPOINT.into(), ..e });
        }
        let host = environment::read(environment::AUTHORITY_HOST).unwrap_or_default();
        let known = CLOUDS.iter().find(|(authority, ..)| host.contains(authority));
        Self::at(known.unwrap_or(&CLOUDS[0]).1)
    }
    /// The Resource Manager at an address.
    ///
    /// # Errors
    /// Misuse where it is no https address.
    pub fn at(endpoint: &str) -> Result<Self> {
        let right = "an address like https://management.azure.com";
        let mut url = Url::parse(endpoint).map_err(|_| Error::misuse("", format!("'{endpoint}' is no address"), right))?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(Error::misuse("", format!("'{endpoint}' would send a token unencrypted"), right));
        }
        if url.host_str().is_none() || !url.username().is_empty() || url.query().is_some() || !url.path().trim_matches('/').is_empty() {
            return Err(Error::misuse("", format!("'{endpoint}' is more than a host"), right));
        }
        url.set_path("/");
        let known = CLOUDS.iter().find(|(_, manager, _)| *manager == url.as_str());
        Ok(Self { endpoint: url, blob_suffix: known.unwrap_or(&CLOUDS[0]).2 })
    }
    /// Where the blobs of an account lie unless Azure says otherwise.
    pub(crate) fn blobs_of(&self, account: &str) -> String {
        format!("https://{account}.{}/", self.blob_suffix)
    }
    /// Whether a URL that an answer names is the Resource Manager's own: only there the token may travel.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        let (Some(host), Some(ours)) = (url.host_str(), self.endpoint.host_str()) else { return false };
        let regional = url.scheme() == "https" && host.strip_suffix(ours).is_some_and(|region| region.ends_with('.'));
        url.origin() == self.endpoint.origin() || regional
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_encrypted_or_stays_on_this_machine() {
        for (endpoint, good) in [
            ("https://management.azure.com", true),
            ("https://management.usgovcloudapi.net/", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080/", true),
            ("http://management.azure.com", false),
            ("management.azure.com", false),
            ("https://user@management.azure.com", false),
            ("https://management.azure.com/subscriptions", false),
            ("ftp://localhost", false),
        ] {
            assert_eq!(Cloud::at(endpoint).is_ok(), good, "{endpoint}");
        }
        assert_eq!(Cloud::at("https://management.chinacloudapi.cn").unwrap().blobs_of("a"), "https://a.blob.core.chinacloudapi.cn/");
    }

    #[test]
    fn an_operation_is_followed_on_the_managers_own_hosts_only() {
        let cloud = Cloud::public().unwrap();
        for (url, ours) in [
            ("https://management.azure.com/subscriptions/s/operations/1", true),
            ("https://westeurope.management.azure.com/x", true),
            ("https://evilmanagement.azure.com/x", false),
            ("https://management.azure.com.evil.example/x", false),
            ("http://management.azure.com/x", false),
            ("https://management.azure.com:444/x", false),
        ] {
            assert_eq!(cloud.owns(&Url::parse(url).unwrap()), ours, "{url}");
        }
    }
}
