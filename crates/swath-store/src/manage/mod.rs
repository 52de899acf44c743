//! Azure Resource Manager: making, showing and deleting a storage account, without `az`.
//!
//! [`account::survey`] reads what there is, [`account::plan`] turns a wish and that world into the very list of requests that
//! [`account::run`] sends. A dry run prints the list, each request beside the `az` command that sends the same.
//!
//! Bodies and versions are those that `az` 2.91 sends, held by a test that runs it; the examples they were compared with are
//! `specification/storage/resource-manager/Microsoft.Storage/stable/2025-08-01/examples/` and
//! `specification/resources/resource-manager/` of `Azure/azure-rest-api-specs`.

pub mod account;
mod cloud;
mod failure;
mod line;
mod name;
mod operation;
mod request;
mod sku;
mod subscription;
mod watch;

pub use cloud::Cloud;
pub use line::Management;
pub use name::{AccountName, ContainerName, GroupName, Region};
pub use request::{Request, Verb};
pub use sku::Sku;
pub use subscription::Subscription;
pub use watch::{Wait, Watch};
