use crate::manage::request::segment;
use crate::manage::{AccountName, ContainerName, GroupName};

/// Where an account lies: its subscription, its group, its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPlace {
    /// The subscription's id.
    pub subscription: String,
    pub group: GroupName,
    pub account: AccountName,
}

impl AccountPlace {
    pub(super) fn subscription_path(&self) -> String {
        // A dry run that nobody is logged in for knows none.
        let id = if self.subscription.is_empty() { "SUBSCRIPTION" } else { &self.subscription };
        format!("/subscriptions/{}", segment(id))
    }
    /// In the spelling that Azure documents for groups themselves.
    pub(super) fn group_path(&self) -> String {
        format!("{}/resourcegroups/{}", self.subscription_path(), segment(self.group.as_str()))
    }
    pub(super) fn resources_path(&self) -> String {
        format!("{}/resourceGroups/{}/resources", self.subscription_path(), segment(self.group.as_str()))
    }
    pub(super) fn account_path(&self) -> String {
        let group = segment(self.group.as_str());
        format!("{}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{}", self.subscription_path(), self.account)
    }
    pub(super) fn names_path(&self) -> String {
        format!("{}/providers/Microsoft.Storage/checkNameAvailability", self.subscription_path())
    }
    pub(super) fn accounts_path(&self) -> String {
        format!("{}/providers/Microsoft.Storage/storageAccounts", self.subscription_path())
    }
    pub(super) fn service_path(&self) -> String {
        format!("{}/blobServices/default", self.account_path())
    }
    pub(super) fn containers_path(&self) -> String {
        format!("{}/containers", self.service_path())
    }
    pub(super) fn container_path(&self, container: &ContainerName) -> String {
        format!("{}/{container}", self.containers_path())
    }
    /// For the beginning of an error.
    pub(super) fn named(&self) -> String {
        format!("storage account '{}'", self.account)
    }
    pub(super) fn group_named(&self) -> String {
        format!("resource group '{}'", self.group)
    }
}
