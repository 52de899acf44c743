use serde_json::Value;

use super::assets;
use crate::facts::{ItemFacts, Time};
use crate::geometry::footprint;
use crate::json::Object;
use crate::{Item, extension, time};

/// The STAC 1.1.0 Item that these facts amount to, without links (see [`crate::layout`]).
///
/// Fields of extensions stand at the assets they describe; `proj:code` stands in the properties too where all assets agree, so that it
/// can be searched for. Assets without a CRS give an item without a geometry.
///
/// ```
/// use swath_stac::facts::{AssetFacts, GridFacts, ItemFacts, Time};
/// let item = swath_stac::item::build(&ItemFacts {
///     id: "t1".into(),
///     ring: Some(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]),
///     time: Time::at(swath_stac::time::parse("2020-01-01").unwrap()),
///     assets: vec![AssetFacts {
///         key: "b1".into(),
///         href: "b1.tif".into(),
///         grid: GridFacts { code: Some("EPSG:4326".into()), shape: Some([10, 10]), ..Default::default() },
///         ..Default::default()
///     }],
///     ..Default::default()
/// });
/// assert_eq!(item.bbox.as_deref(), Some(&[0.0, 0.0, 1.0, 1.0][..]));
/// assert_eq!(item.properties["datetime"], "2020-01-01T00:00:00Z");
/// assert_eq!(item.assets["b1"].fields["proj:code"], "EPSG:4326");
/// ```
pub fn build(facts: &ItemFacts) -> Item {
    let mut item = Item::new(&facts.id);
    item.collection.clone_from(&facts.collection);
    if let Some(footprint) = facts.ring.as_deref().and_then(footprint) {
        item.geometry = Some(footprint.shape.to_json());
        item.bbox = Some(footprint.bbox.to_array().to_vec());
    }
    item.properties = properties(facts);
    item.assets = facts.assets.iter().map(|asset| (asset.key.clone(), assets::build(asset))).collect();
    if let Some(code) = shared_code(facts) {
        item.properties.insert("proj:code".into(), code.into());
    }
    if let Some(document) = item.to_json().as_object() {
        item.stac_extensions = extension::used(document);
    }
    item
}

fn properties(facts: &ItemFacts) -> Object {
    let mut properties = Object::new();
    if let Some(title) = &facts.title {
        properties.insert("title".into(), title.clone().into());
    }
    write_time(&facts.time, &mut properties);
    for (name, value) in &facts.properties {
        properties.insert(name.clone(), value.clone());
    }
    properties
}

/// STAC 1.1.0, item-spec: `datetime` may be null only together with `start_datetime` and `end_datetime`.
fn write_time(time: &Time, properties: &mut Object) {
    properties.insert("datetime".into(), time.datetime.map_or(Value::Null, |t| time::rfc3339(&t).into()));
    if let Some((start, end)) = &time.period {
        properties.insert("start_datetime".into(), time::rfc3339(start).into());
        properties.insert("end_datetime".into(), time::rfc3339(end).into());
    }
}

fn shared_code(facts: &ItemFacts) -> Option<&str> {
    let mut codes = facts.assets.iter().map(|asset| asset.grid.code.as_deref());
    let first = codes.next()??;
    codes.all(|code| code == Some(first)).then_some(first)
}
