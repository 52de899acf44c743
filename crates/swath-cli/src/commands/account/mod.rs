//! `swath account`: an Azure storage account from nothing, what it is, and its end.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use swath::store::Tokens;
use swath::store::manage::account::{Plan, Step};
use swath::store::manage::{AccountName, Cloud, GroupName, Management, Subscription};

use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

mod create;
mod delete;
mod show;
mod watch;

/// An Azure storage account for a catalog: make it, show it, delete it
#[derive(Args)]
#[command(after_help = "Example:
  swath account create --name mymaps --group maps-rg --container maps --cors --dry-run
  swath account create --name mymaps --group maps-rg --container maps --cors
  swath account show --name mymaps
  swath account delete --name mymaps

Who asks: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, a workload or managed identity, or `az login`.")]
pub struct Account {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Create(create::Create),
    Show(show::Show),
    Delete(delete::Delete),
}

impl Account {
    /// Whether the same call, made again, goes on where this one was stopped.
    pub fn resumes(&self) -> bool {
        match &self.verb {
            Verb::Create(args) => !args.dry_run,
            Verb::Show(_) | Verb::Delete(_) => false,
        }
    }
}

/// Which account is meant.
#[derive(Args)]
struct Named {
    /// The account's name: 3 to 24 lower-case letters and digits
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Its resource group (default: searched for in the subscription)
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// The subscription's id (default: AZURE_SUBSCRIPTION_ID, else the only one)
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
}

impl Named {
    fn parse(&self) -> swath::Result<(AccountName, Option<GroupName>)> {
        let account = AccountName::parse(&self.name)?;
        let group = self.group.as_deref().map(GroupName::parse).transpose()?;
        Subscription::named(self.subscription.as_deref())?;
        Ok((account, group))
    }
}

pub fn run(args: &Account, talk: &Talk) -> swath::Result<Exit> {
    match &args.verb {
        Verb::Create(args) => create::run(args, talk),
        Verb::Show(args) => block_on(show::run(args, talk)),
        Verb::Delete(args) => delete::run(args, talk),
    }
}

fn management() -> swath::Result<Management> {
    Ok(Management::open(Cloud::from_env()?, Tokens::from_env())?)
}

/// What a dry run prints: each request as it would be sent, and the command of `az` that sends the same.
fn show_plan(plan: &Plan, talk: &Talk) {
    talk.event_of(
        "plan",
        || json!({ "steps": plan.steps.iter().map(json_of).collect::<Vec<_>>(), "present": plan.present, "notes": plan.notes }),
    );
    for (at, step) in plan.steps.iter().enumerate() {
        talk.data(format!("{}. {}\n   {}", at + 1, step.what, step.request));
        if let Some(body) = &step.request.body {
            talk.data(format!("   {body}"));
        }
        talk.data(format!("   {}", step.az));
    }
}

fn json_of(step: &Step) -> Value {
    let body: Value = step.request.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or(Value::Null);
    json!({ "what": step.what, "method": step.request.verb.name(), "path": step.request.path,
        "api_version": step.request.api_version, "body": body, "az": step.az })
}

/// `1 request`, `2 requests`
fn requests(count: usize) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}
