use serde_json::json;

use super::*;
use crate::manage::{AccountName, ContainerName, GroupName};

const ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn wish() -> Wish {
    let mut wish = Wish::new(AccountName::parse("mymaps").unwrap(), GroupName::parse("maps-rg").unwrap());
    wish.container = Some(ContainerName::parse("maps").unwrap());
    wish.origins = vec!["*".into()];
    wish
}

fn empty() -> World {
    World { subscription: ID.into(), ..World::default() }
}

fn full() -> World {
    World {
        group: Some(json!({ "location": "westeurope", "properties": { "provisioningState": "Succeeded" } })),
        account: Some(json!({ "kind": "StorageV2", "location": "westeurope", "sku": { "name": "Standard_LRS" },
            "properties": { "allowBlobPublicAccess": false, "supportsHttpsTrafficOnly": true } })),
        container: Some(json!({ "properties": { "publicAccess": "None" } })),
        service: Some(json!({ "properties": { "cors": { "corsRules": [CorsRule::reading(&["*".into()]).json()] } } })),
        ..empty()
    }
}

fn verbs(plan: &Plan) -> Vec<(&'static str, &str)> {
    let end = |path| str::rsplit(path, '/').next().unwrap_or_default();
    plan.steps.iter().map(|step| (step.request.verb.name(), end(step.request.path.as_str()))).collect()
}

#[test]
fn from_nothing_everything_is_made_in_order() {
    let plan = plan(&wish(), &empty()).unwrap();
    assert_eq!(verbs(&plan), [("PUT", "maps-rg"), ("PUT", "mymaps"), ("PUT", "maps"), ("PUT", "default")]);
    assert!(plan.steps.iter().all(|step| step.az.starts_with("az ") && step.az.contains(ID)));
    let body = plan.steps[1].request.body.as_deref().unwrap();
    for part in
        ["\"minimumTlsVersion\":\"TLS1_2\"", "\"allowBlobPublicAccess\":false", "\"kind\":\"StorageV2\"", "Standard_LRS", "westeurope"]
    {
        assert!(body.contains(part), "{part} is not in {body}");
    }
}

#[test]
fn where_all_is_there_nothing_is_sent() {
    let plan = plan(&wish(), &full()).unwrap();
    assert!(plan.steps.is_empty(), "{:?}", plan.steps);
    assert_eq!(plan.present.len(), 4, "{:?}", plan.present);
}

#[test]
fn only_what_is_missing_is_sent() {
    for (world, steps) in [
        (World { container: None, ..full() }, vec![("PUT", "maps")]),
        (World { service: Some(json!({ "properties": {} })), ..full() }, vec![("PUT", "default")]),
        (World { account: None, container: None, service: None, ..full() }, vec![("PUT", "mymaps"), ("PUT", "maps"), ("PUT", "default")]),
    ] {
        assert_eq!(verbs(&plan(&wish(), &world).unwrap()), steps);
    }
}

#[test]
fn what_is_public_on_wish_is_opened_and_never_closed_unasked() {
    let public = Wish { access: Access::Public, ..wish() };
    assert_eq!(verbs(&plan(&public, &full()).unwrap()), [("PATCH", "mymaps"), ("PATCH", "maps")]);
    let open = World { container: Some(json!({ "properties": { "publicAccess": "Blob" } })), ..full() };
    let kept = plan(&wish(), &open).unwrap();
    assert!(kept.steps.is_empty() && kept.notes.iter().any(|note| note.contains("public")), "{kept:?}");
}

#[test]
fn what_is_there_but_differs_is_a_conflict_with_the_way_out() {
    let account = |kind: &str, sku: &str, region: &str| {
        let account = json!({ "kind": kind, "location": region, "sku": { "name": sku }, "properties": {} });
        World { account: Some(account), ..full() }
    };
    let zrs = Wish { sku: Some(Sku::StandardZrs), ..wish() };
    let north = Wish { region: Some(Region::parse("northeurope").unwrap()), ..wish() };
    let deleting = json!({ "location": "westeurope", "properties": { "provisioningState": "Deleting" } });
    let taken = |group: Option<&str>| World {
        taken: Some(Taken { message: "The storage account named mymaps is already taken".into(), group: group.map(str::to_owned) }),
        ..empty()
    };
    for (wish, world, hint) in [
        (&zrs, full(), "az storage account update --name mymaps --resource-group maps-rg --sku Standard_ZRS"),
        (&north, full(), "leave --location out"),
        (&wish(), account("BlobStorage", "Standard_LRS", "westeurope"), "another --name"),
        (&wish(), World { group: Some(deleting), ..empty() }, "another --group"),
        (&wish(), taken(None), "choose another --name"),
        (&wish(), taken(Some("other-rg")), "--group other-rg"),
    ] {
        let error = plan(wish, &world).unwrap_err();
        assert_eq!(error.family, Family::Conflict, "{error}");
        assert!(error.hint.clone().unwrap().contains(hint), "{error} {:?}", error.hint);
    }
    assert!(plan(&wish(), &account("StorageV2", "Standard_RAGRS", "West Europe")).unwrap().steps.is_empty(), "what is not asked for suits");
}

#[test]
fn the_account_goes_where_its_group_is_unless_told() {
    let group = World { group: Some(json!({ "location": "northeurope" })), ..empty() };
    let told = Wish { region: Some(Region::parse("westeurope").unwrap()), ..wish() };
    assert!(plan(&wish(), &group).unwrap().steps[0].request.body.as_deref().unwrap().contains("northeurope"));
    let plan = plan(&told, &group).unwrap();
    assert!(plan.steps[0].request.body.as_deref().unwrap().contains("westeurope") && plan.notes.len() == 1);
}

#[test]
fn rules_and_settings_of_others_are_kept() {
    let rule = CorsRule::reading(&["https://other.example".into()]);
    let service =
        json!({ "properties": { "deleteRetentionPolicy": { "enabled": true, "days": 7 }, "cors": { "corsRules": [rule.json()] } } });
    let body = plan(&wish(), &World { service: Some(service), ..full() }).unwrap().steps.pop().unwrap().request.body.unwrap();
    assert!(body.contains("other.example") && body.contains("\"days\":7") && body.contains("\"*\""), "{body}");
    let five = json!({ "properties": { "cors": { "corsRules": vec![rule.json(); 5] } } });
    assert_eq!(plan(&wish(), &World { service: Some(five), ..full() }).unwrap_err().family, Family::Conflict);
}
