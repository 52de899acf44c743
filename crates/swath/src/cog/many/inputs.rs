//! Which files are meant, and what each will be called.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::cog::one::{FileId, file_id};
use crate::lattice::{is_sidecar, list, why_no_raster};
use crate::{Error, Result};

/// An input, and the name of its output in the folder of outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub input: PathBuf,
    /// Relative; a file from a folder keeps the folders between.
    pub name: PathBuf,
}

/// Files as given, and every raster below the folders given. A sidecar goes with its raster, and a file named twice is one.
///
/// # Errors
/// Misuse where two inputs would be written under one name, or one over an input; Absent for a folder that cannot be listed.
pub(super) fn gather(inputs: &[PathBuf], out_dir: &Path) -> Result<Vec<Named>> {
    let given: HashSet<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    let mut named = Vec::new();
    let mut seen = HashSet::new();
    for input in inputs {
        let found = if input.is_dir() {
            below(input, out_dir)?
        } else if belongs_to_another(input, &given) {
            Vec::new()
        } else {
            let name = PathBuf::from(input.file_name().unwrap_or(input.as_os_str()));
            vec![Named { input: input.clone(), name }]
        };
        for mut one in found {
            if seen.insert(one.input.canonicalize().unwrap_or_else(|_| one.input.clone())) {
                one.name = tif(&one.name);
                named.push(one);
            }
        }
    }
    refuse_clashes(&named, out_dir)?;
    Ok(named)
}

/// The name with `.tif` for its extension; digits behind a point are none.
fn tif(name: &Path) -> PathBuf {
    let digits = name.extension().is_some_and(|e| e.as_encoded_bytes().iter().all(u8::is_ascii_digit));
    let mut name = name.as_os_str().to_owned();
    if digits {
        name.push(".tif");
    }
    PathBuf::from(name).with_extension("tif")
}

/// `a.tif.ovr` where `a.tif` is given too.
fn belongs_to_another(input: &Path, given: &HashSet<&Path>) -> bool {
    let Some(text) = input.to_str().filter(|text| is_sidecar(text)) else { return false };
    let appended = [".aux.xml", ".ovr", ".msk"].iter().filter_map(|e| text.get(..text.len().checked_sub(e.len())?));
    let beside = ["tif", "tiff", "TIF", "TIFF"].iter().map(|e| input.with_extension(e));
    appended.map(PathBuf::from).chain(beside).any(|path| given.contains(path.as_path()))
}

/// Files told by their bytes, and those that are named as rasters but are none: to convert these fails, and says why.
fn below(folder: &Path, out_dir: &Path) -> Result<Vec<Named>> {
    let (files, _) = list(folder)?;
    let named_as_raster = |rel: &str| [".tif", ".tiff", ".nc", ".nc4"].iter().any(|e| rel.to_lowercase().ends_with(e));
    let out_dir = out_dir.canonicalize().ok();
    let in_out_dir = |path: &Path| out_dir.as_ref().is_some_and(|out| path.canonicalize().is_ok_and(|path| path.starts_with(out)));
    let wanted = files.into_iter().filter(|f| why_no_raster(f).is_none() || (named_as_raster(&f.rel) && !is_sidecar(&f.rel)));
    // The outputs of an earlier run are no inputs, unless the folder itself is asked for.
    let inside = in_out_dir(folder);
    Ok(wanted.filter(|f| inside || !in_out_dir(&f.path)).map(|f| Named { input: f.path, name: f.rel.into() }).collect())
}

fn refuse_clashes(named: &[Named], out_dir: &Path) -> Result<()> {
    let mut by_name: BTreeMap<&Path, &Path> = BTreeMap::new();
    for one in named {
        if let Some(other) = by_name.insert(&one.name, &one.input) {
            let output = out_dir.join(&one.name).display().to_string();
            let found = format!("both {} and {} would be written to it", other.display(), one.input.display());
            return Err(Error::misuse(output, found, "one input for each output").hint("give them in two calls, with a folder for each"));
        }
    }
    let inputs: HashMap<FileId, &Path> = named.iter().filter_map(|n| Some((file_id(&n.input)?, n.input.as_path()))).collect();
    for one in named {
        let output = out_dir.join(&one.name);
        if let Some(input) = file_id(&output).and_then(|id| inputs.get(&id)) {
            let found = format!("is the input {}", input.display());
            return Err(Error::misuse(output.display().to_string(), found, "another folder for the outputs").hint("name another --out-dir"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_given_once_and_sidecars_go_with_their_raster() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("b/c")).unwrap();
        for name in ["a.tif", "a.tif.ovr", "a.tfw", "lone.ovr", "v1.5", "b/a.nc", "b/c/d.tif"] {
            std::fs::write(at(name), b"II*\0").unwrap();
        }
        let check = |inputs: &[&str], right: Option<&[&str]>| {
            let inputs: Vec<PathBuf> = inputs.iter().map(|i| at(i)).collect();
            let got = gather(&inputs, &at("out"));
            let names = got.as_ref().ok().map(|n| n.iter().map(|n| n.name.to_str().unwrap()).collect::<Vec<_>>());
            assert_eq!(names.as_deref(), right, "{inputs:?}: {got:?}");
        };
        check(&["a.tif", "a.tif.ovr", "a.tfw", "a.tif"], Some(&["a.tif"]));
        check(&["lone.ovr"], Some(&["lone.tif"]));
        check(&["v1.5"], Some(&["v1.5.tif"]));
        check(&["b"], Some(&["a.tif", "c/d.tif"]));
        check(&["a.tif", "b/a.nc"], None);
        check(&["a.tif", "b"], None);
        let over = gather(&[at("a.tif")], folder.path()).unwrap_err();
        assert!(over.to_string().contains("is the input"), "{over}");
    }
}
