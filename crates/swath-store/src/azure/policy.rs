use chrono::{DateTime, Utc};
use object_store::client::HttpRequestBody;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, IF_UNMODIFIED_SINCE, LAST_MODIFIED};
use roxmltree::Document;

use super::Container;
use super::container::with_query;
use crate::refusal::Action;
use crate::sas::{instant, spelled};
use crate::wire::{Failure, request};
use crate::{Error, Family, Result};

/// Azure keeps at most so many in one container.
pub(crate) const MOST: usize = 5;
const PUBLIC_ACCESS: HeaderName = HeaderName::from_static("x-ms-blob-public-access");

/// A stored access policy: what service SAS tokens that name it may do, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    pub name: String,
    pub rights: String,
    pub starts: Option<DateTime<Utc>>,
    pub expires: Option<DateTime<Utc>>,
}

/// All policies of a container, and what must not be lost when they are written again.
pub(crate) struct Policies {
    pub all: Vec<StoredPolicy>,
    headers: HeaderMap,
}

impl Container {
    /// <https://learn.microsoft.com/rest/api/storageservices/get-container-acl>
    pub async fn policies(&self) -> Result<Policies> {
        let url = with_query(&self.place.container_url(), &[("comp", "acl")]);
        let shown = self.place.container_url().to_string();
        let ask = request(Method::GET, &url).map_err(self.fail(&shown, Action::Policies))?;
        let reply = self.wire.send(ask).await.map_err(self.fail(&shown, Action::Policies))?;
        let damaged = || Error::new(Family::Damaged, &shown, "the stored access policies cannot be read", "an XML document");
        Ok(Policies { all: parse(&reply.body).ok_or_else(damaged)?, headers: reply.headers })
    }
    /// Writes all policies; the public access of the container stays as it was.
    /// <https://learn.microsoft.com/rest/api/storageservices/set-container-acl>
    pub async fn set_policies(&self, policies: &Policies) -> Result<()> {
        let url = with_query(&self.place.container_url(), &[("comp", "acl")]);
        let shown = self.place.container_url().to_string();
        let mut ask = request(Method::PUT, &url).map_err(self.fail(&shown, Action::Policies))?;
        *ask.body_mut() = HttpRequestBody::from(text(&policies.all));
        if let Some(level) = policies.headers.get(&PUBLIC_ACCESS) {
            ask.headers_mut().insert(PUBLIC_ACCESS, level.clone());
        }
        if let Some(when) = policies.headers.get(LAST_MODIFIED) {
            ask.headers_mut().insert(IF_UNMODIFIED_SINCE, when.clone());
        }
        match self.wire.send(ask).await {
            Ok(_) => Ok(()),
            Err(Failure::Answer(answer)) if answer.status.as_u16() == 412 => {
                let found = "somebody else changed the container's policies at the same time";
                Err(Error::new(Family::Conflict, shown, found, "").hint("run the same command again"))
            }
            Err(failure) => Err(self.spot(&shown, Action::Policies).error(&failure)),
        }
    }
}

fn text(policies: &[StoredPolicy]) -> String {
    let one = |policy: &StoredPolicy| {
        let element = |tag: &str, value: &str| if value.is_empty() { String::new() } else { format!("<{tag}>{}</{tag}>", escaped(value)) };
        format!(
            "<SignedIdentifier><Id>{}</Id><AccessPolicy>{}{}{}</AccessPolicy></SignedIdentifier>",
            escaped(&policy.name),
            element("Start", &spelled(policy.starts)),
            element("Expiry", &spelled(policy.expires)),
            element("Permission", &policy.rights)
        )
    };
    let all: Vec<_> = policies.iter().map(one).collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><SignedIdentifiers>{}</SignedIdentifiers>", all.concat())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn parse(body: &[u8]) -> Option<Vec<StoredPolicy>> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let document = Document::parse(text).ok()?;
    let found = document.descendants().filter(|node| node.has_tag_name("SignedIdentifier"));
    let field = |node: roxmltree::Node<'_, '_>, tag: &str| {
        node.descendants().find(|inner| inner.has_tag_name(tag)).and_then(|inner| inner.text()).unwrap_or_default().trim().to_owned()
    };
    let policies = found.map(|node| StoredPolicy {
        name: field(node, "Id"),
        rights: field(node, "Permission"),
        starts: instant(&field(node, "Start")),
        expires: instant(&field(node, "Expiry")),
    });
    Some(policies.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_survive_their_document() {
        let end = instant("2026-12-01T00:00:00Z");
        let policies = [
            StoredPolicy { name: "pub & <read>".into(), rights: "rl".into(), starts: None, expires: end },
            StoredPolicy { name: "old".into(), rights: String::new(), starts: end, expires: None },
        ];
        assert_eq!(parse(text(&policies).as_bytes()).unwrap(), policies);
        assert_eq!(parse(b"").unwrap(), []);
        assert_eq!(parse("\u{feff}<SignedIdentifiers />".as_bytes()).unwrap(), []);
        assert!(parse(b"<html>").is_none());
    }
}
