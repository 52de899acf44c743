//! A local folder as a store: whole files under their final names, or none.

use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::local::Local;
use crate::store::{Entry, Fetched, Put, Start};
use crate::{Error, Family, Result};

/// What temporary names begin with; listings leave them out.
const TEMPORARY: &str = ".swath-";

pub(crate) fn read(path: &Path) -> Result<Fetched> {
    let failed = |e: std::io::Error| Error::file(path, &e);
    let (mut file, meta) = open(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    std::io::Read::read_to_end(&mut file, &mut bytes).map_err(failed)?;
    Ok(Fetched { bytes: bytes.into(), etag: Some(etag(&meta)) })
}

pub(crate) fn read_ranges(path: &Path, ranges: &[Range<u64>], pin: Option<&str>) -> Result<Vec<Bytes>> {
    let (file, meta) = open(path)?;
    let shown = path.display().to_string();
    if pin.is_some_and(|pin| pin != etag(&meta)) {
        return Err(Error::new(Family::Conflict, shown, "asset changed while it was read", "").hint("run the same command again"));
    }
    let one = |range: &Range<u64>| {
        let right = || format!("bytes {}..{} were asked for", range.start, range.end);
        if range.start > range.end || range.end > meta.len() {
            return Err(Error::new(Family::Damaged, &shown, format!("ends at byte {}", meta.len()), right()));
        }
        let length = usize::try_from(range.end - range.start)
            .map_err(|_| Error::new(Family::OverLimit, &shown, "the range is too large", right()))?;
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, range.start).map_err(|e| Error::file(path, &e))?;
        Ok(Bytes::from(bytes))
    };
    let parts = ranges.iter().map(one).collect::<Result<_>>()?;
    // Somebody may have written into it meanwhile.
    let after = file.metadata().map_err(|e| Error::file(path, &e))?;
    if etag(&after) != etag(&meta) {
        return Err(Error::new(Family::Conflict, shown, "asset changed while it was read", "").hint("run the same command again"));
    }
    Ok(parts)
}

pub(crate) fn read_start(path: &Path, length: u64) -> Result<Start> {
    let meta = open(path)?.1;
    let bytes = read_ranges(path, &[0..length.min(meta.len())], Some(&etag(&meta)))?.pop().unwrap_or_default();
    Ok(Start { bytes, version: Some(etag(&meta)), size: Some(meta.len()) })
}

pub(crate) fn head(path: &Path, name: &str) -> Result<Entry> {
    let (_, meta) = open(path)?;
    Ok(Entry { path: name.to_owned(), size: meta.len(), etag: Some(etag(&meta)), md5: None, content_type: None })
}

/// Every file under a folder, by its path within `root`, in order; an absent folder is empty.
pub(crate) fn list(root: &Path, under: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut due = vec![under.to_path_buf()];
    while let Some(folder) = due.pop() {
        let children = match fs::read_dir(&folder) {
            Ok(children) => children,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(Error::file(&folder, &e)),
        };
        for child in children {
            let child = child.map_err(|e| Error::file(&folder, &e))?;
            let path = child.path();
            let link = child.file_type().is_ok_and(|kind| kind.is_symlink());
            // A link that leads nowhere is no file, and one that leads to a folder may lead in circles.
            let Ok(meta) = fs::metadata(&path) else { continue };
            if link && meta.is_dir() {
                continue;
            }
            let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) else {
                return Err(Error::new(Family::Unsupported, path.display().to_string(), "the name is no UTF-8", ""));
            };
            let temporary = path.file_name().is_some_and(|file| file.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()));
            if meta.is_dir() {
                due.push(path);
            } else if !temporary {
                entries.push(Entry { path: name.to_owned(), size: meta.len(), etag: Some(etag(&meta)), md5: None, content_type: None });
            }
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// Where the bytes of a new file come from.
pub(crate) enum From<'a> {
    Bytes(&'a [u8]),
    File(Box<Local>),
}

/// Writes a file whole: temporary name, fsync, then the final name at once; its ETag.
pub(crate) fn write(path: &Path, from: From<'_>, put: &Put) -> Result<String> {
    let failed = |e: std::io::Error| Error::file(path, &e);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|e| Error::file(folder, &e))?;
    replaceable(path, put)?;
    let mut temporary = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder).map_err(|e| Error::file(folder, &e))?;
    match from {
        From::Bytes(bytes) => temporary.write_all(bytes).map_err(failed)?,
        From::File(mut local) => copy(&mut local, temporary.as_file_mut(), path)?,
    }
    let file = temporary.as_file();
    fs::set_permissions(temporary.path(), readable()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let kept = {
        let _alone = Alone::in_folder(folder)?;
        replaceable(path, put)?;
        match put {
            Put::Create => temporary.persist_noclobber(path),
            _ => temporary.persist(path),
        }
    };
    let kept = kept.map_err(|e| if e.error.kind() == std::io::ErrorKind::AlreadyExists { exists(path) } else { failed(e.error) })?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| Error::file(folder, &e))?;
    Ok(etag(&kept.metadata().map_err(failed)?))
}

