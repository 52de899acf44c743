use serde_json::Value;

use crate::facts::{AssetFacts, BandFacts, Class, GridFacts, Nodata, Statistics};
use crate::json::{Object, floats};
use crate::{Asset, Item};

/// What an item says of one of its assets, as facts: fields of the asset, else of the properties; fields of a band, else of its asset.
/// `None` where the item has no such asset. Fields that are malformed read as absent.
pub fn asset_facts(item: &Item, key: &str) -> Option<AssetFacts> {
    let asset = item.assets.get(key)?;
    let text = |name: &str| field(item, asset, name).and_then(Value::as_str).map(str::to_owned);
    let list = |name: &str| field(item, asset, name).and_then(floats);
    let integer = |name: &str| asset.field(name).and_then(Value::as_u64);
    let grid = GridFacts {
        code: text("proj:code").or_else(|| legacy_code(item, asset)),
        wkt2: text("proj:wkt2"),
        projjson: field(item, asset, "proj:projjson").filter(|v| v.is_object()).cloned(),
        transform: list("proj:transform").and_then(|t| t.first_chunk::<6>().copied()),
        shape: list("proj:shape").and_then(|s| s.first_chunk::<2>().map(|s| s.map(|n| n as u64))),
        bbox: list("proj:bbox").and_then(|b| match b.as_slice() {
            [w, s, e, n] | [w, s, _, e, n, _] => Some([*w, *s, *e, *n]),
            _ => None,
        }),
    };
    Some(AssetFacts {
        key: key.to_owned(),
        href: asset.href.clone(),
        title: asset.title.clone(),
        description: asset.description.clone(),
        roles: asset.roles.clone(),
        media_type: asset.media_type.clone(),
        grid,
        bands: bands(asset),
        size: integer("file:size"),
        sha256: asset.field("file:checksum").and_then(Value::as_str).and_then(digest),
        header_size: integer("file:header_size"),
        spatial_resolution: field(item, asset, "raster:spatial_resolution").and_then(Value::as_f64),
    })
}

fn field<'a>(item: &'a Item, asset: &'a Asset, name: &str) -> Option<&'a Value> {
    asset.field(name).or_else(|| item.properties.get(name))
}

/// Projection extension before v2: `proj:epsg`.
fn legacy_code(item: &Item, asset: &Asset) -> Option<String> {
    field(item, asset, "proj:epsg").and_then(Value::as_u64).map(|n| format!("EPSG:{n}"))
}

fn digest(checksum: &str) -> Option<[u8; 32]> {
    let hex = checksum.strip_prefix("1220").filter(|h| h.len() == 64 && h.is_ascii())?;
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

fn bands(asset: &Asset) -> Vec<BandFacts> {
    let none = Object::new();
    let listed = ["bands", "raster:bands"].iter().find_map(|name| asset.field(name).and_then(Value::as_array));
    match listed {
        Some(list) if !list.is_empty() => list.iter().map(|b| band(b.as_object().unwrap_or(&none), &asset.fields)).collect(),
        _ => vec![band(&none, &asset.fields)],
    }
}

fn band(own: &Object, asset: &Object) -> BandFacts {
    let field = |name: &str| own.get(name).or_else(|| asset.get(name));
    let number = |name: &str| field(name).and_then(Value::as_f64);
    let statistics = field("statistics").and_then(Value::as_object).map(|s| {
        let number = |name: &str| s.get(name).and_then(Value::as_f64);
        Statistics {
            minimum: number("minimum"),
            maximum: number("maximum"),
            mean: number("mean"),
            stddev: number("stddev"),
            count: s.get("count").and_then(Value::as_u64),
            valid_percent: number("valid_percent"),
        }
    });
    BandFacts {
        name: own.get("name").and_then(Value::as_str).map(str::to_owned),
        description: own.get("description").and_then(Value::as_str).map(str::to_owned),
        data_type: field("data_type").and_then(Value::as_str).map(str::to_owned),
        nodata: field("nodata").and_then(Nodata::from_json),
        unit: field("unit").and_then(Value::as_str).map(str::to_owned),
        scale: number("raster:scale").or_else(|| own.get("scale").and_then(Value::as_f64)),
        offset: number("raster:offset").or_else(|| own.get("offset").and_then(Value::as_f64)),
        statistics,
        classes: field("classification:classes").and_then(Value::as_array).into_iter().flatten().filter_map(class).collect(),
        eo: asset.iter().chain(own).filter(|(k, _)| k.starts_with("eo:")).map(|(k, v)| (k.clone(), v.clone())).collect(),
    }
}

fn class(value: &Value) -> Option<Class> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let value = value.get("value")?.as_i64();
    Some(Class { value: value?, name: text("name"), description: text("description").unwrap_or_default(), color_hint: text("color_hint") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{ItemFacts, Time};

    #[test]
    fn what_was_built_reads_back_as_the_same_facts() {
        let band = |name: &str, unit: &str| BandFacts {
            name: Some(name.into()),
            data_type: Some("int16".into()),
            nodata: Some(Nodata::Int(-1)),
            unit: Some(unit.into()),
            statistics: Some(Statistics { minimum: Some(0.0), count: Some(4), ..Statistics::default() }),
            classes: vec![Class { value: 1, name: Some("sea".into()), description: "water".into(), ..Class::default() }],
            ..BandFacts::default()
        };
        for bands in [vec![band("a", "m")], vec![band("a", "m"), band("b", "K")]] {
            let asset = AssetFacts {
                key: "k".into(),
                href: "k.tif".into(),
                roles: vec!["data".into()],
                media_type: Some(crate::link::COG.into()),
                grid: GridFacts {
                    code: Some("EPSG:32618".into()),
                    transform: Some([30.0, 0.0, 500_007.0, 0.0, -30.0, 4_500_000.0]),
                    shape: Some([2, 2]),
                    bbox: Some([500_007.0, 4_499_940.0, 500_067.0, 4_500_000.0]),
                    ..GridFacts::default()
                },
                bands,
                size: Some(7),
                sha256: Some([0xab; 32]),
                header_size: Some(3),
                spatial_resolution: Some(30.0),
                ..AssetFacts::default()
            };
            let facts = ItemFacts { id: "i".into(), time: Time::default(), assets: vec![asset.clone()], ..ItemFacts::default() };
            assert_eq!(asset_facts(&crate::item::build(&facts), "k"), Some(asset));
        }
    }
}
