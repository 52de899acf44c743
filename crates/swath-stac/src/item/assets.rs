use std::fmt::Write;

use serde_json::Value;

use crate::Asset;
use crate::facts::{AssetFacts, BandFacts, Class, GridFacts, Statistics};
use crate::json::{Object, numbers};
use crate::link::COG;

/// Fields that say of a whole asset what is the same for each of its bands (STAC 1.1.0, common metadata, "Bands").
const HOISTED: &[&str] = &["data_type", "nodata", "unit", "raster:scale", "raster:offset"];

pub(super) fn build(facts: &AssetFacts) -> Asset {
    let mut asset = Asset::new(&facts.href);
    asset.title.clone_from(&facts.title);
    asset.description.clone_from(&facts.description);
    asset.media_type = Some(facts.media_type.clone().unwrap_or_else(|| COG.to_owned()));
    asset.roles = if facts.roles.is_empty() { vec!["data".into()] } else { facts.roles.clone() };
    let fields = &mut asset.fields;
    write_bands(&facts.bands, fields);
    if let Some(metres) = facts.spatial_resolution.filter(|v| v.is_finite() && *v > 0.0) {
        fields.insert("raster:spatial_resolution".into(), metres.into());
    }
    write_grid(&facts.grid, fields);
    if let Some(size) = facts.size {
        fields.insert("file:size".into(), size.into());
    }
    if let Some(sha256) = &facts.sha256 {
        fields.insert("file:checksum".into(), multihash(sha256).into());
    }
    if let Some(size) = facts.header_size {
        fields.insert("file:header_size".into(), size.into());
    }
    asset
}

/// `1220` and the digest: multihash of sha2-256, 32 bytes (file extension v2.1, `file:checksum`).
pub(crate) fn multihash(sha256: &[u8; 32]) -> String {
    let mut text = String::from("1220");
    for byte in sha256 {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Projection extension v2.0: a code, or null and the CRS in full; transform row-major; shape rows first.
fn write_grid(grid: &GridFacts, fields: &mut Object) {
    if let Some(code) = &grid.code {
        fields.insert("proj:code".into(), code.clone().into());
    } else if grid.has_crs() {
        fields.insert("proj:code".into(), Value::Null);
        if let Some(wkt2) = &grid.wkt2 {
            fields.insert("proj:wkt2".into(), wkt2.clone().into());
        }
        if let Some(projjson) = &grid.projjson {
            fields.insert("proj:projjson".into(), projjson.clone());
        }
    }
    let mut write = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.into(), value);
        }
    };
    write("proj:shape", grid.shape.map(|[rows, columns]| serde_json::json!([rows, columns])));
    write("proj:transform", grid.transform.and_then(|t| numbers(&t)));
    write("proj:bbox", grid.bbox.filter(|_| grid.has_crs()).and_then(|b| numbers(&b)));
}

fn write_bands(bands: &[BandFacts], fields: &mut Object) {
    let mut objects: Vec<Object> = bands.iter().map(band).collect();
    if let [only] = objects.as_mut_slice() {
        let names: Vec<String> = only.keys().filter(|k| !matches!(k.as_str(), "name" | "description")).cloned().collect();
        for name in names {
            if let Some(value) = only.shift_remove(&name) {
                fields.insert(name, value);
            }
        }
    } else {
        for name in HOISTED {
            let Some(first) = objects.first().and_then(|b| b.get(*name)).cloned() else { continue };
            if objects.iter().all(|b| b.get(*name) == Some(&first)) {
                for object in &mut objects {
                    object.shift_remove(*name);
                }
                fields.insert((*name).into(), first);
            }
        }
    }
    if objects.iter().any(|b| !b.is_empty()) {
        fields.insert("bands".into(), objects.into_iter().map(Value::Object).collect());
    }
}

