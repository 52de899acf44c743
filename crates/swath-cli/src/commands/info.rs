use std::path::PathBuf;

use clap::Args;

use crate::{exit::Exit, talk::Talk};

/// Describe a raster: structure, georeference, bands
#[derive(Args)]
#[command(after_help = "Example:\n  swath info raw/LC08_B4.TIF")]
pub struct Info {
    /// A raster file
    file: PathBuf,
}

pub fn run(args: &Info, talk: &Talk) -> swath::Result<Exit> {
    for raster in swath::open_raw(&args.file)? {
        talk.data(format!("{:#?}", raster.info()));
    }
    Ok(Exit::Done)
}