/// Copies a file and makes sure that it was one and the same all the time.
fn copy(local: &mut Local, target: &mut File, path: &Path) -> Result<()> {
    loop {
        let piece = local.piece(1 << 20)?;
        if piece.is_empty() {
            return local.finish();
        }
        target.write_all(&piece).map_err(|e| Error::file(path, &e))?;
    }
}

/// Whether what is under a name now may be replaced.
fn replaceable(path: &Path, put: &Put) -> Result<()> {
    match put {
        Put::Create if path.symlink_metadata().is_ok() => Err(exists(path)),
        Put::IfMatch(pin) if open(path).map(|(_, meta)| etag(&meta)).ok().as_ref() != Some(pin) => Err(changed(path)),
        _ => Ok(()),
    }
}

/// The only one that gives names in a folder, as long as it lives: what is compared and what is replaced is the same file.
struct Alone(#[expect(dead_code, reason = "its lock ends with it")] File);

impl Alone {
    fn in_folder(folder: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| Error::file(folder, &e);
        let itself = File::open(folder).map_err(failed)?;
        if itself.lock().is_ok() {
            return Ok(Self(itself));
        }
        // Network file systems lock no folders.
        let beside = folder.join(format!("{TEMPORARY}lock"));
        let file = File::options().create(true).append(true).open(beside).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Self(file))
    }
}

/// Removes a file and the folders below `root` that it leaves empty.
pub(crate) fn delete(root: &Path, path: &Path, pin: Option<&str>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let alone = if folder.is_dir() { Some(Alone::in_folder(folder)?) } else { None };
    match open(path) {
        Err(e) if e.family == Family::Absent => return Ok(()),
        Err(e) => return Err(e),
        Ok((_, meta)) if pin.is_some_and(|pin| pin != etag(&meta)) => return Err(changed(path)),
        Ok(_) => fs::remove_file(path).map_err(|e| Error::file(path, &e))?,
    }
    drop(alone);
    for folder in path.ancestors().skip(1).take_while(|folder| *folder != root) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

fn changed(path: &Path) -> Error {
    Error::new(Family::Conflict, path.display().to_string(), "was changed by somebody else", "")
}

fn exists(path: &Path) -> Error {
    Error::new(Family::Conflict, path.display().to_string(), "exists already", "")
}

/// Temporary files are private; what is published is not.
fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

fn open(path: &Path) -> Result<(File, fs::Metadata)> {
    let failed = |e: std::io::Error| Error::file(path, &e);
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if meta.is_dir() {
        return Err(Error::new(Family::Absent, path.display().to_string(), "is a folder", "a file is expected"));
    }
    Ok((file, meta))
}

fn etag(meta: &fs::Metadata) -> String {
    format!("\"{:x}-{:x}-{:x}.{:x}\"", meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())
}

/// A name inside a folder.
pub(crate) fn inside(root: &Path, name: &str) -> PathBuf {
    if name.is_empty() { root.to_path_buf() } else { root.join(name) }
}
