use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// What a file name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A COG with a band for each time and band, and an item beside it.
    Tif,
    /// A Zarr v3 group that xarray opens.
    Zarr,
    /// A plot.
    Png,
}

impl Target {
    /// By the ending.
    ///
    /// # Errors
    /// Misuse, naming the endings that are known.
    ///
    /// ```
    /// # use swath::export::Target;
    /// assert_eq!(Target::of("a/b.ZARR/".as_ref()).unwrap(), Target::Zarr);
    /// assert!(Target::of("b.nc".as_ref()).unwrap_err().to_string().contains(".tif, .zarr or .png"));
    /// ```
    pub fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("tif" | "tiff") => Ok(Self::Tif),
            Some("zarr") => Ok(Self::Zarr),
            Some("png") => Ok(Self::Png),
            Some(other) => Err(Error::misuse(
                path.display().to_string(),
                format!("'.{other}' is not written"),
                "a name that ends in .tif, .zarr or .png",
            )),
            None => Err(Error::misuse(path.display().to_string(), "the name has no ending", "a name that ends in .tif, .zarr or .png")),
        }
    }
}

/// A temporary neighbour of `path` that is renamed when it is complete; removed when it is not.
pub(super) struct Draft {
    pub path: PathBuf,
    aim: PathBuf,
}

impl Draft {
    pub fn beside(aim: &Path) -> Result<Self> {
        let name = aim
            .file_name()
            .and_then(|n| n.to_str())
            .ok_or_else(|| Error::misuse(aim.display().to_string(), "is no file name", "a path that ends in one"))?;
        let path = aim.with_file_name(format!(".{name}.{}.part", std::process::id()));
        Ok(Self { path, aim: aim.to_path_buf() })
    }

    /// Puts the finished draft in its place; a folder that was there goes only now.
    pub fn finish(self) -> Result<()> {
        let file = |e: std::io::Error| Error::file(&self.aim, &e);
        if self.path.is_dir() && self.aim.exists() {
            let old = self.aim.with_extension(format!("{}.old", std::process::id()));
            std::fs::rename(&self.aim, &old).map_err(file)?;
            std::fs::rename(&self.path, &self.aim).map_err(file)?;
            return std::fs::remove_dir_all(&old).map_err(|e| Error::file(&old, &e));
        }
        std::fs::rename(&self.path, &self.aim).map_err(file)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = if self.path.is_dir() { std::fs::remove_dir_all(&self.path) } else { std::fs::remove_file(&self.path) };
    }
}

/// Writes a whole file under a temporary name, then renames it.
///
/// # Errors
/// Disk or Absent, naming the path.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = Draft::beside(path)?;
    std::fs::write(&draft.path, bytes).map_err(|e| Error::file(path, &e))?;
    std::fs::File::open(&draft.path).and_then(|f| f.sync_all()).map_err(|e| Error::file(path, &e))?;
    draft.finish()
}
