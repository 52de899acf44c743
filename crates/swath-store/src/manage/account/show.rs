use serde_json::Value;

use super::plan::text;
use super::survey::group_of;
use super::{Access, AccountPlace, CorsRule};
use crate::manage::request::STORAGE;
use crate::manage::{AccountName, GroupName, Management, Request, Sku, Subscription, Verb};
use crate::{Error, Family, Result};

/// An account as Azure describes it.
#[derive(Debug, Clone)]
pub struct Account {
    pub place: AccountPlace,
    pub region: String,
    pub kind: String,
    /// As Azure spells it.
    pub sku: String,
    /// Its meaning, where it is one of those that [`Sku`] knows.
    pub copies: Option<Sku>,
    /// The blob endpoint, with a slash at its end.
    pub blobs: String,
    /// The second region's endpoint, where it can be read.
    pub secondary: Option<String>,
    /// Whether containers of it may be public.
    pub access: Access,
    pub https_only: bool,
    /// The oldest TLS that it speaks: `TLS1_2`.
    pub tls: String,
    /// Whether its keys, and what they sign, are accepted.
    pub shared_keys: bool,
    /// `Succeeded` where nothing is under way.
    pub state: String,
    pub containers: Vec<Container>,
    pub cors: Vec<CorsRule>,
}

/// One container, as the account lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    pub access: Access,
    /// Whether a legal hold or a policy of immutability forbids deleting what is in it.
    pub held: bool,
}

/// Where the account with a name lies: in the group that is named, else wherever the subscription has it.
///
/// # Errors
/// Absent where the subscription has no such account.
pub async fn find(
    management: &Management,
    account: &AccountName,
    group: Option<&GroupName>,
    subscription: &Subscription,
) -> Result<AccountPlace> {
    let place = |group: GroupName| AccountPlace { subscription: subscription.id.clone(), group, account: account.clone() };
    if let Some(group) = group {
        return Ok(place(group.clone()));
    }
    // Any group makes the path of the subscription's accounts.
    let asked = place(GroupName::parse("any")?);
    let all = management.list(&Request::new(Verb::Get, asked.accounts_path(), STORAGE), &asked.named()).await?;
    let found = all.iter().find(|one| text(one, "/name") == account.as_str());
    match found.and_then(|one| group_of(one.get("id")?.as_str()?)) {
        Some(group) => Ok(place(GroupName::parse(group)?)),
        None => Err(absent(&asked)),
    }
}

/// An account with its containers and CORS rules.
///
/// # Errors
/// Absent where there is none.
pub async fn show(management: &Management, place: &AccountPlace) -> Result<Account> {
    let at = place.named();
    let get = |path| Request::new(Verb::Get, path, STORAGE);
    let account = management.ask(&get(place.account_path()), &at).await?.ok_or_else(|| absent(place))?;
    let containers = management.list(&get(place.containers_path()), &at).await?;
    let service = management.ask(&get(place.service_path()), &at).await?.unwrap_or(Value::Null);
    let flag = |name: &str, unsaid: bool| account.pointer(name).and_then(Value::as_bool).unwrap_or(unsaid);
    let said = text(&account, "/properties/primaryEndpoints/blob");
    let sku = text(&account, "/sku/name");
    Ok(Account {
        place: place.clone(),
        region: text(&account, "/location"),
        kind: text(&account, "/kind"),
        copies: Sku::parse(&sku).ok(),
        sku,
        blobs: if said.is_empty() { management.cloud.blobs_of(place.account.as_str()) } else { said },
        secondary: Some(text(&account, "/properties/secondaryEndpoints/blob")).filter(|url| !url.is_empty()),
        access: if flag("/properties/allowBlobPublicAccess", false) { Access::Public } else { Access::Private },
        https_only: flag("/properties/supportsHttpsTrafficOnly", false),
        tls: text(&account, "/properties/minimumTlsVersion"),
        shared_keys: flag("/properties/allowSharedKeyAccess", true),
        state: text(&account, "/properties/provisioningState"),
        containers: containers.iter().map(container).collect(),
        cors: CorsRule::all(&service),
    })
}

fn container(value: &Value) -> Container {
    let flag = |name: &str| value.pointer(name).and_then(Value::as_bool).unwrap_or(false);
    let public = !matches!(text(value, "/properties/publicAccess").as_str(), "" | "None");
    Container {
        name: text(value, "/name"),
        access: if public { Access::Public } else { Access::Private },
        held: flag("/properties/hasLegalHold") || flag("/properties/hasImmutabilityPolicy"),
    }
}

fn absent(place: &AccountPlace) -> Error {
    Error::new(Family::Absent, place.named(), "there is none in this subscription", "")
        .hint("list those there are with `az storage account list --output table`, or name another --subscription")
}
