use clap::Subcommand;

use super::{account, build, check, cog, doctor, info, init, plan, publish, sas, search, stack};
use crate::{exit::Exit, talk::Talk};

#[derive(Subcommand)]
pub enum Command {
    Init(init::Init),
    Build(build::Build),
    Check(check::Check),
    Info(info::Info),
    Plan(plan::Plan),
    Publish(publish::Publish),
    Sas(sas::Sas),
    Search(search::Search),
    Cog(cog::Cog),
    Stack(stack::Stack),
    Account(account::Account),
    Doctor(doctor::Doctor),
}

impl Command {
    /// Whether the same call, made again, goes on where this one was stopped.
    pub fn resumes(&self) -> bool {
        match self {
            Self::Build(_) | Self::Publish(_) => true,
            Self::Cog(args) => args.out_dir.is_some(),
            Self::Account(args) => args.resumes(),
            _ => false,
        }
    }
}

/// Runs a command to its exit code.
///
/// # Errors
/// What the verb behind it says.
pub fn run(command: Command, talk: &Talk) -> swath::Result<Exit> {
    match command {
        Command::Account(args) => account::run(&args, talk),
        Command::Init(args) => init::run(&args, talk),
        Command::Build(args) => build::run(&args, talk),
        Command::Check(args) => check::run(&args, talk),
        Command::Cog(args) => cog::run(&args, talk),
        Command::Info(args) => info::run(&args, talk),
        Command::Plan(args) => plan::run(&args, talk),
        Command::Publish(args) => publish::run(&args, talk),
        Command::Sas(args) => sas::run(&args, talk),
        Command::Search(args) => search::run(&args, talk),
        Command::Doctor(args) => doctor::run(&args, talk),
        Command::Stack(args) => stack::run(&args, talk),
    }
}
