//! Strings to sign, and what signs them.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, Family, Result, Sas};

/// A version whose string to sign every cloud knows; unchanged since 2020-12-06.
/// <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>
const VERSION: &str = "2022-11-02";
/// A user delegation SAS is signed over two lines more since 2025-07-05, and over two more again since this one.
/// <https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas>
const DELEGATION_VERSION: &str = "2026-04-06";

/// What a SAS shall allow.
#[derive(Debug, Clone, Default)]
pub struct SasGrant<'a> {
    pub account: &'a str,
    pub container: &'a str,
    /// Rights in Azure's order: `racwdl`; empty where a stored policy says them.
    pub rights: &'a str,
    pub starts: Option<DateTime<Utc>>,
    /// `None` where a stored policy says it.
    pub expires: Option<DateTime<Utc>>,
    /// An address, or two with a hyphen between.
    pub ip: Option<&'a str>,
    /// `https` alone, or both where this is empty.
    pub protocol: Option<&'a str>,
    /// The name of a stored access policy of the container.
    pub policy: Option<&'a str>,
}

/// A key that Azure made for an identity, to sign tokens with instead of the account's own.
#[derive(Clone)]
pub(crate) struct DelegationKey {
    pub object: String,
    pub tenant: String,
    pub starts: String,
    pub expires: String,
    pub service: String,
    pub version: String,
    pub value: SecretString,
}

impl Sas {
    /// A service SAS for one container, signed with the account's key.
    ///
    /// # Errors
    /// Refused where the key is not base64.
    pub fn for_container(grant: &SasGrant<'_>, key: &str) -> Result<Self> {
        let (starts, expires) = (spelled(grant.starts), spelled(grant.expires));
        let (ip, protocol, policy) = optional(grant);
        let resource = format!("/blob/{}/{}", grant.account, grant.container);
        // Rights, start, expiry, resource, policy, ip, protocol, version, kind, snapshot, encryption scope, five headers.
        let lines = [grant.rights, &starts, &expires, &resource, policy, ip, protocol, VERSION, "c", "", "", "", "", "", "", ""];
        let signature = sign(&lines.join("\n"), key)?;
        let fields = [("sv", VERSION), ("sr", "c"), ("si", policy), ("sp", grant.rights), ("st", &starts), ("se", &expires)];
        Ok(Self::of(&[&fields[..], &[("sip", ip), ("spr", protocol)]].concat(), signature))
    }
    /// An account SAS for the containers and blobs of an account, signed with its key.
    /// <https://learn.microsoft.com/rest/api/storageservices/create-account-sas>
    ///
    /// # Errors
    /// Refused where the key is not base64.
    pub fn for_account(grant: &SasGrant<'_>, key: &str) -> Result<Self> {
        let (starts, expires) = (spelled(grant.starts), spelled(grant.expires));
        let (ip, protocol, _) = optional(grant);
        // Account, rights, services, resource types, start, expiry, ip, protocol, version, encryption scope, and an end of line.
        let lines = [grant.account, grant.rights, "b", "co", &starts, &expires, ip, protocol, VERSION, "", ""];
        let signature = sign(&lines.join("\n"), key)?;
        let fields = [("sv", VERSION), ("ss", "b"), ("srt", "co"), ("sp", grant.rights), ("st", &starts), ("se", &expires)];
        Ok(Self::of(&[&fields[..], &[("sip", ip), ("spr", protocol)]].concat(), signature))
    }
    /// A user delegation SAS for one container.
    ///
    /// # Errors
    /// Refused where the key is not base64.
    pub(crate) fn by_delegation(grant: &SasGrant<'_>, key: &DelegationKey) -> Result<Self> {
        let (starts, expires) = (spelled(grant.starts), spelled(grant.expires));
        let (ip, protocol, _) = optional(grant);
        let resource = format!("/blob/{}/{}", grant.account, grant.container);
        let keys = [&key.object, &key.tenant, &key.starts, &key.expires, &key.service, &key.version].map(String::as_str);
        // Rights, start, expiry, resource; the key's six; three agents and two delegated users; ip, protocol, version, kind,
        // snapshot, encryption scope; signed headers and query; five response headers.
        let head = [grant.rights, &starts, &expires, &resource];
        let tail = ["", "", "", "", "", ip, protocol, DELEGATION_VERSION, "c", "", "", "", "", "", "", "", "", ""];
        let signature = sign(&[&head[..], &keys, &tail].concat().join("\n"), key.value.expose_secret())?;
        let names = ["skoid", "sktid", "skt", "ske", "sks", "skv"];
        let fields = [("sv", DELEGATION_VERSION), ("sr", "c"), ("sp", grant.rights), ("st", &starts), ("se", &expires)];
        let signed: Vec<_> = names.into_iter().zip(keys).collect();
        Ok(Self::of(&[&fields[..], &[("sip", ip), ("spr", protocol)], &signed].concat(), signature))
    }
}

