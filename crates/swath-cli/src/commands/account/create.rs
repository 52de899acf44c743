use clap::Args;
use serde_json::json;
use swath::store::Family;
use swath::store::manage::account::{self, Access, Made, Plan, Wish, World};
use swath::store::manage::{AccountName, ContainerName, GroupName, Management, Region, Sku, Subscription};

use super::watch::Steps;
use super::{management, requests, show_plan};
use crate::quoted::quoted;
use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

/// Make what is missing of resource group, storage account, container and CORS rule
#[derive(Args)]
#[command(after_help = "Examples:
  swath account create --name mymaps --group maps-rg --container maps --cors
  swath account create --name mymaps --group maps-rg --container maps --public --cors
  swath account create --name mymaps --group maps-rg --sku Standard_RAGRS --dry-run

Running it again changes nothing that is there already. The dry run prints every request and the `az` command that sends the same.

--sku: how often Azure keeps each byte
  Standard_LRS     3 copies in one data centre, the cheapest; right for what can be built again
  Standard_ZRS     3 copies in three data centres of one region
  Standard_GRS     6 copies in two regions; Standard_RAGRS: the second can be read at any time
  Standard_GZRS    6 copies, three data centres and a second region; Standard_RAGZRS: the second can be read")]
pub struct Create {
    /// The account's name: 3 to 24 lower-case letters and digits, unique in all of Azure
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The resource group it lies in; made where it is not there
    #[arg(long, value_name = "GROUP")]
    group: String,
    /// The region (default: the group's, else westeurope)
    #[arg(long, value_name = "REGION")]
    location: Option<String>,
    /// How often Azure keeps each byte (default: Standard_LRS)
    #[arg(long, value_name = "SKU")]
    sku: Option<String>,
    /// A container for the catalog
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// Everybody may read the container; without it, who has a credential
    #[arg(long)]
    public: bool,
    /// Web pages may read it: those of any site, or of the origins named
    #[arg(long, value_name = "ORIGIN", num_args = 0..=1, require_equals = true, default_missing_value = "*", value_delimiter = ',')]
    cors: Vec<String>,
    /// The subscription's id (default: AZURE_SUBSCRIPTION_ID, else the only one)
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
    /// Print the requests and the equal `az` commands; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Create {
    fn wish(&self) -> swath::Result<Wish> {
        let mut wish = Wish::new(AccountName::parse(&self.name)?, GroupName::parse(&self.group)?);
        wish.region = self.location.as_deref().map(Region::parse).transpose()?;
        wish.sku = self.sku.as_deref().map(Sku::parse).transpose()?;
        wish.container = self.container.as_deref().map(ContainerName::parse).transpose()?;
        wish.access = if self.public { Access::Public } else { Access::Private };
        wish.origins.clone_from(&self.cors);
        wish.check()?;
        Ok(wish)
    }
}

pub fn run(args: &Create, talk: &Talk) -> swath::Result<Exit> {
    let wish = args.wish()?;
    let named = Subscription::named(args.subscription.as_deref())?;
    let management = management()?;
    let world = block_on(async {
        match management.sign_in().await {
            Err(error) if args.dry_run && error.family == Family::Refused => {
                talk.say("note: nobody is logged in, so what is there was not read: this is what is sent where nothing is");
                error.hint.iter().for_each(|hint| talk.say(format!(" hint: {hint}")));
                Ok(World::nothing(named.as_ref()))
            }
            Err(error) => Err(error.into()),
            Ok(()) => {
                let subscription = management.subscription(args.subscription.as_deref()).await?;
                Ok(account::survey(&management, &wish, &subscription).await?)
            }
        }
    })?;
    let plan = account::plan(&wish, &world)?;
    plan.notes.iter().for_each(|note| talk.say(format!("note: {note}")));
    if args.dry_run {
        show_plan(&plan, talk);
        plan.present.iter().for_each(|there| talk.say(format!("there already: {there}")));
        explain(&plan, talk);
        talk.say(format!("would send {}; nothing was changed", requests(plan.steps.len())));
        return Ok(Exit::Done);
    }
    plan.present.iter().for_each(|there| talk.say(format!("there already: {there}")));
    let steps = Steps::new(talk);
    let made = block_on(async { Ok(account::run(&plan, &management, &steps).await?) });
    steps.end();
    tell(&plan, &wish, &made?, &management, talk);
    Ok(Exit::Done)
}

fn explain(plan: &Plan, talk: &Talk) {
    if let Some(sku) = plan.sku {
        talk.say(sku.explained());
    }
}

fn tell(plan: &Plan, wish: &Wish, made: &Made, management: &Management, talk: &Talk) {
    explain(plan, talk);
    if made.changes == 0 {
        talk.say("all of it is there already; nothing was changed");
    }
    let container = wish.container.as_ref().map_or("maps", ContainerName::as_str);
    let url = format!("{}{container}", made.blobs);
    talk.event(
        "account",
        json!({ "account": plan.place.account.as_str(), "group": plan.place.group.as_str(), "subscription": plan.place.subscription,
            "sku": plan.sku.map(Sku::name), "blobs": made.blobs, "container": wish.container.as_ref().map(ContainerName::as_str),
            "url": wish.container.as_ref().map(|_| &url), "changes": made.changes, "endpoint": management.endpoint() }),
    );
    talk.data(if wish.container.is_some() { &url } else { &made.blobs });
    let url = quoted(&url);
    talk.say(format!("next: swath sas create {url} --for publish\n      swath publish {url}"));
    if made.changes > 0 {
        talk.say(format!(
            "note: who made an account may not yet write into it; this gives the role, in force after some minutes:\n  {}",
            plan.role()
        ));
    }
}
