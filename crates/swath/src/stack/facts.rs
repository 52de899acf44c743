use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use swath_raster::crs::Crs;
use swath_raster::{Affine, Grid, Nodata, SampleType, Shape};

use crate::{Error, Family, Result};

/// What one item's metadata says, as far as a stack needs it.
#[derive(Debug, Clone)]
pub(super) struct ItemFacts {
    pub id: String,
    pub datetime: DateTime<Utc>,
    /// Start and end, where the item stands for a day or more.
    pub period: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Middle of the bbox, in degrees.
    pub longitude: f64,
    pub assets: Vec<AssetFacts>,
}

/// One raster asset.
#[derive(Debug, Clone)]
pub(super) struct AssetFacts {
    pub key: String,
    pub href: String,
    /// `None` where the metadata does not say it in full.
    pub grid: Option<Grid>,
    pub bands: Vec<BandFacts>,
    pub size: Option<u64>,
    pub header_size: Option<u64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct BandFacts {
    pub name: Option<String>,
    pub sample: Option<SampleType>,
    pub nodata: Option<Nodata>,
    pub unit: Option<String>,
    pub scale: Option<f64>,
    pub offset: Option<f64>,
    pub classes: Vec<Class>,
    /// The eo extension's word for the colour of the light, such as `red`.
    pub common_name: Option<String>,
}

/// One class of a categorical band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    pub value: i64,
    pub name: String,
    pub color: Option<[u8; 3]>,
}

/// Reads an item (GeoJSON with absolute asset hrefs): STAC 1.1's common fields, or the extensions' older ones.
///
/// # Errors
/// Damaged, naming item and field, where a field that is there says something impossible or the datetime is absent.
pub(super) fn read(item: &Value) -> Result<ItemFacts> {
    let id = item["id"].as_str().unwrap_or("(item without id)").to_owned();
    let nothing = Map::new();
    let properties = item["properties"].as_object().unwrap_or(&nothing);
    let datetime = ["datetime", "start_datetime", "end_datetime"]
        .iter()
        .find_map(|key| properties.get(*key)?.as_str())
        .ok_or_else(|| damaged(&id, "no datetime, start_datetime or end_datetime", "one of them"))?;
    let datetime = DateTime::parse_from_rfc3339(datetime)
        .map_err(|_| damaged(&id, &format!("datetime {datetime:?}"), "RFC 3339, such as 2018-01-31T00:00:00Z"))?
        .to_utc();
    let instant = |key: &str| Some(DateTime::parse_from_rfc3339(properties.get(key)?.as_str()?).ok()?.to_utc());
    let period = instant("start_datetime").zip(instant("end_datetime")).filter(|(from, to)| (*to - *from).num_seconds() >= 86_399);
    let mut assets = Vec::new();
    for (key, asset) in item["assets"].as_object().unwrap_or(&nothing) {
        if let Some(asset) = asset.as_object().filter(|a| is_raster(a, properties)) {
            assets.push(asset_facts(&id, key, asset, properties)?);
        }
    }
    Ok(ItemFacts { longitude: middle_longitude(item), id, datetime, period, assets })
}

fn damaged(at: &str, found: &str, right: &str) -> Error {
    Error::new(Family::Damaged, format!("item {at}"), found, right)
}

fn middle_longitude(item: &Value) -> f64 {
    let Some(bbox) = item["bbox"].as_array() else { return 0.0 };
    let at = |i: usize| bbox.get(i).and_then(Value::as_f64).unwrap_or(0.0);
    let (west, east) = (at(0), at(bbox.len() / 2));
    if west > east { (west + east + 360.0) / 2.0 } else { (west + east) / 2.0 }
}

/// An asset is a raster by its media type, or, without one, by its name.
fn is_raster(asset: &Map<String, Value>, properties: &Map<String, Value>) -> bool {
    let roles = asset.get("roles").and_then(Value::as_array);
    let role = |name: &str| roles.is_some_and(|r| r.iter().any(|v| v == name));
    if role("thumbnail") || role("overview") && !role("data") {
        return false;
    }
    let href = asset.get("href").and_then(Value::as_str).unwrap_or("");
    let path = href.split(['?', '#']).next().unwrap_or("").to_ascii_lowercase();
    let tiff_name = path.ends_with(".tif") || path.ends_with(".tiff");
    match asset.get("type").and_then(Value::as_str) {
        Some(kind) => {
            kind.to_ascii_lowercase().starts_with("image/tiff") || kind.to_ascii_lowercase().starts_with("image/vnd.stac.geotiff")
        }
        None => tiff_name || (asset.contains_key("proj:shape") && !properties.is_empty()),
    }
}

