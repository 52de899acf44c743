use url::Url;

use crate::location::is_loopback;
use crate::{Error, Family, Result, environment};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Blobs; the same resource in every cloud.
    Storage,
    /// Azure Resource Manager.
    Management,
}

/// Where tokens are asked for, and thereby which of Microsoft's clouds this is.
#[derive(Debug, Clone)]
pub(super) struct Authority(Url);

/// Login host, Resource Manager. <https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure>
const CLOUDS: [(&str, &str); 3] = [
    ("login.microsoftonline.com", "https://management.azure.com"),
    ("login.microsoftonline.us", "https://management.usgovcloudapi.net"),
    ("login.chinacloudapi.cn", "https://management.chinacloudapi.cn"),
];

impl Authority {
    /// # Errors
    /// Misuse where a secret would travel unencrypted.
    pub fn parse(typed: Option<&str>) -> Result<Self> {
        let typed = typed.unwrap_or("https://login.microsoftonline.com");
        // Azure's libraries take a host without its scheme too.
        let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        let url = Url::parse(&whole).map_err(|e| Error::misuse(environment::AUTHORITY_HOST, e.to_string(), "a URL like https://host"))?;
        safe(&url, environment::AUTHORITY_HOST)?;
        Ok(Self(url))
    }
    /// The token endpoint of a tenant.
    pub fn endpoint(&self, tenant: &str) -> Result<Url> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if tenant.is_empty() || !tenant.chars().all(plain) {
            return Err(Error::misuse(environment::TENANT, format!("'{tenant}' is no tenant"), "an id like 72f988bf-... or a domain"));
        }
        Ok(crate::names::append(&self.0, &format!("{tenant}/oauth2/v2.0/token")))
    }
    /// The resource that a scope means in this cloud.
    pub fn resource(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Storage => "https://storage.azure.com",
            Scope::Management => {
                let host = self.0.host_str().unwrap_or_default();
                CLOUDS.iter().find(|(login, _)| *login == host).map_or(CLOUDS[0].1, |(_, management)| management)
            }
        }
    }
}

/// Refuses to send a secret over plain HTTP to another machine.
pub(super) fn safe(url: &Url, named: &str) -> Result<()> {
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        return Ok(());
    }
    let found = format!("'{}' would send a secret unencrypted", &url[..url::Position::BeforePath]);
    Err(Error::new(Family::Misuse, named, found, "https:// is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cloud_has_its_login_and_its_resource_manager() {
        for (typed, token, management) in [
            (None, "https://login.microsoftonline.com/t/oauth2/v2.0/token", "https://management.azure.com"),
            (
                Some("https://login.microsoftonline.us/"),
                "https://login.microsoftonline.us/t/oauth2/v2.0/token",
                "https://management.usgovcloudapi.net",
            ),
            (Some("login.chinacloudapi.cn"), "https://login.chinacloudapi.cn/t/oauth2/v2.0/token", "https://management.chinacloudapi.cn"),
            (Some("http://127.0.0.1:8400/x"), "http://127.0.0.1:8400/x/t/oauth2/v2.0/token", "https://management.azure.com"),
        ] {
            let authority = Authority::parse(typed).unwrap();
            assert_eq!(authority.endpoint("t").unwrap().as_str(), token);
            assert_eq!(authority.resource(Scope::Management), management);
            assert_eq!(authority.resource(Scope::Storage), "https://storage.azure.com");
        }
    }

    #[test]
    fn a_secret_never_goes_out_unencrypted_nor_into_a_path() {
        let error = Authority::parse(Some("http://login.example.com")).unwrap_err();
        assert!(error.to_string().contains("unencrypted"), "{error}");
        let authority = Authority::parse(None).unwrap();
        for tenant in ["", "a/b", "a?x", "../x"] {
            assert!(authority.endpoint(tenant).is_err(), "{tenant}");
        }
    }
}
