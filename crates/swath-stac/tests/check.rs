//! A healthy tree has no findings, and each crime against it has its own.

mod sample;

use std::collections::BTreeMap;

use bytes::Bytes;
use swath_stac::Links;
use swath_stac::check::{Finding, Tree, tree};

struct Files {
    documents: BTreeMap<String, String>,
    tables: BTreeMap<String, Bytes>,
}

fn healthy(kind: Links) -> Files {
    let mut files = Files { documents: BTreeMap::new(), tables: BTreeMap::new() };
    for document in sample::tree(kind) {
        match String::from_utf8(document.bytes.to_vec()) {
            Ok(text) if document.path.ends_with(".json") => drop(files.documents.insert(document.path, text)),
            _ => drop(files.tables.insert(document.path, document.bytes)),
        }
    }
    files
}

fn findings(files: &Files) -> Vec<Finding> {
    tree(&Tree { documents: &files.documents, tables: &files.tables, exists: &|path| path.ends_with(".3fa94c21.tif") })
}

#[test]
fn a_healthy_tree_of_any_kind_has_no_findings() {
    for kind in [Links::SelfContained, Links::RelativePublished, Links::AbsolutePublished] {
        assert_eq!(findings(&healthy(kind)), [], "{kind:?}");
    }
}

const ITEM: &str = "scenes/p014r032_20180101/p014r032_20180101.json";

