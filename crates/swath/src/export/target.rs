use std::io::Write;
use std::path::{Path, PathBuf};

use crate::build::output::{Pending, disk};
use crate::unfinished::{self, sweep_leftovers};
use crate::{Error, Family, Result};

/// What a file name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A COG with a band for each time and band, and an item beside it.
    Tif,
    /// A Zarr v3 group that xarray opens.
    Zarr,
    /// NetCDF-4 with a variable for each band.
    NetCdf,
    /// A plot.
    Png,
}

const ENDINGS: &str = "a name that ends in .zarr, .nc, .tif or .png";

impl Target {
    /// By the ending.
    ///
    /// # Errors
    /// Misuse, naming the endings that are known.
    ///
    /// ```
    /// # use swath::export::Target;
    /// assert_eq!(Target::of("a/b.ZARR/".as_ref()).unwrap(), Target::Zarr);
    /// assert!(Target::of("b.jpg".as_ref()).unwrap_err().to_string().contains(".zarr, .nc, .tif or .png"));
    /// ```
    pub fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("tif" | "tiff") => Ok(Self::Tif),
            Some("zarr") => Ok(Self::Zarr),
            Some("nc" | "nc4") => Ok(Self::NetCdf),
            Some("png") => Ok(Self::Png),
            Some(other) => Err(Error::misuse(path.display().to_string(), format!("'.{other}' is not written"), ENDINGS)),
            None => Err(Error::misuse(path.display().to_string(), "the name has no ending", ENDINGS)),
        }
    }
}

/// What to do with what is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overwrite {
    #[default]
    Never,
    /// Replace it once the new one is complete.
    Replace,
}

/// A place where an array may be written: looked at before anything is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub path: PathBuf,
    pub target: Target,
}

impl Output {
    /// # Errors
    /// Misuse for an unknown ending or a folder in the way; Conflict where something is there that may not be replaced; Absent where
    /// the folder is not there.
    pub fn new(path: &Path, overwrite: Overwrite) -> Result<Self> {
        let target = Target::of(path)?;
        let path: PathBuf = path.components().collect();
        let output = Self { path, target };
        let folder = output.folder();
        if !folder.is_dir() {
            return Err(disk(folder, &std::io::ErrorKind::NotFound.into()).hint("make the folder first"));
        }
        output.is_free(overwrite)?;
        sweep_leftovers(folder);
        Ok(output)
    }

    fn is_free(&self, overwrite: Overwrite) -> Result<()> {
        let at = self.path.display().to_string();
        if self.path.is_dir() && self.target != Target::Zarr {
            return Err(Error::misuse(at, "is a folder", "the name of the file to write"));
        }
        if self.path.exists() && self.target == Target::Zarr && !self.path.join("zarr.json").is_file() {
            return Err(Error::new(Family::Conflict, at, "is there and is no Zarr v3", "a free name"));
        }
        if let Some(item) = self.item_path().filter(|item| item.exists() && !is_item(item)) {
            let found = format!("is no STAC item, and that of {} would take its name", self.path.display());
            let error = Error::new(Family::Conflict, item.display().to_string(), found, "a free name");
            return Err(error.hint("write to another name, or move the file away"));
        }
        for path in [Some(self.path.clone()), self.item_path()].into_iter().flatten() {
            if path.exists() && overwrite == Overwrite::Never {
                let error = Error::new(Family::Conflict, path.display().to_string(), "exists already", "");
                return Err(error.hint("--overwrite replaces it"));
            }
        }
        Ok(())
    }

    /// Of the STAC item beside a COG.
    pub fn item_path(&self) -> Option<PathBuf> {
        (self.target == Target::Tif).then(|| self.path.with_extension("json"))
    }

    /// Where the output will lie, and what is unfinished of it.
    pub fn folder(&self) -> &Path {
        self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

/// Whether a file is what an earlier run may have written beside its COG.
fn is_item(path: &Path) -> bool {
    let value = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    value.is_some_and(|v| v["type"] == "Feature" && v["stac_version"].is_string())
}

/// A folder that gets its name when it is complete, and is removed when it is not.
pub(super) struct DraftFolder {
    folder: unfinished::Folder,
    aim: PathBuf,
}

impl DraftFolder {
    pub fn of(output: &Output) -> Result<Self> {
        let folder = unfinished::begin_folder(output.folder()).map_err(|e| disk(output.folder(), &e))?;
        Ok(Self { folder, aim: output.path.clone() })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts the finished folder in its place; what was there goes only then.
    pub fn finish(self) -> Result<()> {
        let failed = |e: std::io::Error| disk(&self.aim, &e);
        let mut old = None;
        if self.aim.exists() {
            let parent = self.aim.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let away = unfinished::begin_folder(parent).map_err(failed)?;
            std::fs::rename(&self.aim, away.path().join("old")).map_err(failed)?;
            old = Some(away);
        }
        let done = unfinished::finish_folder(self.folder, &self.aim);
        if let (Err(_), Some(away)) = (&done, &old) {
            // Back to where it was; the error says the rest.
            let _ = std::fs::rename(away.path().join("old"), &self.aim);
        }
        done.map_err(|e| disk(&self.aim, &e))
    }
}

/// Writes a whole file under a temporary name, then renames it.
///
/// # Errors
/// Disk or Absent, naming the path.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut pending = Pending::new(folder)?;
    pending.write_all(bytes).map_err(|e| disk(path, &e))?;
    pending.commit(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_unless_it_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (tif, zarr) = (folder.path().join("a.tif"), folder.path().join("a.zarr"));
        assert!(Output::new(&tif, Overwrite::Never).is_ok());
        std::fs::write(folder.path().join("a.json"), b"{}").unwrap();
        std::fs::create_dir(&zarr).unwrap();
        let family = |path: &Path, overwrite| Output::new(path, overwrite).map_err(|e| e.family).err();
        // The item beside it counts as well.
        assert_eq!(family(&tif, Overwrite::Never), Some(Family::Conflict));
        // What is no item may be all that somebody searched for.
        assert_eq!(family(&tif, Overwrite::Replace), Some(Family::Conflict));
        std::fs::write(folder.path().join("a.json"), br#"{"type": "Feature", "stac_version": "1.1.0"}"#).unwrap();
        assert_eq!(family(&tif, Overwrite::Never), Some(Family::Conflict));
        assert_eq!(family(&tif, Overwrite::Replace), None);
        // A folder that is no Zarr is never replaced.
        assert_eq!(family(&zarr, Overwrite::Replace), Some(Family::Conflict));
        std::fs::write(zarr.join("zarr.json"), b"{}").unwrap();
        assert_eq!(family(&zarr, Overwrite::Never), Some(Family::Conflict));
        assert_eq!(family(&zarr, Overwrite::Replace), None);
        assert_eq!(family(&folder.path().join("none/a.nc"), Overwrite::Never), Some(Family::Absent));
    }

    #[test]
    fn a_folder_replaces_another_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::new(&folder.path().join("a.zarr"), Overwrite::Never).unwrap();
        for content in ["one", "two"] {
            let draft = DraftFolder::of(&output).unwrap();
            std::fs::write(draft.path().join("x"), content).unwrap();
            draft.finish().unwrap();
            assert_eq!(std::fs::read_to_string(output.path.join("x")).unwrap(), content);
        }
        let draft = DraftFolder::of(&output).unwrap();
        std::fs::write(draft.path().join("x"), "three").unwrap();
        drop(draft);
        assert_eq!(std::fs::read_to_string(output.path.join("x")).unwrap(), "two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
