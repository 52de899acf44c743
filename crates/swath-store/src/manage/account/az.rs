//! The `az` commands that send the same requests, each running as it stands.

use super::{Access, AccountPlace, CorsRule};
use crate::manage::{ContainerName, Region, Sku};

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/.:_-+=@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The words of one command.
struct Command(String);

impl Command {
    fn new(words: &str) -> Self {
        Self(format!("az {words}"))
    }
    fn flag(mut self, name: &str, value: &str) -> Self {
        self.0 += &format!(" {name} {}", quoted(value));
        self
    }
    fn all<W: AsRef<str>>(mut self, name: &str, values: &[W]) -> Self {
        self.0 += &format!(" {name}");
        values.iter().for_each(|value| self.0 += &format!(" {}", quoted(value.as_ref())));
        self
    }
    fn of(self, place: &AccountPlace) -> String {
        if place.subscription.is_empty() { self.0 } else { self.flag("--subscription", &place.subscription).0 }
    }
}

pub(super) fn create_group(place: &AccountPlace, region: &Region) -> String {
    Command::new("group create").flag("--name", place.group.as_str()).flag("--location", region.as_str()).of(place)
}

pub(super) fn create_account(place: &AccountPlace, region: &Region, sku: Sku, access: Access) -> String {
    account("storage account create", place)
        .flag("--location", region.as_str())
        .flag("--sku", sku.name())
        .flag("--kind", "StorageV2")
        .flag("--access-tier", "Hot")
        .flag("--https-only", "true")
        .flag("--min-tls-version", "TLS1_2")
        .flag("--allow-blob-public-access", if access == Access::Public { "true" } else { "false" })
        .of(place)
}

pub(super) fn open_account(place: &AccountPlace) -> String {
    account("storage account update", place).flag("--allow-blob-public-access", "true").of(place)
}

pub(super) fn create_container(place: &AccountPlace, name: &ContainerName, access: Access) -> String {
    container("create", place, name, access)
}

pub(super) fn open_container(place: &AccountPlace, name: &ContainerName) -> String {
    container("update", place, name, Access::Public)
}

pub(super) fn add_rule(place: &AccountPlace, rule: &CorsRule) -> String {
    Command::new("storage account blob-service-properties cors-rule add")
        .flag("--account-name", place.account.as_str())
        .flag("--resource-group", place.group.as_str())
        .all("--allowed-origins", &rule.origins)
        .all("--allowed-methods", &rule.methods)
        .all("--allowed-headers", &rule.allowed)
        .all("--exposed-headers", &rule.exposed)
        .flag("--max-age", &rule.seconds.to_string())
        .of(place)
}

pub(super) fn update_sku(place: &AccountPlace, sku: Sku) -> String {
    account("storage account update", place).flag("--sku", sku.name()).of(place)
}

/// Lets the one who is logged in write blobs. Names in it are for the shell.
pub(super) fn give_role(place: &AccountPlace) -> String {
    let who = "\"${AZURE_CLIENT_ID:-$(az ad signed-in-user show --query id --output tsv)}\"";
    let scope = quoted(&place.account_path());
    format!("az role assignment create --role 'Storage Blob Data Contributor' --assignee {who} --scope {scope}")
}

pub(super) fn delete_account(place: &AccountPlace) -> String {
    account("storage account delete", place).of(place) + " --yes"
}

pub(super) fn delete_group(place: &AccountPlace) -> String {
    Command::new("group delete").flag("--name", place.group.as_str()).of(place) + " --yes"
}

fn account(words: &str, place: &AccountPlace) -> Command {
    Command::new(words).flag("--name", place.account.as_str()).flag("--resource-group", place.group.as_str())
}

fn container(verb: &str, place: &AccountPlace, name: &ContainerName, access: Access) -> String {
    let command = Command::new(&format!("storage container-rm {verb}"))
        .flag("--storage-account", place.account.as_str())
        .flag("--resource-group", place.group.as_str())
        .flag("--name", name.as_str());
    match access {
        Access::Private => command.of(place),
        Access::Public => command.flag("--public-access", "blob").of(place),
    }
}
