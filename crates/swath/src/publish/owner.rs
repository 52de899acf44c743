use serde_json::Value;
use swath_store::Family as StoreFamily;

use super::manifest::{MANIFEST, Manifest};
use super::plan::Conflict;
use super::remote::Remote;
use crate::{Error, Family, Result};

/// Names that a root document may have, in the order in which readers try them.
pub(super) const ROOTS: [&str; 2] = ["collection.json", "catalog.json"];

/// Another catalog than `ours` at a place, by a root document that differs (`roots`: those that do) or by its manifest.
pub(super) async fn another(
    ours: Option<&str>,
    roots: &[&str],
    known: Option<&Manifest>,
    remote: &impl Remote,
) -> Result<Option<Conflict>> {
    for path in roots {
        let theirs = id(&remote.get(path).await?.bytes);
        if theirs.as_deref() != ours {
            return Ok(Some(conflict(path, theirs.as_deref())));
        }
    }
    let recorded = known.and_then(|manifest| manifest.catalog.as_deref()).filter(|recorded| Some(*recorded) != ours);
    Ok(recorded.map(|theirs| conflict(MANIFEST, Some(theirs))))
}

/// Makes sure that the catalog at a place still is the one whose manifest it is.
///
/// # Errors
/// Conflict where the root is another catalog's.
pub(super) async fn unchanged(manifest: &Manifest, remote: &impl Remote) -> Result<()> {
    let Some(ours) = manifest.catalog.as_deref() else { return Ok(()) };
    for path in ROOTS {
        let theirs = match remote.get(path).await {
            Ok(fetched) => id(&fetched.bytes),
            Err(e) if e.family == StoreFamily::Absent => continue,
            Err(e) => return Err(e.into()),
        };
        if theirs.as_deref() != Some(ours) {
            let found = conflict(path, theirs.as_deref()).found;
            return Err(Error::new(Family::Conflict, remote.url_of(path), found, format!("the manifest is of '{ours}'"))
                .hint("nothing was removed; publish each catalog to a place of its own"));
        }
        // Readers look no further.
        break;
    }
    Ok(())
}

fn conflict(path: &str, id: Option<&str>) -> Conflict {
    let named = id.map_or("without id".to_owned(), |id| format!("'{id}'"));
    let hint = "publish each catalog to a place of its own, or replace what is there with `--overwrite true`";
    Conflict { path: path.to_owned(), found: format!("another catalog is there, {named}"), hint: hint.to_owned() }
}

fn id(bytes: &[u8]) -> Option<String> {
    serde_json::from_slice::<Value>(bytes).ok()?.get("id")?.as_str().map(str::to_owned)
}
