use std::path::Path;

use swath::store::{Credentials, Store};
use swath::{Error, Result};

use crate::kept::Kept;

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

/// Stores that are open, so that connections serve more than one chunk.
static OPEN: Kept<Store> = Kept::new();

/// The store of the catalog at `root`, or, where items came without one, of the first file.
///
/// # Errors
/// As [`credentials`] and [`Store::open`].
pub fn store(root: &str, spoken: &Spoken) -> Result<Store> {
    if let Some(store) = OPEN.find(root, spoken) {
        return Ok(store);
    }
    let store = opened(root, &credentials(spoken)?)?;
    OPEN.keep(root, spoken, store.clone());
    Ok(store)
}

/// A root may be a document: the store is then what holds it.
fn opened(root: &str, credentials: &Credentials) -> Result<Store> {
    let bare = root.split(['?', '#']).next().unwrap_or(root).to_ascii_lowercase();
    let document = [".json", ".geojson", ".parquet", ".tif", ".tiff"].iter().any(|ending| bare.ends_with(ending));
    Ok(if document && !Path::new(root).is_dir() { Store::open_beside(root, credentials)?.0 } else { Store::open(root, credentials)? })
}