/// An instant as Azure writes it.
pub(crate) fn spelled(instant: Option<DateTime<Utc>>) -> String {
    instant.map(|t| t.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
}

fn optional<'a>(grant: &SasGrant<'a>) -> (&'a str, &'a str, &'a str) {
    (grant.ip.unwrap_or_default(), grant.protocol.unwrap_or_default(), grant.policy.unwrap_or_default())
}

fn sign(text: &str, key: &str) -> Result<SecretString> {
    let no_key = || {
        Error::new(Family::Refused, "", "the account key is not base64", "the key as `az storage account keys list` prints it")
            .hint("check AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING")
    };
    let key = BASE64.decode(key.trim()).map_err(|_| no_key())?;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).map_err(|_| no_key())?;
    mac.update(text.as_bytes());
    Ok(BASE64.encode(mac.finalize().into_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_signs_what_the_reference_library_signs() {
        // Made by azure-storage-blob 12.31.1 for the same inputs (e2e/test_sas.py compares live ones).
        let instant = |text: &str| Some(DateTime::parse_from_rfc3339(text).unwrap().to_utc());
        let grant = SasGrant {
            account: "swathtest",
            container: "maps",
            rights: "racwl",
            expires: instant("2026-11-23T12:00:00Z"),
            ip: Some("10.0.0.1-10.0.0.9"),
            protocol: Some("https"),
            ..SasGrant::default()
        };
        let key = "c3dhdGgtdGVzdC1rZXktdGhhdC1vcGVucy1ub3RoaW5nLWVsc2UtMDEyMzQ1Njc4OQ==";
        let delegation = DelegationKey {
            object: "11059fcc-5514-4800-b5f8-49808b9cfab6".into(),
            tenant: "ab1f708d-50f6-404c-a006-d71b2ac7a606".into(),
            starts: "2026-11-22T12:00:00Z".into(),
            expires: "2026-11-23T12:00:00Z".into(),
            service: "b".into(),
            version: "2026-06-06".into(),
            value: key.to_owned().into(),
        };
        let policy = SasGrant { rights: "", expires: None, policy: Some("pub read"), ..grant.clone() };
        for (made, signature) in [
            (Sas::for_container(&grant, key), "YZBVy8zQ6oSMdzrxlYwV4cr2cG543nZmzHhZgSjWVP4="),
            (Sas::for_container(&policy, key), "g2/E3mBI+eS96opFKT7YKwEZawSqbPaEcg12PsClkxc="),
            (Sas::for_account(&SasGrant { rights: "rwlac", ..grant.clone() }, key), "zIuHRVt4yYU+zi+8OC1uCz6FE1lixqcC4zJs9RmxQLE="),
            (Sas::by_delegation(&grant, &delegation), "OL53J0m0byXoumxVflqzFobuDOxWDQlW8vZ1LfJHeSc="),
        ] {
            let pairs = made.unwrap().pairs();
            assert_eq!(pairs.last().unwrap().1, signature, "{:?}", &pairs[..pairs.len() - 1]);
        }
    }
}