fn asset_facts(item: &str, key: &str, asset: &Map<String, Value>, properties: &Map<String, Value>) -> Result<AssetFacts> {
    let at = format!("{item}, asset {key}");
    let field = |name: &str| asset.get(name).filter(|v| !v.is_null()).or_else(|| properties.get(name).filter(|v| !v.is_null()));
    let transform = field("proj:transform").map(|v| transform(&at, v)).transpose()?;
    let shape = field("proj:shape").map(|v| shape(&at, v)).transpose()?;
    let grid = match (crs(&at, asset, properties)?, transform, shape) {
        (Some(crs), Some(transform), Some(shape)) => Some(Grid { crs: Some(crs), transform, shape }),
        _ => None,
    };
    Ok(AssetFacts {
        key: key.to_owned(),
        href: asset.get("href").and_then(Value::as_str).unwrap_or_default().to_owned(),
        grid,
        bands: bands(&at, asset)?,
        size: asset.get("file:size").and_then(Value::as_u64),
        header_size: asset.get("file:header_size").and_then(Value::as_u64),
    })
}

fn crs(at: &str, asset: &Map<String, Value>, properties: &Map<String, Value>) -> Result<Option<Crs>> {
    // The asset's own words come before the item's, in whichever of the four ways they are said.
    for object in [asset, properties] {
        let text = match (object.get("proj:code"), object.get("proj:epsg"), object.get("proj:wkt2"), object.get("proj:projjson")) {
            (Some(Value::String(code)), ..) => code.clone(),
            (_, Some(Value::Number(epsg)), ..) => format!("EPSG:{epsg}"),
            (_, _, Some(Value::String(wkt)), _) => wkt.clone(),
            (.., Some(projjson @ Value::Object(_))) => projjson.to_string(),
            _ => continue,
        };
        return Crs::parse(&text).map(Some).map_err(|e| Error::from(e.within(&format!("item {at}: proj:code"))));
    }
    Ok(None)
}

fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

fn transform(at: &str, value: &Value) -> Result<Affine> {
    let wrong =
        || damaged(at, &format!("proj:transform {value}"), "six numbers in affine order: pixel width, 0, left, 0, -pixel height, top");
    let six = numbers(value).filter(|n| n.len() == 6 || n.len() == 9).ok_or_else(wrong)?;
    let affine = Affine { a: six[0], b: six[1], c: six[2], d: six[3], e: six[4], f: six[5] };
    if affine.inverse().is_none() {
        return Err(wrong().hint("the order of GDAL's geotransform is not that of proj:transform; `swath check` tells them apart"));
    }
    Ok(affine)
}

fn shape(at: &str, value: &Value) -> Result<Shape> {
    let size = |v: &Value| v.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    match value.as_array().map(Vec::as_slice) {
        Some([rows, cols]) => size(cols).zip(size(rows)).map(|(width, height)| Shape { width, height }),
        _ => None,
    }
    .ok_or_else(|| damaged(at, &format!("proj:shape {value}"), "rows and columns, both above 0"))
}

fn bands(at: &str, asset: &Map<String, Value>) -> Result<Vec<BandFacts>> {
    let list = |name: &str| asset.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (common, eo, raster) = (list("bands"), list("eo:bands"), list("raster:bands"));
    let count = common.len().max(eo.len()).max(raster.len()).max(1);
    let empty = Map::new();
    (0..count)
        .map(|i| {
            let layers: Vec<&Map<String, Value>> =
                [common, raster, eo].iter().filter_map(|l| l.get(i)?.as_object()).chain([asset, &empty]).collect();
            let field = |names: &[&str]| layers.iter().find_map(|l| names.iter().find_map(|n| l.get(*n).filter(|v| !v.is_null())));
            band(at, i, &field, &layers[..layers.len() - 2])
        })
        .collect()
}

type Field<'a> = dyn Fn(&[&str]) -> Option<&'a Value> + 'a;

