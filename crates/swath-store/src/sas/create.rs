use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::sign::SasGrant;
use super::token::{instant, rights_in_words, words};
use crate::azure::{self, LONGEST_DELEGATION, MOST_POLICIES, StoredPolicy};
use crate::credentials::Secret;
use crate::store::Backend;
use crate::{Error, Family, Result, Sas, Store};

/// Which key signs a token, and thereby who can take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SasKind {
    /// A key that Azure makes for the identity that asks, for at most seven days.
    UserDelegation,
    /// The account's key, for one container; revocable where it names a stored policy.
    Service,
    /// The account's key, for every container of the account.
    Account,
}

/// The token to make.
#[derive(Debug, Clone)]
pub struct SasRequest {
    pub kind: SasKind,
    pub purpose: super::Purpose,
    pub expires: DateTime<Utc>,
    /// An address, or two with a hyphen between, that requests may come from.
    pub ip: Option<String>,
    /// The name of a stored access policy, which is made where it is not there.
    pub policy: Option<String>,
}

/// What became of the stored policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The token names none.
    None,
    Created,
    /// It was there, with these rights and this end.
    Reused,
    /// It was there, with another end: tokens given out before now end at the new one too.
    Moved,
}

/// A token, and what is worth knowing about it.
pub struct SasMade {
    pub sas: Sas,
    pub policy: Policy,
    /// The container it is for; the whole account's URL for an account SAS.
    pub place: String,
}

impl Store {
    /// Makes a token for this store's container.
    ///
    /// # Errors
    /// Misuse for what Azure would refuse later; Refused where the credentials cannot sign it; Conflict where a stored policy of
    /// this name allows something else; Unsupported for what is no container of Azure.
    pub async fn make_sas(&self, request: &SasRequest) -> Result<SasMade> {
        let container = self.container()?;
        self.check_request(request)?;
        let place = &container.place;
        // An emulator without a certificate is spoken to in the clear, on this machine alone.
        let protocol = (place.endpoint.scheme() == "https").then_some("https");
        let grant = SasGrant {
            account: &place.account,
            container: &place.container,
            rights: request.purpose.rights(request.kind),
            expires: Some(request.expires),
            ip: request.ip.as_deref(),
            protocol,
            ..SasGrant::default()
        };
        let whole = |sas| SasMade { sas, policy: Policy::None, place: place.container_url().to_string() };
        match request.kind {
            SasKind::UserDelegation => {
                if !matches!(container.secret, Secret::Identity(_)) {
                    return Err(self.no_identity(container));
                }
                let key = container.delegation_key(request.expires).await?;
                Ok(whole(Sas::by_delegation(&grant, &key)?))
            }
            SasKind::Account => {
                let sas = Sas::for_account(&grant, self.key(container)?.expose_secret())?;
                Ok(SasMade { sas, policy: Policy::None, place: place.endpoint.to_string() })
            }
            SasKind::Service => {
                let key = self.key(container)?;
                let Some(name) = &request.policy else { return Ok(whole(Sas::for_container(&grant, key.expose_secret())?)) };
                let policy = stored(container, name, grant.rights, request.expires).await?;
                let grant = SasGrant { rights: "", expires: None, policy: Some(name), ..grant };
                Ok(SasMade { policy, ..whole(Sas::for_container(&grant, key.expose_secret())?) })
            }
        }
    }
    /// Removes a stored access policy: every token that names it ends. What it was.
    ///
    /// # Errors
    /// Absent where there is none of this name, naming those there are; Refused, Conflict, Unreachable.
    pub async fn revoke_policy(&self, name: &str) -> Result<StoredPolicy> {
        let container = self.container()?;
        let mut policies = container.policies().await?;
        let Some(at) = policies.all.iter().position(|policy| policy.name == name) else {
            let names: Vec<_> = policies.all.iter().map(|policy| format!("'{}'", policy.name)).collect();
            let right = if names.is_empty() { "the container has none".to_owned() } else { format!("there are {}", names.join(", ")) };
            let found = format!("has no stored access policy '{name}'");
            return Err(Error::new(Family::Absent, container.place.container_url(), found, right));
        };
        let gone = policies.all.remove(at);
        container.set_policies(&policies).await?;
        Ok(gone)
    }

    fn container(&self) -> Result<&azure::Container> {
        match &self.shared.backend {
            Backend::Azure { container, .. } => Ok(container),
            _ => {
                let right = "https://ACCOUNT.blob.core.windows.net/CONTAINER";
                Err(Error::new(Family::Misuse, self.url(), "is no container of an Azure storage account", right)
                    .hint("for an emulator, set AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY"))
            }
        }
    }
    fn key<'a>(&self, container: &'a azure::Container) -> Result<&'a SecretString> {
        match &container.secret {
            Secret::Key(key) => Ok(key),
            other => {
                let given =
                    if matches!(other, Secret::Identity(_)) { "no key was given".to_owned() } else { format!("there is {}", other.kind()) };
                let found = format!("this kind of token is signed with the account's key, and {given}");
                Err(Error::new(Family::Refused, container.place.container_url(), found, "AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING")
                    .hint(format!(
                        "read -rs AZURE_STORAGE_KEY && export AZURE_STORAGE_KEY   # as `az storage account keys list --account-name {}` prints it",
                        container.place.account
                    )))
            }
        }
    }
    fn no_identity(&self, container: &azure::Container) -> Error {
        let found = format!("a user delegation SAS is signed for an identity, and there is {}", container.secret.kind());
        let mut hint = "unset AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_KEY and AZURE_STORAGE_CONNECTION_STRING and run `az login`".to_owned();
        if matches!(container.secret, Secret::Key(_)) {
            hint = format!("--kind service signs with the key; or {hint}");
        }
        Error::new(Family::Refused, container.place.container_url(), found, "a service principal, a managed identity or `az login`")
            .hint(hint)
    }
    fn check_request(&self, request: &SasRequest) -> Result<()> {
        let now = Utc::now();
        let wrong = |found: String, right: &str| Err(Error::misuse("", found, right));
        if request.expires <= now {
            return wrong("the token would have expired already".into(), "a moment to come");
        }
        if request.kind == SasKind::UserDelegation && request.expires - now > LONGEST_DELEGATION {
            let found = format!("a user delegation SAS cannot live {}", words(request.expires - now + Duration::seconds(1)));
            return Err(Error::misuse("", found, "at most 7 days: Azure ends the key it is signed with then")
                .hint("--expires 7d, or --kind service --policy NAME for a token that lasts longer and can be revoked"));
        }
        if let Some(name) = &request.policy {
            if request.kind != SasKind::Service {
                return wrong("stored access policies work with a service SAS only".into(), "--kind service");
            }
            if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
                return wrong(format!("'{name}' is no name of a policy"), "1 to 64 characters");
            }
        }
        match &request.ip {
            Some(ip) if !is_range(ip) => wrong(format!("'{ip}' is no address"), "168.1.5.65 or 168.1.5.60-168.1.5.70"),
            _ => Ok(()),
        }
    }
}

