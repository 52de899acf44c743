use clap::Args;
use swath::store::Tokens;
use swath::store::manage::{AccountName, Cloud, GroupName, Management, Subscription};

/// Which account is meant.
#[derive(Args)]
pub(super) struct Named {
    /// The account's name: 3 to 24 lower-case letters and digits
    #[arg(long, value_name = "NAME")]
    pub(super) name: String,
    /// Its resource group (default: searched for in the subscription)
    #[arg(long, value_name = "GROUP")]
    pub(super) group: Option<String>,
    /// The subscription's id (default: AZURE_SUBSCRIPTION_ID, else the only one)
    #[arg(long, value_name = "ID")]
    pub(super) subscription: Option<String>,
}

impl Named {
    pub(super) fn parse(&self) -> swath::Result<(AccountName, Option<GroupName>)> {
        let account = AccountName::parse(&self.name)?;
        let group = self.group.as_deref().map(GroupName::parse).transpose()?;
        Subscription::named(self.subscription.as_deref())?;
        Ok((account, group))
    }
}

pub(super) fn management() -> swath::Result<Management> {
    Ok(Management::open(Cloud::from_env()?, Tokens::from_env())?)
}
