use serde_json::Value;

use super::model::Extent;
use super::{cube, item_assets, renders, summaries};
use crate::facts::{CollectionFacts, Provider};
use crate::json::Object;
use crate::{Collection, Item, Link, extension};

/// The Collection of one dataset, rolled up from its items, without structural links (see [`crate::layout`]).
///
/// Extents hold every item, also over the antimeridian; `item_assets` and `bands` are unions; `renders` and the cube come from the
/// statistics and grids of the items.
///
/// ```
/// use swath_stac::{Item, collection, facts::CollectionFacts};
/// let mut item = Item::new("t1");
/// item.bbox = Some(vec![170.0, -10.0, -170.0, 10.0]);
/// let facts = CollectionFacts { id: "map".into(), license: "CC-BY-4.0".into(), ..Default::default() };
/// let collection = collection::build(&facts, &[item]);
/// assert_eq!(collection.extent.spatial.bbox, [[170.0, -10.0, -170.0, 10.0]]);
/// ```
pub fn build(facts: &CollectionFacts, items: &[Item]) -> Collection {
    let mut collection = plain(facts);
    roll_up(&mut collection, items);
    collection
}

/// Makes anew what a collection says of its items: extent, `item_assets`, bands, summaries, renders, the cube. The rest stays.
pub fn roll_up(collection: &mut Collection, items: &[Item]) {
    ROLLED_UP.iter().for_each(|name| drop(collection.fields.shift_remove(*name)));
    collection.extent = Extent::of_items(items);
    collection.item_assets = item_assets::union(items);
    collection.bands = summaries::bands(items);
    collection.summaries = summaries::summarize(items);
    cube::write(collection, items);
    renders::write(collection, items);
    declare(collection);
}

/// Fields beside those of the core that [`roll_up`] makes.
pub const ROLLED_UP: [&str; 3] = ["cube:dimensions", "cube:variables", "renders"];

/// The root Collection over the collections of the datasets; its extent is the union of theirs.
pub fn root(facts: &CollectionFacts, children: &[Collection]) -> Collection {
    let mut collection = plain(facts);
    collection.extent = Extent::of_extents(children.iter().map(|c| &c.extent));
    declare(&mut collection);
    collection
}

fn declare(collection: &mut Collection) {
    if let Some(document) = collection.to_json().as_object() {
        collection.stac_extensions = extension::used(document);
    }
}

fn plain(facts: &CollectionFacts) -> Collection {
    let description = [Some(&facts.description), facts.title.as_ref(), Some(&facts.id)];
    let description = description.into_iter().flatten().find(|d| !d.is_empty()).cloned().unwrap_or_default();
    let mut collection = Collection::new(&facts.id, description);
    collection.title.clone_from(&facts.title);
    collection.keywords.clone_from(&facts.keywords);
    collection.license = if facts.license.is_empty() { "other".into() } else { facts.license.clone() };
    collection.providers = facts.providers.iter().map(provider).collect();
    collection.links = links(facts);
    if let Some(source) = &facts.source {
        let mut provenance = Object::new();
        for (name, value) in [("url", &source.url), ("accessed", &source.accessed), ("citation", &source.citation)] {
            if let Some(value) = value {
                provenance.insert(name.into(), value.clone().into());
            }
        }
        collection.fields.insert("swath:source".into(), Value::Object(provenance));
    }
    collection
}

/// STAC 1.1.0, collection-spec: a license that is not SPDX is `other` and a link.
fn links(facts: &CollectionFacts) -> Vec<Link> {
    let mut links = Vec::new();
    let license = facts.license_url.clone().or_else(|| spdx_page(&facts.license));
    if let Some(href) = license {
        links.push(Link::new("license", href).media_type("text/html").title((!facts.license.is_empty()).then_some(facts.license.as_str())));
    }
    if let Some(source) = &facts.source
        && let Some(url) = &source.url
    {
        let title = source.accessed.as_ref().map(|day| format!("Source, accessed {day}"));
        links.push(Link::new("derived_from", url).title(title.as_deref()));
        if url.starts_with("https://doi.org/") {
            links.push(Link::new("cite-as", url));
        }
    }
    links
}

/// Where the text of a single SPDX license stands.
fn spdx_page(license: &str) -> Option<String> {
    let single = !license.is_empty()
        && !matches!(license, "other" | "proprietary" | "various")
        && license.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+'));
    single.then(|| format!("https://spdx.org/licenses/{license}.html"))
}

fn provider(facts: &Provider) -> Value {
    let mut object = Object::new();
    object.insert("name".into(), facts.name.clone().into());
    if let Some(description) = &facts.description {
        object.insert("description".into(), description.clone().into());
    }
    if !facts.roles.is_empty() {
        object.insert("roles".into(), facts.roles.clone().into());
    }
    if let Some(url) = &facts.url {
        object.insert("url".into(), url.clone().into());
    }
    Value::Object(object)
}
