use clap::{Args, Subcommand};

use super::{create, delete, show};
use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

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

pub fn run(args: &Account, talk: &Talk) -> swath::Result<Exit> {
    match &args.verb {
        Verb::Create(args) => create::run(args, talk),
        Verb::Show(args) => block_on(show::run(args, talk)),
        Verb::Delete(args) => delete::run(args, talk),
    }
}