/// Replaces text in one document, and expects a finding of that rule at that place.
#[track_caller]
fn check(path: &str, from: &str, to: &str, rule: &str, at: &str) {
    let mut files = healthy(Links::SelfContained);
    let text = files.documents.get_mut(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    *text = text.replacen(from, to, 1);
    let found = findings(&files);
    assert!(found.iter().any(|f| f.rule == rule && f.at.contains(at)), "{rule} at {at} is missing from {found:#?}");
    assert!(found.iter().all(|f| !f.right.is_empty() && !f.found.contains("secret")), "{found:#?}");
}

const B4: &str = "\"proj:transform\": [30.0, 0.0, 500007.0, 0.0, -30.0, 4500000.0]";
const B4_BBOX: &str = "\"proj:bbox\": [500007.0, 4497000.0, 503007.0, 4500000.0]";
const B4_CODE: &str = "\"proj:code\": \"EPSG:32618\",\n      \"proj:shape\"";

#[test]
fn each_crime_is_found() {
    let fiji = "fiji/collection.json";
    for (path, from, to, rule, at) in [
        (ITEM, B4, "\"proj:transform\": [500007.0, 30.0, 0.0, 4500000.0, 0.0, -30.0]", "PROJ-TRANSFORM-ORDER", "assets/B4/proj:transform"),
        (ITEM, B4, "\"proj:transform\": [30.0, 0.0, 500000.0, 0.0, -30.0, 4500000.0]", "PROJ-GRID", "assets/B4/proj:transform"),
        (ITEM, B4, "\"proj:transform\": [0.0, 0.0, 500000.0, 0.0, -30.0, 4500000.0]", "PROJ-GRID", "assets/B4/proj:transform"),
        (ITEM, B4_BBOX, "\"proj:bbox\": [-75.0, 40.62, -74.9646, 40.65]", "PROJ-BBOX-LONLAT", "assets/B4/proj:bbox"),
        (ITEM, B4_CODE, "\"proj:code\": \"EPSG:32631\", \"proj:shape\"", "PROJ-CODE-PLACE", "assets/B4/proj:code"),
        (ITEM, B4_CODE, "\"proj:code\": \"EPSG:32619\", \"proj:shape\"", "PROJ-CODE-PLACE", "assets/B4/proj:code"),
        (ITEM, B4_CODE, "\"proj:code\": \"EPSG:3857\", \"proj:shape\"", "PROJ-CODE-PLACE", "assets/B4/proj:code"),
        (ITEM, B4_CODE, "\"proj:code\": \"32618\", \"proj:shape\"", "PROJ-CODE", "assets/B4/proj:code"),
        (ITEM, "\"EPSG:32618\"", "\"EPSG:32619\"", "PROJ-CODE", "properties/proj:code"),
        (ITEM, "1220", "", "FILE-CHECKSUM", "assets/B4/file:checksum"),
        (ITEM, "12205a", "12205A", "FILE-CHECKSUM", "assets/B4/file:checksum"),
        (ITEM, "\"nan\"", "NaN", "STAC-JSON-NAN", "assets/B10/nodata"),
        (ITEM, "\"nan\"", "\"NaN\"", "STAC-NODATA", "assets/B10/nodata"),
        (ITEM, "\"nodata\": 0", "\"nodata\": -1", "STAC-NODATA-RANGE", "assets/B4/nodata"),
        (ITEM, "\"maximum\": 200.5", "\"maximum\": 0.5", "STAC-STATISTICS", "assets/B4/statistics"),
        (ITEM, "\"../../collection.json\"", "\"../../catalog.json\"", "STAC-LINK-BROKEN", "links/0"),
        (ITEM, "\"application/json\"", "\"text/html\"", "STAC-LINK-TYPE", "links/0"),
        (ITEM, "\"title\": \"My maps\"", "\"title\": \"Maps\"", "STAC-LINK-TITLE", "links/0"),
        (ITEM, "\"rel\": \"parent\"", "\"rel\": \"up\"", "STAC-LINK-MISSING", "links"),
        (ITEM, "./B4.3fa94c21.tif", "./B4.tif", "STAC-ASSET-MISSING", "assets/B4/href"),
        (ITEM, "./B4.3fa94c21.tif", "https://a.example/B4.3fa94c21.tif", "STAC-HREF-ABSOLUTE", "assets/B4/href"),
        (ITEM, "./B4.3fa94c21.tif", "./B4.3fa94c21.tif?sv=1&sig=secret", "STAC-SECRET", "assets/B4/href"),
        (ITEM, "\"title\": \"Scene 0\"", "\"title\": \"?sig=secret\"", "STAC-SECRET", "properties/title"),
        (ITEM, "\"collection\": \"scenes\"", "\"collection\": \"fiji\"", "STAC-COLLECTION-ID", "collection"),
        (ITEM, "\"id\": \"p014r032_20180101\"", "\"id\": \"p014r032\"", "STAC-ID-PATH", "id"),
        (ITEM, "2018-01-01T00:00:00Z", "2018-31-01", "STAC-TIME", "properties/datetime"),
        (ITEM, "2018-01-01T00:00:00Z", "2017-01-01T00:00:00Z", "STAC-EXTENT-TIME", "extent"),
        (ITEM, "\"datetime\": \"2018-01-01T00:00:00Z\"", "\"datetime\": null", "STAC-SCHEMA", ITEM),
        (ITEM, "\"gsd\": 30", "\"gsd\": 31", "STAC-MIRROR-STALE", "items.parquet"),
        (
            ITEM,
            "    \"https://stac-extensions.github.io/file/v2.1.0/schema.json\"",
            "    \"https://example.org/x.json\"",
            "STAC-EXT-UNDECLARED",
            ITEM,
        ),
        (ITEM, "\"raster:scale\"", "\"scale\"", "STAC-ITEM-ASSETS", "item_assets/B10"),
        (ITEM, "\"id\": ", "\"type\": \"Feature\", \"id\": ", "STAC-JSON-DUPLICATE-KEY", "type"),
        (ITEM, "\"bbox\": [-75.0,", "\"bbox\": [-76.0,", "STAC-BBOX", "bbox"),
        (fiji, "-16.0]", "-16.0], [1, 2, 3, 4]", "STAC-EXTENT-TWO-BOXES", "extent/spatial/bbox"),
        (fiji, "171.0,", "170.0,", "STAC-EXTENT-LOOSE", fiji),
        (fiji, "171.0,", "175.0,", "STAC-EXTENT-SPACE", fiji),
        ("collection.json", "\"id\": \"maps\"", "\"id\": \"fiji\"", "STAC-ID-TWICE", "id"),
    ] {
        check(path, from, to, rule, at);
    }
}

#[test]
fn what_is_missing_from_the_tree_is_found() {
    let mut files = healthy(Links::SelfContained);
    files.tables.remove("fiji/items.parquet");
    files.documents.remove(ITEM);
    let rules: Vec<&str> = findings(&files).iter().map(|f| f.rule).collect();
    for rule in ["STAC-MIRROR", "STAC-ASSET-MISSING", "STAC-LINK-BROKEN", "STAC-MIRROR-STALE"] {
        assert!(rules.contains(&rule), "{rule} in {rules:?}");
    }
}

#[test]
fn a_self_link_that_is_elsewhere_is_found() {
    let mut files = healthy(Links::AbsolutePublished);
    let text = files.documents.get_mut(ITEM).unwrap();
    *text = text.replace("\"rel\": \"self\",\n      \"href\": \"https://account", "\"rel\": \"self\",\n      \"href\": \"https://other");
    assert!(findings(&files).iter().any(|f| f.rule == "STAC-LINK-SELF"));
}
