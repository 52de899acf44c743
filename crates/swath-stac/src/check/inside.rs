use std::collections::BTreeMap;

use serde_json::Value;

use super::links::local;

/// Where in the tree an absolute reference leads, by the address that the root gives itself; `None` where it leads out of the tree or
/// the root gives none.
///
/// ```
/// use std::collections::BTreeMap;
/// use swath_stac::check::inside;
/// let root = r#"{"links": [{"rel": "self", "href": "https://host/maps/collection.json"}]}"#;
/// let documents = BTreeMap::from([("collection.json".to_owned(), root.to_owned())]);
/// assert_eq!(inside("https://host/maps/a%20b/c.tif", &documents).as_deref(), Some("a b/c.tif"));
/// assert_eq!(inside("https://elsewhere/c.tif", &documents), None);
/// ```
pub fn inside(href: &str, documents: &BTreeMap<String, String>) -> Option<String> {
    let root = documents.get("collection.json").or_else(|| documents.get("catalog.json"))?;
    let root: Value = serde_json::from_str(root).ok()?;
    let links = root.get("links")?.as_array()?;
    let own = links.iter().find(|link| link.get("rel").and_then(Value::as_str) == Some("self"))?.get("href")?.as_str()?;
    local("collection.json", href, Some(&own[..=own.rfind('/')?]))
}
