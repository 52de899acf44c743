use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use swath_raster::tiff::{self, Known, Step, Tiff};
use swath_raster::{ByteSource, Limits, Span};
use swath_stac::check::Finding;
use swath_stac::facts::AssetFacts;

use super::compare::{Contradiction, Notes};
use super::run::{Depth, Target};
use super::{bands, grid, structure};
use crate::build::Watch;
use crate::local::open_bytes;
use crate::stop::stopped;
use crate::{Error, Result};

/// Everything that can be said of one asset file.
pub(super) fn check(target: &Target, depth: Depth, watch: &dyn Watch) -> Vec<Finding> {
    let mut notes = Notes::new(target);
    size_and_checksum(target, &mut notes, watch);
    if let Some(tiff) = file(target, depth, &mut notes, watch) {
        grid::check(target, tiff.info(), &mut notes);
        bands::check(target, tiff.info(), &mut notes);
        if depth == Depth::Blocks && notes.found.iter().all(|f| f.rule != "COG-BLOCK") {
            bands::statistics(target, &mut notes, watch);
        }
    }
    notes.found
}

/// What can be said of a file that no item speaks of.
pub(super) fn check_alone(path: &Path, depth: Depth, watch: &dyn Watch) -> Vec<Finding> {
    let target = Target { at: path.display().to_string(), path: path.to_owned(), facts: AssetFacts::default() };
    let mut notes = Notes::new(&target);
    file(&target, depth, &mut notes, watch);
    notes.found
}

/// The file's own structure, and whether it decodes; the parsed file where it opens.
fn file(target: &Target, depth: Depth, notes: &mut Notes<'_>, watch: &dyn Watch) -> Option<Tiff> {
    let fix = "convert the raw file again";
    match open(&target.path) {
        Ok((bytes, tiff)) => {
            structure::check(&tiff, notes);
            if depth == Depth::Blocks {
                for error in structure::decode(&tiff, bytes.as_ref(), watch) {
                    notes.error("COG-BLOCK", error.to_string(), "every block decodes", fix);
                }
            }
            Some(tiff)
        }
        Err(e) => {
            notes.error("COG-UNREADABLE", e.to_string(), "a GeoTIFF that opens", fix);
            None
        }
    }
}

fn size_and_checksum(target: &Target, notes: &mut Notes<'_>, watch: &dyn Watch) {
    let (size, digest) = match hash(&target.path, watch) {
        Ok(both) => both,
        Err(e) => return notes.error("ASSET-UNREADABLE", e.to_string(), "a file that can be read", "look at its permissions and its disk"),
    };
    if let Some(said) = target.facts.size.filter(|s| *s != size) {
        notes.contradiction(Contradiction { rule: "ASSET-SIZE", field: "file:size", said: said.to_string(), is: format!("{size} bytes") });
    }
    if let Some(said) = target.facts.sha256.filter(|s| *s != digest) {
        let hex = |b: &[u8; 32]| b.iter().map(|b| format!("{b:02x}")).collect::<String>();
        notes.contradiction(Contradiction {
            rule: "ASSET-CHECKSUM",
            field: "file:checksum",
            said: format!("1220{}", hex(&said)),
            is: format!("sha256 {}", hex(&digest)),
        });
    }
}

fn hash(path: &Path, watch: &dyn Watch) -> Result<(u64, [u8; 32])> {
    let mut file = std::fs::File::open(path).map_err(|e| Error::file(path, &e))?;
    let mut sha = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let n = file.read(&mut buffer).map_err(|e| Error::file(path, &e))?;
        if n == 0 {
            return Ok((size, sha.finalize().into()));
        }
        sha.update(&buffer[..n]);
        size += n as u64;
        watch.advance(n as u64);
        if watch.is_stopped() {
            return Err(stopped(&path.display().to_string()));
        }
    }
}

/// Drives the parser over a local file.
fn open(path: &Path) -> Result<(Arc<dyn ByteSource>, Tiff)> {
    let bytes = open_bytes(path)?;
    let at = path.display().to_string();
    let mut known = Known::new(Some(bytes.len()));
    let mut want = vec![Span { offset: 0, len: bytes.len().min(32 << 10) }];
    loop {
        for span in want {
            let piece = bytes.read(span).map_err(|e| Error::file(path, &e))?;
            known.insert(span.offset, piece);
        }
        match tiff::parse(&at, &known, &Limits::default())? {
            Step::Ready(tiff) => return Ok((bytes, tiff)),
            Step::Need(spans) => want = spans,
        }
    }
}
