use crate::manage::{AccountName, ContainerName, GroupName, Region, Sku};
use crate::{Error, Result};

/// Who may read the blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Who has a credential.
    #[default]
    Private,
    /// Everybody who knows a blob's address; nobody lists them without a credential.
    Public,
}

/// What a person wants there to be.
#[derive(Debug, Clone)]
pub struct Wish {
    pub account: AccountName,
    pub group: GroupName,
    /// Where both are made; the group's region, or else the default, where it is not said.
    pub region: Option<Region>,
    /// The default where it is not said; what is there then suits.
    pub sku: Option<Sku>,
    pub container: Option<ContainerName>,
    pub access: Access,
    /// The web sites whose pages may read the blobs; `*` means all; empty leaves the rules as they are.
    pub origins: Vec<String>,
}

impl Wish {
    /// Only what has to be said.
    pub fn new(account: AccountName, group: GroupName) -> Self {
        Self { account, group, region: None, sku: None, container: None, access: Access::Private, origins: Vec::new() }
    }
    /// What the names' own types do not hold.
    ///
    /// # Errors
    /// Misuse where an origin is none.
    pub fn check(&self) -> Result<()> {
        self.origins.iter().try_for_each(|origin| check_origin(origin))
    }
}

/// An origin as browsers send it: scheme and host, or `*`.
///
/// # Errors
/// Misuse with the right spelling: a slash at the end is the usual reason why a rule matches nothing.
fn check_origin(text: &str) -> Result<()> {
    let right = "'*', or an origin like https://maps.example.org";
    let wrong = |found: &str| Error::misuse("--cors", format!("'{text}' {found}"), right);
    if text == "*" {
        return Ok(());
    }
    let url = url::Url::parse(text).map_err(|_| wrong("is no origin"))?;
    let plain = url.origin().ascii_serialization();
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is no origin of a web page"));
    }
    if plain != text { Err(wrong("is more than an origin").hint(format!("--cors={plain}"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_host_without_a_slash() {
        for (text, near) in [
            ("*", None),
            ("https://maps.example.org", None),
            ("http://localhost:8080", None),
            ("https://maps.example.org/", Some("--cors=https://maps.example.org")),
            ("https://maps.example.org/app", Some("--cors=https://maps.example.org")),
        ] {
            assert_eq!(check_origin(text).err().and_then(|e| e.hint).as_deref(), near, "{text}");
        }
        assert!(check_origin("maps.example.org").is_err());
        assert!(check_origin("ftp://maps.example.org").is_err());
    }
}
