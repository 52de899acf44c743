//! Local files as the sources that the format readers ask.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use swath_raster::{ByteSource, Limits, RasterSource, Sidecars, Span};

use crate::{Error, Result};

struct LocalFile {
    file: File,
    len: u64,
}

impl ByteSource for LocalFile {
    fn len(&self) -> u64 {
        self.len
    }
    fn read(&self, span: Span) -> std::io::Result<Bytes> {
        if span.end() > self.len {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let len = usize::try_from(span.len).map_err(|_| std::io::ErrorKind::UnexpectedEof)?;
        let mut buffer = vec![0; len];
        self.file.read_exact_at(&mut buffer, span.offset)?;
        Ok(buffer.into())
    }
}

/// A local file's bytes, read on demand.
///
/// # Errors
/// Absent or Disk, naming the path.
pub(crate) fn open_bytes(path: &Path) -> Result<Arc<dyn ByteSource>> {
    let file = File::open(path).map_err(|e| Error::file(path, &e))?;
    let meta = file.metadata().map_err(|e| Error::file(path, &e))?;
    if meta.is_dir() {
        return Err(Error::misuse(path.display().to_string(), "is a folder", "a raster file is expected"));
    }
    Ok(Arc::new(LocalFile { file, len: meta.len() }))
}

/// Opens the rasters of a local file together with its sidecars (`.tfw`, `.aux.xml`, `.ovr`, `.msk`, `_RPC.TXT`, `.RPB`).
///
/// # Errors
/// As [`swath_raster::open`]; Absent or Disk where the file cannot be opened.
pub fn open_raw(path: &Path) -> Result<Vec<Arc<dyn RasterSource>>> {
    let bytes = open_bytes(path)?;
    let beside = |suffix: &str| beside(path, suffix);
    let read = |p: PathBuf| std::fs::read(p).ok().map(Bytes::from);
    let sidecars = Sidecars {
        world: world_file(path).and_then(read),
        aux_xml: read(beside(".aux.xml")),
        overviews: open_bytes(&beside(".ovr")).ok(),
        mask: open_bytes(&beside(".msk")).ok(),
        rpc: rpc_file(path).and_then(read),
    };
    Ok(swath_raster::open(&path.display().to_string(), bytes, &sidecars, &Limits::default())?)
}

/// The sidecars of a raster that are there.
pub(crate) fn sidecar_paths(path: &Path) -> Vec<PathBuf> {
    let appended = [".aux.xml", ".ovr", ".msk"].iter().map(|suffix| beside(path, suffix));
    appended.filter(|p| p.is_file()).chain(world_file(path)).chain(rpc_file(path)).collect()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn world_file(path: &Path) -> Option<PathBuf> {
    let known = ["tfw", "TFW", "tifw", "TIFW", "tiffw", "TIFFW", "wld", "WLD"];
    known.iter().map(|ext| path.with_extension(ext)).find(|p| p.is_file())
}

fn rpc_file(path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_string_lossy().into_owned();
    let suffixes = ["_RPC.TXT", "_rpc.txt", "_RPC.txt", ".RPB", ".rpb"];
    suffixes.iter().map(|suffix| path.with_file_name(format!("{stem}{suffix}"))).find(|p| p.is_file())
}
