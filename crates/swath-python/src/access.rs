use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use swath::store::{Credentials, Store};
use swath::{Error, Result};

/// As whom a place is read: the kind, and what it needs, said anew with every call by the package's provider.
pub type Spoken = (String, Option<String>);

/// # Errors
/// Misuse for a kind that is none; what the credentials themselves say.
pub fn credentials((kind, value): &Spoken) -> Result<Credentials> {
    Ok(match (kind.as_str(), value) {
        ("environment", _) => Credentials::from_env()?,
        ("anonymous", _) => Credentials::anonymous(),
        ("sas", Some(token)) => Credentials::sas(token)?,
        ("sas_file", Some(file)) => Credentials::sas_file(Path::new(file))?,
        _ => return Err(Error::misuse("credential", format!("{kind:?}"), "environment, anonymous, sas or sas_file")),
    })
}

/// Stores that are open, so that connections serve more than one chunk; forgotten by a forked child.
static OPEN: Mutex<Option<(u32, HashMap<(String, Spoken), Store>)>> = Mutex::new(None);
/// More of them than this are old tokens.
const MOST: usize = 32;

/// The store of the catalog at `root`, or, where items came without one, of the first file.
///
/// # Errors
/// As [`credentials`] and [`Store::open`].
pub fn store(root: &str, spoken: &Spoken) -> Result<Store> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let here = std::process::id();
    if open.as_ref().is_none_or(|(owner, _)| *owner != here) {
        std::mem::forget(open.replace((here, HashMap::new())));
    }
    let Some((_, ways)) = open.as_mut() else { return Err(Error::misuse(root, "was not opened", "")) };
    let key = (root.to_owned(), spoken.clone());
    if let Some(store) = ways.get(&key) {
        return Ok(store.clone());
    }
    let store = opened(root, &credentials(spoken)?)?;
    if ways.len() >= MOST {
        ways.clear();
    }
    ways.insert(key, store.clone());
    Ok(store)
}

/// A root may be a document: the store is then what holds it.
fn opened(root: &str, credentials: &Credentials) -> Result<Store> {
    let bare = root.split(['?', '#']).next().unwrap_or(root).to_ascii_lowercase();
    let document = [".json", ".geojson", ".parquet", ".tif", ".tiff"].iter().any(|ending| bare.ends_with(ending));
    Ok(if document && !Path::new(root).is_dir() { Store::open_beside(root, credentials)?.0 } else { Store::open(root, credentials)? })
}
