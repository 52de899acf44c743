use clap::Args;
use serde_json::json;
use swath::Error;
use swath::store::{Credentials, Location, Place, Store};

use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

/// End every token that names a stored access policy
#[derive(Args)]
#[command(after_help = "Example:
  swath sas revoke https://ACCOUNT.blob.core.windows.net/CONTAINER --policy readers

The policy is removed with the account's key (AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING); Azure takes up to 30 s to know it.
A user delegation SAS ends with all others of its account: `az storage account revoke-delegation-keys`. A service SAS without a policy
and an account SAS end with the key that signed them: `az storage account keys renew`.")]
pub struct Revoke {
    /// The container's URL
    container: String,
    /// The stored access policy
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
}

pub fn run(args: &Revoke, talk: &Talk) -> swath::Result<Exit> {
    let credentials = Credentials::from_env()?;
    let Some(policy) = &args.policy else {
        let account = match Location::parse(&args.container, &credentials)?.place {
            Place::Azure(place) => place.account,
            _ => "ACCOUNT".to_owned(),
        };
        let right = "--policy NAME; only tokens that name a stored access policy can be revoked one by one";
        return Err(Error::misuse("", "no policy is named", right).hint(format!(
            "az storage account revoke-delegation-keys --name {account} --resource-group GROUP   # ends every user delegation SAS\n       \
             az storage account keys renew --account-name {account} --resource-group GROUP --key key1   # ends what key1 signed"
        )));
    };
    let store = Store::open(&args.container, &credentials)?;
    let gone = block_on(async { Ok(store.revoke_policy(policy).await?) })?;
    talk.say(format!("removed the stored access policy '{}' (sp={}); tokens that name it end within 30 s", gone.name, gone.rights));
    talk.event("revoked", json!({ "policy": gone.name, "rights": gone.rights }));
    Ok(Exit::Done)
}
