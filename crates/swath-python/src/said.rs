use serde_json::{Map, Value};

/// Adds what a person says of assets (`stac_cfg` of odc-stac) wherever the items themselves do not say it.
pub fn fill(items: &mut [Value], config: &Value) {
    for item in items {
        let collection = item.get("collection").and_then(Value::as_str).map(str::to_owned);
        let Some(words) = of_collection(config, collection.as_deref()) else { continue };
        let Some(assets) = item.get_mut("assets").and_then(Value::as_object_mut) else { continue };
        for (key, asset) in assets.iter_mut() {
            let Some(asset) = asset.as_object_mut() else { continue };
            for field in ["data_type", "nodata", "unit"] {
                let word = [key.as_str(), "*"].iter().find_map(|name| words.get(*name)?.get(field).filter(|v| !v.is_null()));
                if let Some(word) = word
                    && !is_said(asset, field)
                {
                    asset.insert(field.to_owned(), word.clone());
                }
            }
        }
    }
}

/// The words on the assets of one collection: its own before those of `*`; a configuration with `assets` at its top is of one collection.
fn of_collection<'a>(config: &'a Value, collection: Option<&str>) -> Option<&'a Map<String, Value>> {
    let assets = |config: &'a Value| config.get("assets").and_then(Value::as_object);
    assets(config).or_else(|| assets(config.get(collection?)?)).or_else(|| assets(config.get("*")?))
}

fn is_said(asset: &Map<String, Value>, field: &str) -> bool {
    let there = |value: Option<&Value>| value.is_some_and(|v| !v.is_null() && v != "other");
    let bands = ["bands", "raster:bands"].iter().filter_map(|list| asset.get(*list)?.as_array()).flatten();
    there(asset.get(field)) || bands.into_iter().any(|band| there(band.get(field)))
}
