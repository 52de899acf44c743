use serde_json::Value;

use super::finding::{Finding, at, short};
use crate::json::{Object, floats};
use crate::{LonLatBox, time};

/// What a collection says against itself.
pub(super) fn check(path: &str, collection: &Object, findings: &mut Vec<Finding>) {
    let none = Object::new();
    let extent = collection.get("extent").and_then(Value::as_object).unwrap_or(&none);
    boxes(path, extent, findings);
    intervals(path, extent, findings);
    for (key, asset) in collection.get("item_assets").and_then(Value::as_object).into_iter().flatten() {
        for name in asset.as_object().into_iter().flat_map(Object::keys) {
            if name.starts_with("file:") || name == "href" {
                let place = at(path, &["item_assets", key, name]);
                findings
                    .push(Finding::error("STAC-ITEM-ASSETS", place, "a field of one file", "what all items share").fix("remove the field"));
            }
        }
    }
    for name in collection.get("summaries").and_then(Value::as_object).into_iter().flat_map(Object::keys) {
        if matches!(name.as_str(), "proj:transform" | "proj:bbox" | "proj:shape" | "proj:geometry" | "proj:centroid") {
            let place = at(path, &["summaries", name]);
            findings.push(Finding::warning("STAC-SUMMARIES", place, "a field of one grid", "no summary of it").fix("remove the field"));
        }
    }
}

/// STAC 1.1.0, collection-spec, "Spatial Extent Object": the first box is around all others, so that two of them are one too few.
fn boxes(path: &str, extent: &Object, findings: &mut Vec<Finding>) {
    let place = ["extent", "spatial", "bbox"];
    let Some(list) = extent.get("spatial").and_then(|s| s.get("bbox")).and_then(Value::as_array) else { return };
    if list.len() == 2 {
        findings.push(
            Finding::error(
                "STAC-EXTENT-TWO-BOXES",
                at(path, &place),
                "exactly two boxes",
                "one box around everything, alone or before two or more parts",
            )
            .fix("keep one box that holds both"),
        );
    }
    let boxes: Vec<Option<LonLatBox>> = list.iter().map(|b| LonLatBox::of(&floats(b)?)).collect();
    for (i, (value, lonlat)) in list.iter().zip(&boxes).enumerate() {
        let index = i.to_string();
        let place = at(path, &[place[0], place[1], place[2], &index]);
        let on_earth = |b: &LonLatBox| b.west.abs() <= 180.0 && b.east.abs() <= 180.0 && b.south >= -90.0 && b.north <= 90.0;
        if !lonlat.as_ref().is_some_and(on_earth) {
            findings.push(Finding::error("STAC-EXTENT", place, short(value), "west, south, east, north in degrees, south below north"));
        } else if let (Some(Some(first)), Some(this)) = (boxes.first(), lonlat)
            && list.len() > 2
            && !first.holds(this)
        {
            findings.push(Finding::error("STAC-EXTENT", place, "lies outside the first box", "the first box is around all others"));
        }
    }
}

fn intervals(path: &str, extent: &Object, findings: &mut Vec<Finding>) {
    let list = extent.get("temporal").and_then(|t| t.get("interval")).and_then(Value::as_array);
    for (i, interval) in list.into_iter().flatten().enumerate() {
        let index = i.to_string();
        let place = at(path, &["extent", "temporal", "interval", &index]);
        let end = |n: usize| interval.get(n).and_then(Value::as_str);
        if [end(0), end(1)].into_iter().flatten().any(|text| time::parse(text).is_none()) {
            findings.push(Finding::error("STAC-EXTENT", place, short(interval), "two times in RFC 3339 with Z, or null for an open end"));
        } else if let (Some(start), Some(end)) = (end(0).and_then(time::parse), end(1).and_then(time::parse))
            && start > end
        {
            findings.push(Finding::error("STAC-EXTENT", place, "ends before it starts", "the earlier time first"));
        }
    }
}