fn band(at: &str, index: usize, field: &Field, own: &[&Map<String, Value>]) -> Result<BandFacts> {
    let number = |names: &[&str]| field(names).and_then(Value::as_f64);
    let sample = match field(&["data_type"]).and_then(Value::as_str) {
        None | Some("other") => None,
        Some(name) => Some(
            SampleType::ALL
                .iter()
                .copied()
                .find(|s| s.stac() == name)
                .ok_or_else(|| damaged(at, &format!("data_type {name:?} of band {}", index + 1), "one of STAC's data types"))?,
        ),
    };
    Ok(BandFacts {
        // An asset's own name is its title, never a band's.
        name: own.iter().find_map(|b| b.get("name")?.as_str()).map(str::to_owned),
        sample,
        nodata: field(&["nodata", "raster:nodata"]).and_then(|v| nodata(v, sample)),
        unit: field(&["unit"]).and_then(Value::as_str).map(str::to_owned),
        scale: number(&["raster:scale", "scale"]),
        offset: number(&["raster:offset", "offset"]),
        classes: field(&["classification:classes"])
            .and_then(Value::as_array)
            .map(|c| c.iter().filter_map(class).collect())
            .unwrap_or_default(),
        common_name: field(&["eo:common_name", "common_name"]).and_then(Value::as_str).map(str::to_owned),
    })
}

fn nodata(value: &Value, sample: Option<SampleType>) -> Option<Nodata> {
    let sample = sample.unwrap_or(SampleType::F64);
    match value {
        Value::Number(n) => Nodata::parse(&n.to_string(), sample),
        Value::String(text) => Nodata::parse(text, sample),
        _ => None,
    }
}

fn class(value: &Value) -> Option<Class> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let color = text("color_hint").filter(|c| c.len() == 6).and_then(|c| u32::from_str_radix(c, 16).ok());
    Some(Class {
        value: value.get("value")?.as_i64()?,
        name: text("title").or(text("name")).or(text("description")).unwrap_or("?").to_owned(),
        color: color.map(|c| [(c >> 16) as u8, (c >> 8) as u8, c as u8]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(asset: Value) -> Value {
        json!({ "id": "a", "bbox": [170.0, 0.0, -170.0, 1.0], "properties": { "datetime": "2018-01-31T10:00:00Z", "proj:code": "EPSG:32633" }, "assets": { "B4": asset } })
    }

    #[test]
    fn the_common_fields_and_the_older_extensions_say_the_same() {
        let common = json!({ "href": "b.tif", "type": "image/tiff; application=geotiff", "proj:shape": [2, 3], "proj:transform": [30, 0, 5, 0, -30, 6],
            "data_type": "int16", "bands": [{ "name": "red", "nodata": -9999, "unit": "m", "raster:scale": 0.1 }] });
        let older = json!({ "href": "b.tif", "proj:epsg": 32633, "proj:shape": [2, 3], "proj:transform": [30, 0, 5, 0, -30, 6, 0, 0, 1],
            "eo:bands": [{ "name": "red" }], "raster:bands": [{ "data_type": "int16", "nodata": "-9999", "unit": "m", "scale": 0.1 }] });
        for asset in [common, older] {
            let facts = read(&item(asset)).unwrap();
            let asset = &facts.assets[0];
            let (grid, band) = (asset.grid.as_ref().unwrap(), &asset.bands[0]);
            assert_eq!((grid.shape.width, grid.shape.height, grid.transform.c), (3, 2, 5.0));
            assert_eq!((band.name.as_deref(), band.sample, band.unit.as_deref()), (Some("red"), Some(SampleType::I16), Some("m")));
            assert_eq!((band.nodata, band.scale), (Some(Nodata::Float(-9999.0)), Some(0.1)));
            assert_eq!(facts.longitude, 180.0);
        }
    }

    #[test]
    fn impossible_metadata_is_refused_by_name() {
        for (field, value, words) in [
            ("proj:shape", json!([0, 5]), "proj:shape [0,5]"),
            ("proj:transform", json!([5, 30, 0, 6, 0]), "proj:transform [5,30,0,6,0]"),
            ("data_type", json!("uint17"), "data_type \"uint17\""),
            ("proj:code", json!("EPSG:1"), "EPSG:1"),
        ] {
            let mut asset = json!({ "href": "b.tif" });
            asset[field] = value;
            let text = read(&item(asset)).unwrap_err().to_string();
            assert!(text.contains(words) && text.contains("item a, asset B4"), "{text}");
        }
    }

    #[test]
    fn thumbnails_and_documents_are_no_rasters() {
        for asset in [json!({ "href": "t.tif", "roles": ["thumbnail"] }), json!({ "href": "m.xml", "type": "text/xml" })] {
            assert!(read(&item(asset)).unwrap().assets.is_empty());
        }
    }
}
