//! The bytes of an asset to the last one, through a nameless local file: memory stays bounded, and the rules for local files hold.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use swath_stac::check::Finding;
use swath_store::{Error as StoreError, Md5Sum, Store};

use super::object::{self, REPLACE, Wanted};
use crate::build::Watch;
use crate::check::run::{Depth, Target};
use crate::{Error, Result};

const PIECE: u64 = 4 << 20;
/// Pieces that travel side by side.
const BESIDE: usize = 4;

/// An asset on this machine; gone with this value, or with the process.
struct Copy {
    file: File,
    sha256: String,
    md5: [u8; 16],
}

/// Which version is read, and how large it is.
pub(super) struct Version<'a> {
    pub size: u64,
    pub etag: Option<&'a str>,
    /// The checksum that the server keeps.
    pub md5: Option<[u8; 16]>,
}

/// Reads an asset whole; its contradictions. With a depth, the rules for files hold for each item that names it.
///
/// # Errors
/// As [`Store::get_ranges`]; Disk where there is no room for a copy.
pub(super) async fn check(wanted: &Wanted, version: Version<'_>, depth: Option<Depth>, watch: &dyn Watch) -> Result<Vec<Finding>> {
    let copy = match copy(&wanted.store, &wanted.path, &version, watch).await? {
        Ok(copy) => copy,
        Err(garbled) => return Ok(vec![object::garbled(&wanted.at, garbled)]),
    };
    let mut findings = Vec::new();
    if version.md5.is_some_and(|kept| kept != copy.md5) {
        let found = "the Content-MD5 that its server keeps is not that of its bytes";
        findings.push(Finding::error("LIVE-MD5", &wanted.at, found, "the checksum of the bytes").fix(REPLACE));
    }
    if let Some(published) = wanted.published.as_ref().filter(|p| p.sha256 != copy.sha256) {
        let right = format!("sha256 {}, as published", published.sha256);
        findings.push(Finding::error("LIVE-CHECKSUM", &wanted.at, format!("sha256 {}", copy.sha256), right).fix(REPLACE));
        return Ok(findings);
    }
    let Some(depth) = depth else { return Ok(findings) };
    let path = format!("/dev/fd/{}", copy.file.as_raw_fd());
    let url = wanted.store.url_of(&wanted.path);
    for named in &wanted.named {
        let Some(facts) = named.facts.clone() else { continue };
        let target = Target { at: named.at.clone(), path: PathBuf::from(&path), facts };
        let work = tokio::task::spawn_blocking(move || crate::check::asset::check(&target, depth, &()));
        let found = work.await.map_err(|e| Error::new(crate::Family::Disk, &url, e.to_string(), ""))?;
        findings.extend(found.into_iter().map(|f| Finding { at: f.at.replace(&path, &url), found: f.found.replace(&path, &url), ..f }));
    }
    Ok(findings)
}

/// All bytes of an object, or the answer that contradicts itself each time it is asked for.
async fn copy(store: &Store, path: &str, version: &Version<'_>, watch: &dyn Watch) -> Result<std::result::Result<Copy, StoreError>> {
    let folder = std::env::temp_dir();
    let mut file = tempfile::tempfile_in(&folder).map_err(|e| Error::file(&folder, &e))?;
    let (mut sha256, mut md5) = (Sha256::new(), Md5Sum::default());
    let mut at = 0;
    while at < version.size {
        let starts = (0..BESIDE as u64).map(|n| at + n * PIECE).take_while(|start| *start < version.size);
        let ranges: Vec<_> = starts.map(|start| start..version.size.min(start + PIECE)).collect();
        let pieces = match store.get_ranges(path, &ranges, version.etag).await {
            Err(e) if e.flaw.is_some() => return Ok(Err(e)),
            pieces => pieces?,
        };
        for piece in pieces {
            file.write_all(&piece).map_err(|e| Error::file(&folder, &e))?;
            sha256.update(&piece);
            md5.update(&piece);
            watch.advance(piece.len() as u64);
        }
        at = ranges.last().map_or(version.size, |range| range.end);
    }
    let sha256 = sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Ok(Copy { file, sha256, md5: md5.finish() }))
}
