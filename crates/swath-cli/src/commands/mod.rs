//! One file per command.

use clap::Subcommand;

use crate::{exit::Exit, talk::Talk};

mod info;
mod init;
mod plan;
mod publish;

#[derive(Subcommand)]
pub enum Command {
    Init(init::Init),
    Info(info::Info),
    Plan(plan::Plan),
    Publish(publish::Publish),
}

/// Runs a command to its exit code.
///
/// # Errors
/// What the verb behind it says.
pub fn run(command: Command, talk: &Talk) -> swath::Result<Exit> {
    match command {
        Command::Init(args) => init::run(&args, talk),
        Command::Info(args) => info::run(&args, talk),
        Command::Plan(args) => plan::run(&args, talk),
        Command::Publish(args) => publish::run(&args, talk),
    }
}