fn band(facts: &BandFacts) -> Object {
    let mut band = Object::new();
    let mut write = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            band.insert(name.into(), value);
        }
    };
    let finite = |v: Option<f64>| v.filter(|v| v.is_finite()).map(Value::from);
    write("name", facts.name.clone().map(Value::from));
    write("description", facts.description.clone().map(Value::from));
    write("data_type", facts.data_type.clone().map(Value::from));
    write("nodata", facts.nodata.map(crate::facts::Nodata::to_json));
    write("unit", facts.unit.clone().map(Value::from));
    write("raster:scale", finite(facts.scale));
    write("raster:offset", finite(facts.offset));
    write("statistics", facts.statistics.as_ref().and_then(statistics));
    write("classification:classes", (!facts.classes.is_empty()).then(|| facts.classes.iter().map(class).collect()));
    for (name, value) in &facts.eo {
        write(name, Some(value.clone()));
    }
    band
}

fn statistics(facts: &Statistics) -> Option<Value> {
    let mut object = Object::new();
    let values = [("minimum", facts.minimum), ("maximum", facts.maximum), ("mean", facts.mean), ("stddev", facts.stddev)];
    for (name, value) in values {
        if let Some(value) = value.filter(|v| v.is_finite()) {
            object.insert(name.into(), value.into());
        }
    }
    if let Some(count) = facts.count {
        object.insert("count".into(), count.into());
    }
    if let Some(percent) = facts.valid_percent.filter(|v| v.is_finite()) {
        object.insert("valid_percent".into(), percent.into());
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

fn class(facts: &Class) -> Value {
    let mut object = Object::new();
    object.insert("value".into(), facts.value.into());
    object.insert("name".into(), facts.name.clone().unwrap_or_else(|| class_name(facts)).into());
    object.insert("description".into(), facts.description.clone().into());
    if let Some(color) = &facts.color_hint {
        object.insert("color_hint".into(), color.clone().into());
    }
    Value::Object(object)
}

/// Classification extension v2.0: a class has a name of letters, digits, `-` and `_`; here made of its description.
fn class_name(facts: &Class) -> String {
    let name: String =
        facts.description.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    if name.chars().any(|c| c.is_ascii_alphanumeric()) { name } else { format!("class_{}", facts.value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Nodata;
    use serde_json::json;

    fn named(name: &str, nodata: f64) -> BandFacts {
        BandFacts {
            name: Some(name.into()),
            data_type: Some("float32".into()),
            nodata: Some(Nodata::Float(nodata)),
            ..BandFacts::default()
        }
    }

    #[track_caller]
    fn check(bands: Vec<BandFacts>, expected: Value) {
        let asset = build(&AssetFacts { key: "a".into(), href: "a.tif".into(), bands, ..AssetFacts::default() });
        assert_eq!(Value::Object(asset.fields), expected);
    }

    #[test]
    fn one_band_speaks_for_its_asset() {
        check(vec![named("b1", f64::NAN)], json!({"data_type": "float32", "nodata": "nan", "bands": [{"name": "b1"}]}));
    }

    #[test]
    fn what_all_bands_share_is_said_once() {
        check(
            vec![named("r", 0.0), named("g", 1.0)],
            json!({"data_type": "float32", "bands": [{"name": "r", "nodata": 0}, {"name": "g", "nodata": 1}]}),
        );
    }

    #[test]
    fn values_that_json_cannot_say_are_left_out() {
        let statistics = Statistics { minimum: Some(f64::NAN), maximum: Some(f64::INFINITY), ..Statistics::default() };
        check(vec![BandFacts { statistics: Some(statistics), scale: Some(f64::NAN), ..BandFacts::default() }], json!({}));
    }

    #[test]
    fn a_grid_without_a_code_says_null_and_its_crs_in_full() {
        let grid = GridFacts { wkt2: Some("GEOGCRS[]".into()), transform: Some([1.0, 0.0, 0.0, 0.0, -1.0, 0.0]), ..GridFacts::default() };
        let asset = build(&AssetFacts { grid, ..AssetFacts::default() });
        assert_eq!(asset.fields["proj:code"], Value::Null);
        assert_eq!(asset.fields["proj:wkt2"], "GEOGCRS[]");
        assert!(!asset.fields.contains_key("proj:projjson"));
    }
}
