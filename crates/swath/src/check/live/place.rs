use serde_json::Value;
use swath_stac::check::Finding;
use swath_store::{Credentials, Family as StoreFamily, Look, Store};

use crate::publish::{MANIFEST, Manifest};
use crate::{Error, Family, Result};

/// Names of a root, in the order in which readers try them.
const ROOTS: [&str; 2] = ["collection.json", "catalog.json"];

/// A published catalog: where it is, and what was published there.
pub(super) struct Place {
    pub store: Store,
    /// The root document, in the store.
    pub root: String,
    pub manifest: Option<Manifest>,
    /// The version of the manifest.
    pub version: Option<String>,
    /// On the manifest itself.
    pub findings: Vec<Finding>,
}

/// Finds the root and the manifest of a catalog by the address of either its folder or one of its documents.
///
/// # Errors
/// Absent where there is no root; Refused, Unreachable; as [`Store::open`].
pub(super) async fn open(place: &str, credentials: &Credentials) -> Result<Place> {
    let bare = place.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let names_document = (bare.ends_with(".json") || bare.ends_with(".geojson")) && !std::path::Path::new(place).is_dir();
    let (store, named) = match names_document {
        true => {
            let (store, name) = Store::open_beside(place, credentials)?;
            climb(store, name).await?
        }
        false => (Store::open(place, credentials)?, None),
    };
    let mut findings = Vec::new();
    let (manifest, version) = match Manifest::read(&store).await {
        Ok(Some((manifest, version))) => (Some(manifest), version),
        Ok(None) => (None, None),
        // A web site may hide what is absent behind a refusal; its root tells whether it means all of it.
        Err(e) if e.family == Family::Refused && store.azure_place().is_none() => (None, None),
        Err(e) if matches!(e.family, Family::Damaged | Family::Unsupported) => {
            findings
                .push(Finding::error("LIVE-MANIFEST", MANIFEST, e.found, "the manifest that `swath publish` wrote").fix("swath publish"));
            (None, None)
        }
        Err(e) => return Err(e),
    };
    let published = || ROOTS.into_iter().find(|name| manifest.as_ref().is_some_and(|m| m.objects.contains_key(*name))).map(str::to_owned);
    let root = match named.or_else(published) {
        Some(root) => root,
        None => first(&store).await?,
    };
    Ok(Place { store, root, manifest, version, findings })
}

/// From a document to the root that it names, and the folder of that.
async fn climb(store: Store, name: String) -> Result<(Store, Option<String>)> {
    let fetched = store.get(&name).await?;
    let document: Value = serde_json::from_slice(&fetched.bytes).unwrap_or(Value::Null);
    let links = document["links"].as_array().into_iter().flatten();
    let root = links.clone().find(|link| link["rel"] == "root").and_then(|link| link["href"].as_str());
    if let Some((above, path)) = root.and_then(|href| store.resolve(&name, href).ok())
        && above.url_of(&path) != store.url_of(&name)
        && above.host() == store.host()
    {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        return Ok((above.below(folder), Some(name.to_owned())));
    }
    Ok((store, Some(name)))
}

async fn first(store: &Store) -> Result<String> {
    let mut refused = None;
    for name in ROOTS {
        match store.look(name, &Look { range: Some(0..16), ..Look::default() }).await {
            Ok(_) => return Ok(name.to_owned()),
            Err(e) if e.family == StoreFamily::Absent => {}
            Err(e) if e.family == StoreFamily::Refused => drop(refused.get_or_insert(e)),
            Err(e) => return Err(e.into()),
        }
    }
    Err(refused.map_or_else(
        || {
            Error::new(Family::Absent, store.url(), "no catalog", "collection.json or catalog.json is expected in it")
                .hint("name the folder that holds the root collection.json, or the document itself")
        },
        Error::from,
    ))
}
