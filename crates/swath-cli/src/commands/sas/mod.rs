//! Shared access signatures: made, explained, taken back.

use clap::{Args, Subcommand, ValueEnum};
use swath::store::Purpose;

use crate::{exit::Exit, talk::Talk};

mod create;
mod explain;
mod revoke;

/// Make, explain and revoke tokens (SAS) for a container of Azure Blob Storage
#[derive(Args)]
#[command(after_help = "Examples:
  swath sas create https://ACCOUNT.blob.core.windows.net/CONTAINER --for read --expires 1h
  swath sas explain --sas-file token.sas
  swath sas revoke https://ACCOUNT.blob.core.windows.net/CONTAINER --policy readers")]
pub struct Sas {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Create(create::Create),
    Explain(explain::Explain),
    Revoke(revoke::Revoke),
}

/// What a token is for.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// search, stack, info, check: read and list
    Read,
    /// publish: read, add, create, write, list; no delete
    Publish,
    /// publish --prune: publish's rights, and delete
    Prune,
}

impl From<For> for Purpose {
    fn from(purpose: For) -> Self {
        match purpose {
            For::Read => Self::Read,
            For::Publish => Self::Publish,
            For::Prune => Self::Prune,
        }
    }
}

pub fn run(args: &Sas, talk: &Talk) -> swath::Result<Exit> {
    match &args.verb {
        Verb::Create(args) => create::run(args, talk),
        Verb::Explain(args) => explain::run(args, talk),
        Verb::Revoke(args) => revoke::run(args, talk),
    }
}
