use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;

use crate::{Error, Family, Result, Sas};

/// A SAS token in a file, which its owner may renew while a long job runs. A clone shares what was read.
#[derive(Clone)]
pub(crate) struct SasFile(Arc<Shared>);

struct Shared {
    path: PathBuf,
    read: Mutex<Read>,
}

struct Read {
    sas: Sas,
    when: Instant,
}

/// A token this close to its end is looked for again.
const CLOSE: chrono::Duration = chrono::Duration::minutes(5);
/// And not more often than this.
const PAUSE: Duration = Duration::from_secs(1);

impl SasFile {
    /// # Errors
    /// Refused where the file cannot be read; Misuse where its text is no SAS token.
    pub fn open(path: &Path) -> Result<Self> {
        let read = Read { sas: read(path)?, when: Instant::now() };
        Ok(Self(Arc::new(Shared { path: path.to_owned(), read: Mutex::new(read) })))
    }
    /// The token to use now: read again where the one that was read is about to lapse.
    pub fn current(&self) -> Sas {
        let mut known = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        let lapses = known.sas.expires().is_some_and(|end| end - Utc::now() < CLOSE);
        if lapses && known.when.elapsed() > PAUSE {
            known.when = Instant::now();
            if let Ok(new) = read(&self.0.path) {
                known.sas = new;
            }
        }
        known.sas.clone()
    }
    /// After a server refused a token: whether the file holds another one now.
    pub fn renew(&self, refused: &Sas) -> bool {
        let mut known = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        if known.sas.is_same(refused)
            && let Ok(new) = read(&self.0.path)
        {
            *known = Read { sas: new, when: Instant::now() };
        }
        !known.sas.is_same(refused)
    }
}

fn read(path: &Path) -> Result<Sas> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        let found = if path.exists() { e.to_string() } else { "does not exist".to_owned() };
        Error::new(
            Family::Refused,
            path.display().to_string(),
            found,
            "a file that holds a SAS token: a query with the fields sv, sp, se and sig",
        )
    })?;
    Sas::parse(text.trim()).map(|sas| sas.found_in("--sas-file")).map_err(|e| Error { at: path.display().to_string(), ..e })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewed_file_is_read_again_once_its_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.sas");
        std::fs::write(&path, "sp=rl&se=2020-01-01&sig=b2xk\n").unwrap();
        let file = SasFile::open(&path).unwrap();
        let old = file.current();
        assert!(!file.renew(&old), "the same token is no renewal");
        std::fs::write(&path, "half a to").unwrap();
        assert!(!file.renew(&old) && file.current().is_same(&old), "a file in the middle of being written is left alone");
        std::fs::write(&path, "?sp=rl&se=2999-01-01&sig=bmV3").unwrap();
        assert!(file.renew(&old));
        assert!(!file.current().is_same(&old));
        assert!(file.renew(&old), "whoever else was refused the old one gets the new one");
    }
}