/// Makes sure that a policy is there and says what is wanted.
async fn stored(container: &azure::Container, name: &str, rights: &str, expires: DateTime<Utc>) -> Result<Policy> {
    let mut policies = container.policies().await?;
    let url = container.place.container_url();
    let full = policies.all.len() >= MOST_POLICIES;
    let outcome = match policies.all.iter_mut().find(|policy| policy.name == name) {
        Some(there) if there.rights != rights => {
            let found = format!("the stored access policy '{name}' allows {} (sp={})", rights_in_words(&there.rights), there.rights);
            return Err(Error::new(Family::Conflict, url, found, format!("sp={rights} is wanted"))
                .hint("take another name; to change this one, `swath sas revoke` it first: tokens that name it end"));
        }
        Some(there) if there.expires.is_some_and(|end| (end - expires).abs() < Duration::seconds(1)) => return Ok(Policy::Reused),
        Some(there) => {
            there.expires = Some(expires);
            Policy::Moved
        }
        None if full => {
            let names: Vec<_> = policies.all.iter().map(|policy| format!("'{}'", policy.name)).collect();
            let found = format!("has {} stored access policies already: {}", names.len(), names.join(", "));
            return Err(Error::new(Family::Conflict, url, found, format!("Azure keeps at most {MOST_POLICIES}"))
                .hint("`swath sas revoke CONTAINER_URL --policy NAME` removes one: tokens that name it end"));
        }
        None => {
            policies.all.push(StoredPolicy { name: name.into(), rights: rights.into(), starts: None, expires: Some(expires) });
            Policy::Created
        }
    };
    container.set_policies(&policies).await?;
    Ok(outcome)
}

fn is_range(ip: &str) -> bool {
    let address = |text: &str| text.parse::<std::net::Ipv4Addr>().ok();
    match ip.split_once('-') {
        Some((first, last)) => address(first).zip(address(last)).is_some_and(|(first, last)| first <= last),
        None => address(ip).is_some(),
    }
}

/// The end that a person means: `90m`, `1h`, `7d`, `2w`, a date (its end), or an RFC 3339 instant.
///
/// # Errors
/// Misuse where it is none of these.
pub fn expiry(typed: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let typed = typed.trim();
    let wrong = || Error::misuse("", format!("'{typed}' is no time"), "1h, 7d, 2026-12-31 or 2026-12-31T12:00:00Z");
    let unit = typed.char_indices().next_back().filter(|(_, unit)| "mhdw".contains(*unit));
    if let Some((at, unit)) = unit
        && let Ok(count) = typed[..at].parse::<u32>()
    {
        let count = i64::from(count);
        let span = match unit {
            'm' => Duration::try_minutes(count),
            'h' => Duration::try_hours(count),
            'd' => Duration::try_days(count),
            _ => Duration::try_weeks(count),
        };
        return span.and_then(|span| now.checked_add_signed(span)).ok_or_else(wrong);
    }
    // A day that is named counts to its end.
    let day = (typed.len() == 10).then(|| instant(typed)).flatten().and_then(|day| day.checked_add_signed(Duration::days(1)));
    day.or_else(|| instant(typed)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_understood_as_people_write_it() {
        let now = instant("2026-11-22T12:00:00Z").unwrap();
        for (typed, end) in [
            ("90m", "2026-11-22T13:30:00Z"),
            ("1h", "2026-11-22T13:00:00Z"),
            ("7d", "2026-11-29T12:00:00Z"),
            ("2w", "2026-12-06T12:00:00Z"),
            ("2026-12-31", "2027-01-01T00:00:00Z"),
            ("2026-12-31T12:00:00+01:00", "2026-12-31T11:00:00Z"),
        ] {
            assert_eq!(expiry(typed, now).unwrap(), instant(end).unwrap(), "{typed}");
        }
        for typed in ["", "h", "1", "-1h", "1y", "tomorrow", "99999999999h", "2026-13-01", "é"] {
            assert!(expiry(typed, now).is_err(), "{typed}");
        }
    }

    #[test]
    fn addresses_are_one_or_a_range() {
        for (ip, fine) in [("10.0.0.1", true), ("10.0.0.1-10.0.0.9", true), ("10.0.0.9-10.0.0.1", false), ("10.0.0", false), ("::1", false)]
        {
            assert_eq!(is_range(ip), fine, "{ip}");
        }
    }
}
