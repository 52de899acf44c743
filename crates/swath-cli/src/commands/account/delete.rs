use std::io::{BufRead, IsTerminal};

use clap::Args;
use serde_json::json;
use swath::store::manage::account::{self, Blobs, Loss, Scope};

use super::watch::Steps;
use super::{Named, management, show_plan};
use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

/// Delete an account with all its blobs; asks first
#[derive(Args)]
#[command(after_help = "Examples:
  swath account delete --name mymaps
  swath account delete --name mymaps --group-too --yes

Says what would be lost, then wants the account's name typed. Without a terminal it wants --yes.")]
pub struct Delete {
    #[command(flatten)]
    named: Named,
    /// The resource group too, with all that is in it
    #[arg(long)]
    group_too: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Say what would be lost, print the request and the equal `az` command; delete nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: &Delete, talk: &Talk) -> swath::Result<Exit> {
    let (name, group) = args.named.parse()?;
    let scope = if args.group_too { Scope::Group } else { Scope::Account };
    let management = management()?;
    let (place, loss) = block_on(async {
        let subscription = management.subscription(args.named.subscription.as_deref()).await?;
        let place = account::find(&management, &name, group.as_ref(), &subscription).await?;
        let loss = account::loss(&management, &place, scope).await?;
        Ok((place, loss))
    })?;
    let plan = account::delete_plan(&place, scope);
    tell(&loss, scope, talk);
    if args.dry_run {
        show_plan(&plan, talk);
        talk.say("nothing was deleted");
        return Ok(Exit::Done);
    }
    if !args.yes {
        confirm(name.as_str(), talk)?;
    }
    let steps = Steps::new(talk);
    let done = block_on(async { Ok(account::run(&plan, &management, &steps).await?) });
    steps.end();
    done?;
    talk.event("deleted", json!({ "account": name.as_str(), "group": (scope == Scope::Group).then(|| place.group.as_str()) }));
    Ok(Exit::Done)
}

/// What would be lost; a quiet run hears it too, since what follows cannot be taken back.
fn tell(loss: &Loss, scope: Scope, talk: &Talk) {
    let account = &loss.account;
    talk.event(
        "loss",
        json!({ "account": account.place.account.as_str(), "group": account.place.group.as_str(),
            "containers": loss.containers.iter().map(|(one, blobs)| json!({ "name": one.name, "blobs": counted(*blobs) })).collect::<Vec<_>>(),
            "others": loss.others.iter().map(|held| json!({ "name": held.name, "type": held.kind })).collect::<Vec<_>>() }),
    );
    talk.complain(format!(
        "the storage account '{}' in {} ({}) and all that it holds:",
        account.place.account, account.region, account.sku
    ));
    if loss.containers.is_empty() {
        talk.complain("  no containers");
    }
    for (container, blobs) in &loss.containers {
        talk.complain(format!("  container {}: {}", container.name, words(*blobs)));
    }
    if scope == Scope::Group {
        let more = if loss.others.is_empty() { "which holds nothing else" } else { "which also holds:" };
        talk.complain(format!("the resource group '{}', {more}", account.place.group));
        loss.others.iter().for_each(|held| talk.complain(format!("  {} ({})", held.name, held.kind)));
    }
}

fn words(blobs: Blobs) -> String {
    match blobs {
        Blobs::Exactly(1) => "1 blob".to_owned(),
        Blobs::Exactly(count) => format!("{count} blobs"),
        Blobs::MoreThan(count) => format!("more than {count} blobs"),
        Blobs::Unknown => "its blobs could not be counted".to_owned(),
    }
}

fn counted(blobs: Blobs) -> serde_json::Value {
    match blobs {
        Blobs::Exactly(count) => json!(count),
        Blobs::MoreThan(count) => json!(format!(">{count}")),
        Blobs::Unknown => serde_json::Value::Null,
    }
}

/// Has the name typed.
fn confirm(name: &str, talk: &Talk) -> swath::Result<()> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        let found = "nothing was deleted: there is no terminal to ask at";
        return Err(swath::Error::misuse("--yes", found, "").hint("add --yes to delete it unasked"));
    }
    talk.complain(format!("type {name} to delete it: "));
    let mut typed = String::new();
    let _ = stdin.lock().read_line(&mut typed);
    if typed.trim() == name {
        return Ok(());
    }
    Err(swath::Error::misuse("", format!("nothing was deleted: '{}' is not the account's name", typed.trim()), ""))
}
