use super::count::blobs;
use super::plan::text;
use super::{Account, AccountPlace, Blobs, Container, Plan, Step, az, show};
use crate::manage::request::{RESOURCES, STORAGE};
use crate::manage::{Management, Request, Verb};
use crate::{Error, Family, Result};

/// What is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Account,
    /// The resource group, with everything in it.
    Group,
}

/// What a deletion takes with it.
#[derive(Debug, Clone)]
pub struct Loss {
    pub account: Account,
    pub containers: Vec<(Container, Blobs)>,
    /// What else the group holds.
    pub others: Vec<Held>,
}

/// A resource of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub name: String,
    /// `Microsoft.Compute/virtualMachines`
    pub kind: String,
}

/// What would be lost; nothing is changed.
///
/// # Errors
/// Absent where there is no such account; Conflict where a hold or a policy keeps its blobs.
pub async fn loss(management: &Management, place: &AccountPlace, scope: Scope) -> Result<Loss> {
    let account = show(management, place).await?;
    if let Some(held) = account.containers.iter().find(|container| container.held) {
        let at = format!("container '{}'", held.name);
        return Err(Error::new(Family::Conflict, at, "a legal hold or a policy of immutability keeps its blobs", "")
            .hint("lift it first: `az storage container legal-hold clear` or `az storage container immutability-policy delete`"));
    }
    let counts = blobs(management, &account).await;
    let others = match scope {
        Scope::Account => Vec::new(),
        Scope::Group => others(management, place).await?,
    };
    Ok(Loss { containers: account.containers.iter().cloned().zip(counts).collect(), account, others })
}

/// The one request that deletes, as a plan.
pub fn delete_plan(place: &AccountPlace, scope: Scope) -> Plan {
    let (what, at, request, az) = match scope {
        Scope::Account => {
            (place.named(), place.named(), Request::new(Verb::Delete, place.account_path(), STORAGE), az::delete_account(place))
        }
        Scope::Group => (
            format!("{} with all that is in it", place.group_named()),
            place.group_named(),
            Request::new(Verb::Delete, place.group_path(), RESOURCES),
            az::delete_group(place),
        ),
    };
    let step = Step { what: format!("delete the {what}"), at, request, az };
    Plan { place: place.clone(), steps: vec![step], present: Vec::new(), notes: Vec::new(), sku: None, account: None }
}

async fn others(management: &Management, place: &AccountPlace) -> Result<Vec<Held>> {
    let all = management.list(&Request::new(Verb::Get, place.resources_path(), RESOURCES), &place.group_named()).await?;
    let held = all.iter().map(|one| Held { name: text(one, "/name"), kind: text(one, "/type") });
    let ours = |one: &Held| one.name == place.account.as_str() && one.kind.eq_ignore_ascii_case("Microsoft.Storage/storageAccounts");
    Ok(held.filter(|one| !ours(one)).collect())
}
