use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::resolved::IgnoredFile;
use crate::{Error, Result};

/// A file below a folder; `rel` has `/` between its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub path: PathBuf,
    pub rel: String,
}

/// Every file below `folder` by name, and what was passed over with the reason. Folders that hold a built catalog are passed over whole.
///
/// # Errors
/// Absent or Disk where the folder itself cannot be listed.
pub(crate) fn list(folder: &Path) -> Result<(Vec<Found>, Vec<IgnoredFile>)> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::fs::read_dir(folder).map_err(|e| Error::file(folder, &e))?;
    let (mut files, mut ignored) = (Vec::new(), Vec::new());
    let rel_of = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let mut walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                let path = e.path().map(&rel_of).unwrap_or_default();
                let reason = e.io_error().map_or_else(|| "a link that leads back into its own folder".to_owned(), why_unread);
                ignored.push(IgnoredFile { path, reason });
                continue;
            }
        };
        let rel = rel_of(entry.path());
        let hidden = entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type().is_dir() {
            if hidden && entry.file_name() == ".swath" {
                walk.skip_current_dir();
            } else if hidden {
                ignored.push(IgnoredFile { path: format!("{rel}/"), reason: "hidden folder".to_owned() });
                walk.skip_current_dir();
            } else if entry.depth() > 0 && entry.path().join("collection.json").is_file() {
                ignored
                    .push(IgnoredFile { path: format!("{rel}/"), reason: "a catalog, not raw data (it has a collection.json)".to_owned() });
                walk.skip_current_dir();
            }
        } else if hidden {
            ignored.push(IgnoredFile { path: rel, reason: "hidden file".to_owned() });
        } else if entry.path().to_str().is_none() {
            ignored.push(IgnoredFile { path: rel, reason: "its name is not UTF-8".to_owned() });
        } else if entry.file_type().is_file() {
            files.push(Found { path: entry.path().to_path_buf(), rel });
        }
    }
    Ok((files, ignored))
}

/// Endings of rasters that nothing here reads.
const FOREIGN: &[&str] = &[
    ".jp2", ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".img", ".asc", ".grd", ".sdat", ".bil", ".bip", ".bsq", ".dem", ".hgt", ".flt",
    ".hdf", ".grb", ".grib", ".grb2", ".grib2", ".sid", ".ecw", ".kea", ".rst", ".mbtiles", ".gpkg",
];

/// Why the file or folder cannot be looked at.
fn why_unread(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "a link to what is not there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "not ours to read (permission denied)".to_owned(),
        _ => error.to_string(),
    }
}

/// Why a file is no raster, judged by its name first and its bytes then; `None` for one that may be a raster.
pub(crate) fn why_no_raster(found: &Found) -> Option<String> {
    let name = found.rel.rsplit('/').next().unwrap_or(&found.rel).to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|e| name.ends_with(e));
    if is_sidecar(&found.rel) {
        return Some("a sidecar, read with the raster it belongs to".to_owned());
    }
    let head = match first_bytes(&found.path) {
        Ok(head) => head,
        Err(e) => return Some(why_unread(&e)),
    };
    if ends(&[".bak", ".old", ".tmp", ".part", ".partial", ".crdownload", "~"]) {
        return Some("a backup or an unfinished download, by its name".to_owned());
    }
    if swath_raster::tiff::sniff(&head) || swath_raster::netcdf::sniff(&head) {
        return None;
    }
    if head.starts_with(b"version https://git-lfs") {
        return Some("a Git LFS pointer, not the raster itself; `git lfs pull` fetches it".to_owned());
    }
    if head.is_empty() {
        return Some("empty file".to_owned());
    }
    if ends(&[".tif", ".tiff", ".nc", ".nc4", ".cdf", ".h5", ".hdf5"]) {
        return Some("damaged: named as a raster, but its first bytes are of no format swath reads".to_owned());
    }
    if ends(&[".vrt"]) {
        return Some("a virtual raster; the files it joins are read themselves".to_owned());
    }
    if ends(&[".zip", ".tar", ".tgz", ".gz", ".7z", ".rar", ".bz2"]) {
        return Some("an archive: unpack it for what is inside".to_owned());
    }
    let foreign = head.starts_with(b"GRIB") || head.get(4..8) == Some(b"jP  ") || head.starts_with(b"\x0e\x03\x13\x01");
    if foreign || ends(FOREIGN) {
        return Some("a raster format swath does not read (yet): convert it to GeoTIFF or NetCDF".to_owned());
    }
    Some("not a raster".to_owned())
}

/// The file that this one is a copy of, by its name: `Copy of a.tif`, `a - Copy.tif`, `a (1).tif`, `a_copy.tif`.
pub(crate) fn copy_of(rel: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
    let start = rel.rfind('/').map_or(0, |i| i + 1);
    let (folder, name) = rel.split_at(start);
    let (stem, extension) = name.rfind('.').map_or((name, ""), |dot| name.split_at(dot));
    let numbered =
        stem.strip_suffix(')').and_then(|s| s.rsplit_once(" (")).filter(|(_, n)| n.bytes().all(|b| b.is_ascii_digit())).map(|(s, _)| s);
    let plain = numbered.unwrap_or(stem);
    let lower = plain.to_lowercase();
    let cut = |suffix: &str| lower.ends_with(suffix).then(|| plain.get(..plain.len() - suffix.len())).flatten();
    let original = [" - copy", "_copy", "-copy", " copy"].iter().find_map(|s| cut(s));
    let original = original.or_else(|| lower.starts_with("copy of ").then(|| plain.get(8..)).flatten()).or(numbered)?;
    let original = format!("{folder}{original}{extension}");
    exists(&original).then_some(original)
}

/// Told by its name to belong to the raster beside it.
pub(crate) fn is_sidecar(rel: &str) -> bool {
    let rel = rel.to_lowercase();
    [".aux.xml", ".ovr", ".msk", ".tfw", ".tifw", ".tiffw", ".wld", ".prj", ".rrd", ".aux"].iter().any(|e| rel.ends_with(e))
}

pub(crate) fn first_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(4608);
    std::fs::File::open(path)?.take(4608).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_known_by_its_name_and_its_original() {
        for (rel, original) in [
            ("a/Copy of b1.tif", Some("a/b1.tif")),
            ("b1 - Copy.tif", Some("b1.tif")),
            ("b1 - Copy (2).tif", Some("b1.tif")),
            ("b1 (1).tif", Some("b1.tif")),
            ("b1_copy.tif", Some("b1.tif")),
            ("b1 (final).tif", None),
            ("b2 (1).tif", None),
            ("b1.tif", None),
        ] {
            assert_eq!(copy_of(rel, |r| r.ends_with("b1.tif") && r.len() <= 8).as_deref(), original, "{rel}");
        }
    }
}
