//! Whether an object holds exactly the bytes of a local file, by the cheapest proof at hand.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use md5::{Digest, Md5};

use crate::store::{Entry, Store};
use crate::{Error, Result};

const PIECE: u64 = 2 << 20;

impl Store {
    /// Compares sizes, then the checksum that the server keeps; where it keeps none, the bytes themselves.
    ///
    /// # Errors
    /// As [`Store::get_ranges`]; Absent or Disk for the local file.
    pub async fn holds(&self, entry: &Entry, file: &Path) -> Result<bool> {
        let disk = |e: std::io::Error| Error::file(file, &e);
        if tokio::fs::metadata(file).await.map_err(disk)?.len() != entry.size {
            return Ok(false);
        }
        if let Some(sum) = entry.md5 {
            let file = file.to_path_buf();
            return crate::store::blocking(move || Ok(md5(&file)? == sum)).await;
        }
        let mut local = BufReader::new(File::open(file).map_err(disk)?);
        let mut at = 0;
        while at < entry.size {
            let end = entry.size.min(at + PIECE);
            let piece = std::iter::once(at..end).collect::<Vec<_>>();
            let there = self.get_ranges(&entry.path, &piece, entry.etag.as_deref()).await?;
            let mut ours = vec![0; usize::try_from(end - at).unwrap_or(0)];
            local.read_exact(&mut ours).map_err(disk)?;
            if there.first().is_none_or(|bytes| bytes != &ours) {
                return Ok(false);
            }
            at = end;
        }
        Ok(true)
    }
}

fn md5(path: &Path) -> Result<[u8; 16]> {
    let failed = |e: std::io::Error| Error::file(path, &e);
    let mut file = File::open(path).map_err(failed)?;
    let mut sum = Md5::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece).map_err(failed)?;
        if read == 0 {
            return Ok(sum.finalize().into());
        }
        sum.update(&piece[..read]);
    }
}
