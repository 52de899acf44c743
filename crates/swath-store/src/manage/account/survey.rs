use serde_json::{Value, json};

use super::{AccountPlace, Wish};
use crate::manage::request::{RESOURCES, STORAGE};
use crate::manage::{Management, Request, Subscription, Verb};
use crate::{Family, Result};

/// What there is of a wish: each part as Azure answers it, `None` where it is not there.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The subscription's id; empty where it is not known.
    pub(super) subscription: String,
    pub(super) group: Option<Value>,
    pub(super) account: Option<Value>,
    /// Why the name cannot be had, and where the account with that name lies when it is ours.
    pub(super) taken: Option<Taken>,
    pub(super) container: Option<Value>,
    pub(super) service: Option<Value>,
    /// How many questions were asked.
    pub requests: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub message: String,
    /// The group, where the account is one of this subscription.
    pub group: Option<String>,
}

impl World {
    /// Nothing is there, and nobody was asked.
    pub fn nothing(subscription: Option<&Subscription>) -> Self {
        Self { subscription: subscription.map_or_else(String::new, |s| s.id.clone()), ..Self::default() }
    }
}

/// Reads what there is. Nothing is changed.
///
/// # Errors
/// Refused, Absent (no such subscription, or it is not registered for `Microsoft.Storage`) and Unreachable.
pub async fn survey(management: &Management, wish: &Wish, subscription: &Subscription) -> Result<World> {
    let place = AccountPlace { subscription: subscription.id.clone(), group: wish.group.clone(), account: wish.account.clone() };
    let mut world = World::nothing(Some(subscription));
    let get = |path: String, version| Request::new(Verb::Get, path, version);

    world.requests += 1;
    world.group = management.ask(&get(place.group_path(), RESOURCES), &place.group_named()).await?;
    if world.group.is_some() {
        world.requests += 1;
        world.account = management.ask(&get(place.account_path(), STORAGE), &place.named()).await?;
    }
    if world.account.is_none() {
        world.requests += 1;
        world.taken = taken(management, &place).await?;
        return Ok(world);
    }
    if let Some(container) = &wish.container {
        world.requests += 1;
        let at = format!("container '{container}'");
        world.container = management.ask(&get(place.container_path(container), STORAGE), &at).await?;
    }
    if !wish.origins.is_empty() {
        world.requests += 1;
        world.service = management.ask(&get(place.service_path(), STORAGE), &place.named()).await?;
    }
    Ok(world)
}

/// Whether the name is another's, as `StorageAccounts_CheckNameAvailability` answers
/// (`StorageAccountCheckNameAvailability.json`).
async fn taken(management: &Management, place: &AccountPlace) -> Result<Option<Taken>> {
    let body = json!({ "name": place.account.as_str(), "type": "Microsoft.Storage/storageAccounts" });
    let question = Request::new(Verb::Post, place.names_path(), STORAGE).with(&body);
    let answer = match management.perform(&question, &place.named(), &()).await {
        // Who may work in one group only may not ask of the whole subscription; making the account will tell.
        Err(error) if error.family == Family::Refused => return Ok(None),
        answer => answer?,
    };
    if answer.get("nameAvailable").and_then(Value::as_bool) != Some(false) {
        return Ok(None);
    }
    let message = answer.get("message").and_then(Value::as_str).unwrap_or("the name is not available").trim_end_matches('.').to_owned();
    let ours = management.list(&Request::new(Verb::Get, place.accounts_path(), STORAGE), &place.named()).await.unwrap_or_default();
    let same = ours.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(place.account.as_str()));
    let group = same.and_then(|one| group_of(one.get("id")?.as_str()?)).map(str::to_owned);
    Ok(Some(Taken { message, group }))
}

/// The group in a resource's id.
pub(super) fn group_of(id: &str) -> Option<&str> {
    let mut segments = id.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case("resourceGroups"))?;
    segments.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_stands_in_the_id() {
        assert_eq!(group_of("/subscriptions/s/resourceGroups/maps-rg/providers/Microsoft.Storage/storageAccounts/a"), Some("maps-rg"));
        assert_eq!(group_of("/subscriptions/s/resourcegroups/x"), Some("x"));
        assert_eq!(group_of("/subscriptions/s"), None);
    }
}
