use std::ffi::OsString;

use clap::Parser;

use crate::commands::{self, Command};
use crate::exit::Exit;
use crate::talk::{Global, Talk};
use crate::{end, interrupt, requests};

/// From raw rasters to a cloud-optimized, searchable, streamable catalog.
#[derive(Parser)]
#[command(
    name = "swath",
    version,
    propagate_version = true,
    after_help = "Start here:\n  swath init raw/      read a folder, write swath.toml\n  swath plan           what would be built\n  swath build          raw -> COGs + STAC\n  swath publish TO     upload, in safe order\n  swath stack TO ...   search and stream an array"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Runs a command line, program name first, and ends the process with its exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ! {
    let words: Vec<OsString> = words.into_iter().collect();
    end::end(run(Cli::parse_from(&words), &words) as u8)
}

fn run(cli: Cli, words: &[OsString]) -> Exit {
    let talk = Talk::new(&cli.global);
    if talk.verbosity() > 1 {
        requests::show();
    }
    if let Some(threads) = talk.jobs() {
        swath::use_threads(threads);
    }
    if let Some(folder) = &cli.global.folder
        && let Err(e) = std::env::set_current_dir(folder)
    {
        let error = swath::Error::file(folder, &e);
        talk.error(&error);
        return Exit::of(&error);
    }
    interrupt::watch(cli.command.resumes().then(|| interrupt::same_call(words)));
    let exit = commands::run(cli.command, &talk).unwrap_or_else(|e| {
        talk.error(&e);
        Exit::of(&e)
    });
    talk.finish(exit);
    exit
}
