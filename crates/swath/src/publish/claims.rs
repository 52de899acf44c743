use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::{Map, Value};
use swath_stac::Link;
use swath_stac::collection::ROLLED_UP;
use swath_stac::layout::{join, relative};

use super::digest;
use super::files::BuildFile;
use crate::{Error, Family, Result};

/// What a document says of itself, and of files beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub id: Option<String>,
    pub claims: Vec<Claim>,
    /// Of a collection: what it says of itself and not of its items, digested.
    pub described: Option<String>,
}

/// What a document says of one file of the build.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// The key of the asset.
    pub asset: String,
    pub is_data: bool,
    /// Whether it is the table of a collection's items.
    pub is_mirror: bool,
    /// Relative to the build, with slashes.
    pub path: String,
    pub size: Option<u64>,
    /// Lower-case hexadecimal.
    pub sha256: Option<String>,
}

impl Said {
    /// Reads a document that lies at `path` in the build. Assets that lie elsewhere are not spoken of.
    pub(super) fn by(path: &str, document: &Value) -> Self {
        let base = published_base(path, document);
        let assets = document.get("assets").and_then(Value::as_object).into_iter().flat_map(Map::iter);
        let claims = assets.filter_map(|(key, asset)| claim(path, base.as_deref(), key, asset)).collect();
        let described = (document.get("type").and_then(Value::as_str) != Some("Feature")).then(|| description(document));
        Self { id: document.get("id").and_then(Value::as_str).map(str::to_owned), claims, described }
    }
    /// The tables of items that a collection names.
    pub(super) fn mirrors(&self) -> impl Iterator<Item = String> {
        self.claims.iter().filter(|claim| claim.is_mirror).map(|claim| claim.path.clone())
    }
}

fn claim(document: &str, base: Option<&str>, key: &str, asset: &Value) -> Option<Claim> {
    let path = target(document, base, asset.get("href")?.as_str()?)?;
    let sha256 = asset.get("file:checksum").and_then(Value::as_str).and_then(|sum| sum.strip_prefix("1220"));
    let has = |wanted: &str| asset.get("roles").and_then(Value::as_array).is_some_and(|roles| roles.iter().any(|role| role == wanted));
    Some(Claim {
        asset: key.to_owned(),
        is_data: has("data"),
        is_mirror: has("collection-mirror"),
        path,
        size: asset.get("file:size").and_then(Value::as_u64),
        sha256: sha256.map(str::to_ascii_lowercase),
    })
}

/// Where in the tree a reference leads; `None` where it leads out of it.
pub(super) fn target(document: &str, base: Option<&str>, href: &str) -> Option<String> {
    match href.contains("://") {
        true => join("root", href.strip_prefix(base?)?).ok(),
        false => join(document, href).ok(),
    }
}

/// What a collection says of itself and not of its items, digested: title, licence, links to elsewhere.
pub(super) fn description(document: &Value) -> String {
    let rolled = |name: &str| {
        matches!(name, "extent" | "item_assets" | "bands" | "summaries" | "stac_extensions" | "assets") || ROLLED_UP.contains(&name)
    };
    let mut own: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, value) in document.as_object().into_iter().flatten().filter(|(name, _)| !rolled(name)) {
        let value = match value.as_array().filter(|_| name == "links") {
            Some(links) => links.iter().filter(|link| !is_structural(link)).cloned().collect(),
            None => value.clone(),
        };
        own.insert(name, value);
    }
    digest::of_bytes(serde_json::to_string(&own).unwrap_or_default().as_bytes())
}

fn is_structural(link: &Value) -> bool {
    Link::new(link.get("rel").and_then(Value::as_str).unwrap_or_default(), "").is_structural()
}

/// Where the whole build will be, by the `self` link of a document that knows it already.
pub(super) fn published_base(path: &str, document: &Value) -> Option<String> {
    let links = document.get("links")?.as_array()?;
    let own = links.iter().find(|link| link.get("rel").is_some_and(|rel| rel == "self"))?.get("href")?.as_str()?;
    let encoded = relative("root", path);
    own.strip_suffix(encoded.strip_prefix("./")?).filter(|base| base.contains("://") && base.ends_with('/')).map(str::to_owned)
}

/// Holds every claim against the files themselves.
///
/// # Errors
/// Damaged, naming the first file that is missing or other than its document says.
pub(super) fn hold<'a>(build: &Path, files: &[BuildFile], said: impl Iterator<Item = (&'a str, &'a Said)>) -> Result<()> {
    let there: HashMap<&str, &BuildFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut wrong = Vec::new();
    for (document, said) in said {
        let found = said.claims.iter().filter_map(|claim| Some((claim, contradiction(claim, there.get(claim.path.as_str()).copied())?)));
        wrong.extend(found.map(|(claim, (found, right))| (document, claim.path.as_str(), found, right)));
    }
    let Some((document, path, found, right)) = wrong.first() else { return Ok(()) };
    let more = match wrong.len() - 1 {
        0 => String::new(),
        1 => ", and 1 more file is not what its item says".to_owned(),
        n => format!(", and {n} more files are not what their items say"),
    };
    let at = build.join(path).display().to_string();
    Err(Error::new(Family::Damaged, at, found.clone(), format!("{document} says {right}{more}"))
        .hint("nothing was sent; `swath check` on the build tells all that is wrong, `swath build` makes it again"))
}

/// What is found, and what was said.
fn contradiction(claim: &Claim, file: Option<&BuildFile>) -> Option<(String, String)> {
    let Some(file) = file else { return Some(("is not in the build".into(), format!("it is there, as asset '{}'", claim.asset))) };
    if let Some(size) = claim.size.filter(|size| *size != file.size) {
        return Some((format!("has {} bytes", file.size), size.to_string()));
    }
    let sum = claim.sha256.as_ref().filter(|sum| **sum != file.sha256)?;
    Some((format!("has the checksum sha256 {}", file.sha256), sum.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(own: Option<&str>, href: &str, path: Option<&str>) {
        let links = own.map(|href| serde_json::json!([{ "rel": "self", "href": href }]));
        let document = serde_json::json!({ "id": "i", "links": links, "assets": { "b": { "href": href, "file:size": 3 } } });
        let said = Said::by("map 4/i/i.json", &document);
        assert_eq!(said.claims.first().map(|claim| claim.path.as_str()), path, "{href}");
    }

    #[test]
    fn assets_are_found_by_relative_and_by_published_references() {
        let own = Some("https://a.blob.core.windows.net/c/v1/map%204/i/i.json");
        check(None, "./b%201.tif", Some("map 4/i/b 1.tif"));
        check(None, "../b.tif", Some("map 4/b.tif"));
        check(own, "https://a.blob.core.windows.net/c/v1/map%204/i/b%201.tif", Some("map 4/i/b 1.tif"));
        check(own, "https://elsewhere/b.tif", None);
        check(None, "https://a.blob.core.windows.net/c/v1/b.tif", None);
        check(None, "../../../b.tif", None);
    }
}
