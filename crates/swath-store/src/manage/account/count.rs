use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio::time::timeout;

use super::{Account, AccountPlace};
use crate::manage::request::STORAGE;
use crate::manage::{Management, Request, Verb};
use crate::store::Backend;
use crate::{Credentials, Error, Family, Result, Store};
use secrecy::ExposeSecret;

/// How many blobs there are, as far as one request tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blobs {
    Exactly(usize),
    MoreThan(usize),
    /// Nobody could look.
    Unknown,
}

/// What one container may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Containers beyond these are not counted.
const MOST: usize = 50;

/// The blobs of each container, in order. Counting is a courtesy: where the account's keys may not be had, nothing is known.
pub(super) async fn blobs(management: &Management, account: &Account) -> Vec<Blobs> {
    let unknown = vec![Blobs::Unknown; account.containers.len()];
    if account.containers.is_empty() || !account.shared_keys {
        return unknown;
    }
    let Ok(key) = key(management, &account.place).await else { return unknown };
    let credentials = Credentials::key(account.place.account.as_str(), key.expose_secret());
    let counts = account.containers.iter().take(MOST).map(|one| count(format!("{}{}", account.blobs, one.name), &credentials));
    let mut found = futures::future::join_all(counts).await;
    found.resize(account.containers.len(), Blobs::Unknown);
    found
}

/// The account's first key (`StorageAccounts_ListKeys`, `StorageAccountListKeys.json`).
///
/// # Errors
/// Refused where the role does not give it.
async fn key(management: &Management, place: &AccountPlace) -> Result<SecretString> {
    let request = Request::new(Verb::Post, format!("{}/listKeys", place.account_path()), STORAGE);
    let answer = management.perform(&request, &place.named(), &()).await?;
    let key = answer.pointer("/keys/0/value").and_then(Value::as_str);
    key.map(|key| key.to_owned().into()).ok_or_else(|| Error::new(Family::Refused, place.named(), "Azure gives no key", ""))
}

async fn count(url: String, credentials: &Credentials) -> Blobs {
    let look = async {
        match &Store::open(&url, credentials)?.shared.backend {
            Backend::Azure { container, .. } => container.count_some().await,
            _ => Err(Error::misuse(&url, "is no container", "")),
        }
    };
    match timeout(PATIENCE, look).await {
        Ok(Ok((blobs, false))) => Blobs::Exactly(blobs),
        Ok(Ok((blobs, true))) => Blobs::MoreThan(blobs),
        _ => Blobs::Unknown,
    }
}
