use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// The SHA-256 of a file, in lower-case hexadecimal.
pub(super) fn of_file(path: &Path) -> Result<String> {
    let failed = |e: std::io::Error| Error::file(path, &e);
    let mut file = File::open(path).map_err(failed)?;
    let mut sum = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece).map_err(failed)?;
        if read == 0 {
            return Ok(hexadecimal(&sum.finalize()));
        }
        sum.update(&piece[..read]);
    }
}

/// The SHA-256 of bytes, in lower-case hexadecimal.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
