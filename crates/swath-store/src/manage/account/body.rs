//! The bodies of requests, equal to what `az` 2.91 sends for the command beside them.

use serde_json::{Value, json};

use super::{Access, CorsRule};
use crate::manage::{Region, Sku};

/// `ResourceGroups_CreateOrUpdate` (`resources.json`; it has no example).
pub(super) fn group(region: &Region) -> Value {
    json!({ "location": region.as_str() })
}

/// `StorageAccounts_Create` (`StorageAccountCreate.json`): general purpose v2, hot, https and TLS 1.2 only.
pub(super) fn account(sku: Sku, region: &Region, access: Access) -> Value {
    json!({
        "sku": { "name": sku.name() },
        "kind": "StorageV2",
        "location": region.as_str(),
        "properties": {
            "encryption": { "services": { "blob": {} }, "keySource": "Microsoft.Storage" },
            "accessTier": "Hot",
            "supportsHttpsTrafficOnly": true,
            "allowBlobPublicAccess": access == Access::Public,
            "minimumTlsVersion": "TLS1_2",
        },
    })
}

/// `StorageAccounts_Update` (`StorageAccountUpdate.json`): anonymous reading becomes possible.
pub(super) fn open_account() -> Value {
    json!({ "properties": { "allowBlobPublicAccess": true } })
}

/// `BlobContainers_Create` and `BlobContainers_Update` (`BlobContainersPut.json`, `BlobContainersPatch.json`); private where nothing is said.
pub(super) fn container(access: Access) -> Value {
    match access {
        Access::Private => json!({ "properties": {} }),
        Access::Public => json!({ "properties": { "publicAccess": "Blob" } }),
    }
}

/// `BlobServices_SetServiceProperties` (`BlobServicesPut.json`) sets them all: what is there goes along.
pub(super) fn service(there: Option<&Value>, rules: &[CorsRule]) -> Value {
    let mut properties = there.and_then(|service| service.get("properties")?.as_object().cloned()).unwrap_or_default();
    let rules: Vec<Value> = rules.iter().map(CorsRule::json).collect();
    properties.insert("cors".into(), json!({ "corsRules": rules }));
    json!({ "properties": properties })
}
