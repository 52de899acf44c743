use clap::Args;
use serde_json::{Value, json};
use swath::store::manage::account::{self, Access, Account, CorsRule};

use super::{Named, management};
use crate::{exit::Exit, talk::Talk};

/// What an account is: copies, region, containers, who may read, CORS
#[derive(Args)]
#[command(after_help = "Example:\n  swath account show --name mymaps")]
pub struct Show {
    #[command(flatten)]
    named: Named,
}

pub async fn run(args: &Show, talk: &Talk) -> swath::Result<Exit> {
    let (name, group) = args.named.parse()?;
    let management = management()?;
    let subscription = management.subscription(args.named.subscription.as_deref()).await?;
    let place = account::find(&management, &name, group.as_ref(), &subscription).await?;
    let account = account::show(&management, &place).await?;
    talk.event_of("account", || json_of(&account));
    lines(&account).into_iter().for_each(|line| talk.data(line));
    Ok(Exit::Done)
}

fn lines(account: &Account) -> Vec<String> {
    let line = |label: &str, value: &str| format!("{label:<13} {value}");
    let mut lines = vec![
        line("account", account.place.account.as_str()),
        line("group", account.place.group.as_str()),
        line("subscription", &account.place.subscription),
        line("region", &account.region),
        line("copies", &account.copies.map_or_else(|| format!("{} ({})", account.sku, account.kind), |sku| sku.explained())),
        line("blobs", &account.blobs),
    ];
    lines.extend(account.secondary.as_ref().map(|url| line("second region", url)));
    let https = if account.https_only { "https only" } else { "http and https" };
    let keys = if account.shared_keys { "keys and SAS, or Entra" } else { "Entra only; keys are switched off" };
    lines.push(line("requests", &format!("{https}, at least {}", account.tls.replace("TLS1_", "TLS 1."))));
    lines.push(line("credentials", keys));
    if account.state != "Succeeded" && !account.state.is_empty() {
        lines.push(line("state", &account.state));
    }
    let anonymous = if account.access == Access::Public { "allowed where a container is public" } else { "never" };
    lines.push(line("anonymous", anonymous));
    if account.containers.is_empty() {
        lines.push(line("containers", "none"));
    }
    for (at, container) in account.containers.iter().enumerate() {
        let access = if container.access == Access::Public { "everybody may read" } else { "private" };
        lines.push(line(if at == 0 { "containers" } else { "" }, &format!("{}  {access}", container.name)));
    }
    if account.cors.is_empty() {
        lines.push(line("CORS", "none: web pages of other sites cannot read it"));
    }
    for (at, rule) in account.cors.iter().enumerate() {
        lines.push(line(if at == 0 { "CORS" } else { "" }, &words(rule)));
    }
    lines
}

fn words(rule: &CorsRule) -> String {
    format!("{} may {}, seeing {}", rule.origins.join(" "), rule.methods.join(" "), rule.exposed.join(" "))
}

fn json_of(account: &Account) -> Value {
    let container = |one: &account::Container| json!({ "name": one.name, "public": one.access == Access::Public });
    let rule = |one: &CorsRule| {
        json!({ "origins": one.origins, "methods": one.methods, "allowed_headers": one.allowed, "exposed_headers": one.exposed,
            "seconds": one.seconds })
    };
    json!({ "account": account.place.account.as_str(), "group": account.place.group.as_str(), "subscription": account.place.subscription,
        "region": account.region, "kind": account.kind, "sku": account.sku, "blobs": account.blobs, "secondary": account.secondary,
        "https_only": account.https_only, "tls": account.tls, "shared_keys": account.shared_keys, "state": account.state,
        "public_allowed": account.access == Access::Public,
        "containers": account.containers.iter().map(container).collect::<Vec<_>>(),
        "cors": account.cors.iter().map(rule).collect::<Vec<_>>() })
}
