use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::facts::{AssetFacts, GridFacts};
use crate::item::asset_facts;
use crate::json::Object;
use crate::{Collection, Item, time};

/// Instants that are still worth a list.
const MOST_INSTANTS: usize = 400;

/// The dataset as one array (datacube extension v2.3), where all its data lie in one CRS.
pub(super) fn write(collection: &mut Collection, items: &[Item]) {
    let assets: Vec<AssetFacts> = items
        .iter()
        .flat_map(|item| item.assets.keys().filter_map(|key| asset_facts(item, key)))
        .filter(|asset| asset.roles.iter().any(|r| r == "data"))
        .collect();
    let Some((system, [west, south, east, north])) = one_system(&assets) else { return };
    let step = step(&assets);
    let axis = |axis: &str, from: f64, to: f64, step: Option<f64>| {
        let mut object = Object::new();
        object.insert("type".into(), "spatial".into());
        object.insert("axis".into(), axis.into());
        object.insert("extent".into(), json!([from, to]));
        if let Some(step) = step {
            object.insert("step".into(), step.into());
        }
        object.insert("reference_system".into(), system.clone());
        Value::Object(object)
    };
    let dimensions = json!({
        "time": temporal(collection, items),
        "y": axis("y", south, north, step.map(|s| s.1)),
        "x": axis("x", west, east, step.map(|s| s.0)),
    });
    collection.fields.insert("cube:dimensions".into(), dimensions);
    collection.fields.insert("cube:variables".into(), Value::Object(variables(&assets)));
}

fn variables(assets: &[AssetFacts]) -> Object {
    let mut variables: IndexMap<&str, Object> = IndexMap::new();
    for asset in assets {
        let [band] = asset.bands.as_slice() else {
            variables.entry(&asset.key).or_insert_with(variable);
            continue;
        };
        let mut own = variable();
        let text = [("description", &asset.title), ("unit", &band.unit), ("data_type", &band.data_type)];
        for (name, value) in text {
            if let Some(value) = value {
                own.insert(name.into(), value.clone().into());
            }
        }
        if let Some(nodata) = band.nodata {
            own.insert("nodata".into(), nodata.to_json());
        }
        match variables.get_mut(asset.key.as_str()) {
            None => drop(variables.insert(&asset.key, own)),
            Some(known) => known.retain(|name, value| own.get(name) == Some(value)),
        }
    }
    variables.into_iter().map(|(key, variable)| (key.to_owned(), Value::Object(variable))).collect()
}

fn variable() -> Object {
    let mut object = Object::new();
    object.insert("dimensions".into(), json!(["time", "y", "x"]));
    object.insert("type".into(), "data".into());
    object
}

fn temporal(collection: &Collection, items: &[Item]) -> Value {
    let [start, end] = collection.extent.temporal.interval.first().cloned().unwrap_or_default();
    let mut object = Object::new();
    object.insert("type".into(), "temporal".into());
    object.insert("extent".into(), json!([start, end]));
    let mut instants: Vec<String> = items.iter().filter_map(Item::datetime).map(|t| time::rfc3339(&t)).collect();
    instants.sort_unstable();
    instants.dedup();
    if !instants.is_empty() && instants.len() <= MOST_INSTANTS {
        object.insert("values".into(), json!(instants));
    }
    Value::Object(object)
}

/// The CRS of all grids, as datacube says it, and the box around them in it.
fn one_system(assets: &[AssetFacts]) -> Option<(Value, [f64; 4])> {
    let first = &assets.first()?.grid;
    let system = system(first)?;
    let mut around = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for asset in assets {
        let grid = &asset.grid;
        if (&grid.code, &grid.wkt2) != (&first.code, &first.wkt2) {
            return None;
        }
        let [w, s, e, n] = grid.bbox?;
        around = [around[0].min(w), around[1].min(s), around[2].max(e), around[3].max(n)];
    }
    around.iter().all(|v| v.is_finite()).then_some((system, around))
}

/// An EPSG number, or WKT2.
fn system(grid: &GridFacts) -> Option<Value> {
    let number = grid.code.as_deref().and_then(|c| c.strip_prefix("EPSG:")).and_then(|n| n.parse::<u32>().ok());
    number.map(Value::from).or_else(|| grid.wkt2.clone().map(Value::from))
}

/// Pixel width and height, where all grids share them and none is rotated.
fn step(assets: &[AssetFacts]) -> Option<(f64, f64)> {
    let mut steps = assets.iter().map(|asset| {
        let [a, b, _, d, e, _] = asset.grid.transform?;
        (b == 0.0 && d == 0.0).then_some((a.abs(), e.abs()))
    });
    let first = steps.next()??;
    steps.all(|s| s == Some(first)).then_some(first)
}
