use std::path::{Path, PathBuf};

use serde::Serialize;
use swath_raster::cog;

use super::convert::describe;
use super::options::options;
use crate::lattice::ResolvedAsset;
use crate::{Error, Result};

/// An asset that a build will refuse to make as the plan stands, told by its header alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Misfit {
    /// `dataset/item/variable`.
    pub asset: String,
    pub path: PathBuf,
    pub error: String,
    pub hint: Option<String>,
}

impl Misfit {
    pub(super) fn of(key: &str, asset: &ResolvedAsset) -> Option<Self> {
        let error = tried(asset).err()?;
        let error = Error { at: without(&error.at, &asset.path), ..error };
        Some(Self { asset: key.to_owned(), path: asset.path.clone(), error: error.to_string(), hint: error.hint })
    }
}

/// What a conversion decides before it reads a pixel.
fn tried(asset: &ResolvedAsset) -> Result<()> {
    let info = describe(&asset.header, asset)?;
    let options = options(asset, &info)?;
    // Unpacked samples have a type that the header does not tell.
    if !asset.view.unscale {
        cog::plan(&info, &options)?;
    }
    Ok(())
}

/// The place without the file, which many may share the error with.
fn without(at: &str, path: &Path) -> String {
    let path = path.display().to_string();
    at.strip_prefix(&path).map_or(at, |rest| rest.trim_start_matches(": ")).to_owned()
}
