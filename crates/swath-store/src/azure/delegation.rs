use chrono::{DateTime, Duration, Utc};
use object_store::client::HttpRequestBody;
use reqwest::Method;
use roxmltree::Document;

use super::Container;
use crate::refusal::Action;
use crate::sas::{DelegationKey, spelled};
use crate::wire::{Failure, request};
use crate::{Error, Family, Result};

/// The longest life of a key.
pub(crate) const LONGEST: Duration = Duration::days(7);
/// A start this far back holds on servers whose clock is behind.
const BACK: Duration = Duration::minutes(15);

impl Container {
    /// A key to sign tokens with, made for the identity that asks.
    /// <https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key>
    ///
    /// # Errors
    /// Refused where the identity may not ask for one; Damaged where the answer is none.
    pub async fn delegation_key(&self, expires: DateTime<Utc>) -> Result<DelegationKey> {
        let mut url = self.place.endpoint.clone();
        url.query_pairs_mut().append_pair("restype", "service").append_pair("comp", "userdelegationkey");
        let shown = self.place.endpoint.to_string();
        let starts = (Utc::now() - BACK).max(expires - LONGEST);
        let asked = [("Start", starts), ("Expiry", expires)].map(|(tag, when)| format!("<{tag}>{}</{tag}>", spelled(Some(when))));
        let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo>{}</KeyInfo>", asked.concat());
        let mut ask = request(Method::POST, &url).map_err(self.fail(&shown, Action::Delegate))?;
        *ask.body_mut() = HttpRequestBody::from(body);
        let reply = match self.wire.send(ask).await {
            Ok(reply) => reply,
            Err(Failure::Answer(answer)) if answer.status.as_u16() == 403 => {
                let found = format!("this identity may not make tokens (HTTP 403 {})", answer.code);
                return Err(Error::new(Family::Refused, shown, found, "").hint(format!(
                    "give it the role 'Storage Blob Delegator' (or a Storage Blob Data role) on the account '{}', not on the container alone",
                    self.place.account
                )));
            }
            Err(failure) => return Err(self.spot(&shown, Action::Delegate).error(&failure)),
        };
        parse(&reply.body).ok_or_else(|| Error::new(Family::Damaged, shown, "the answer holds no user delegation key", "an XML document"))
    }
}

fn parse(body: &[u8]) -> Option<DelegationKey> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    let document = Document::parse(text).ok()?;
    let field = |tag: &str| {
        let found = document.descendants().find(|node| node.has_tag_name(tag))?.text()?.trim();
        (!found.is_empty()).then(|| found.to_owned())
    };
    Some(DelegationKey {
        object: field("SignedOid")?,
        tenant: field("SignedTid")?,
        starts: field("SignedStart")?,
        expires: field("SignedExpiry")?,
        service: field("SignedService")?,
        version: field("SignedVersion")?,
        value: field("Value")?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_one_of_its_fields_is_no_key() {
        let tags = ["SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion", "Value"];
        let text = |tags: &[&str]| {
            let fields: Vec<_> = tags.iter().map(|tag| format!("<{tag}>x</{tag}>")).collect();
            format!("\u{feff}<?xml version=\"1.0\"?><UserDelegationKey>{}</UserDelegationKey>", fields.concat())
        };
        assert!(parse(text(&tags).as_bytes()).is_some());
        for (n, tag) in tags.iter().enumerate() {
            let rest: Vec<_> = tags.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, tag)| *tag).collect();
            assert!(parse(text(&rest).as_bytes()).is_none(), "{tag}");
        }
    }
}
