use serde_json::{Value, json};

use std::sync::Arc;

use super::{Opening, Pieces, Rows, Search, Step, Table, as_stored, read, write};
use crate::facts::{AssetFacts, BandFacts, GridFacts, ItemFacts, Nodata, Statistics, Time};
use crate::{Item, Query, item, same_json, time};

fn facts(id: &str, west: f64, nodata: f64) -> ItemFacts {
    ItemFacts {
        id: id.into(),
        collection: Some("map".into()),
        ring: Some(vec![(west, 0.0), (west + 5.0, 0.0), (west + 5.0, 5.0), (west, 5.0)]),
        time: Time::at(time::parse("2020-01-01T10:11:12.345Z").unwrap()),
        assets: ["b1", "b2"]
            .map(|key| AssetFacts {
                key: key.into(),
                href: format!("./{key} x.tif"),
                grid: GridFacts {
                    wkt2: Some("LOCAL".into()),
                    transform: Some([0.1, 0.0, west, 0.0, -0.1, 5.0]),
                    shape: Some([50, 50]),
                    ..GridFacts::default()
                },
                bands: vec![BandFacts {
                    name: Some(key.into()),
                    nodata: Some(Nodata::Float(nodata)),
                    statistics: Some(Statistics { minimum: Some(1.0 / 3.0), count: Some(2500), ..Statistics::default() }),
                    ..BandFacts::default()
                }],
                ..AssetFacts::default()
            })
            .to_vec(),
        ..ItemFacts::default()
    }
}

#[track_caller]
fn check(items: &[Item]) {
    let bytes = write(items, None).unwrap();
    assert_eq!(write(items, None).unwrap(), bytes, "equal items give equal bytes");
    let back = read(bytes).unwrap();
    assert_eq!(back.len(), items.len());
    for item in items {
        let found = back.iter().find(|i| i.id == item.id).expect("the item is in the table");
        let (found, stored) = (found.to_json(), as_stored(item).to_json());
        assert!(same_json(&found, &stored), "\n{found:#}\n{stored:#}");
        let keys = |v: &serde_json::Value| v["assets"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&found), keys(&stored));
    }
}

#[test]
fn items_come_back_from_their_table_as_they_were() {
    check(&[item::build(&facts("a", 0.0, -9999.0)), item::build(&facts("b", 178.0, -9999.0))]);
    check(&[item::build(&facts("a", 0.0, f64::NAN)), item::build(&facts("b", 10.0, -1.5))]);
}

#[test]
fn an_item_without_place_or_time_comes_back() {
    let mut facts = facts("a", 0.0, 0.0);
    facts.ring = None;
    facts.time = Time::between(time::parse("2020-01-01").unwrap(), time::parse("2020-12-31").unwrap());
    let item = item::build(&facts);
    check(std::slice::from_ref(&item));
    let back = &read(write(&[item], None).unwrap()).unwrap()[0];
    assert_eq!(back.properties["datetime"], json!(null));
    assert_eq!(back.geometry, None);
}

#[test]
fn rows_lie_along_the_curve_whatever_the_order_of_the_items() {
    let items: Vec<Item> = [100.0, -120.0, 0.0, 50.0].map(|w| item::build(&facts(&format!("i{w}"), w, 0.0))).to_vec();
    let mut turned = items.clone();
    turned.reverse();
    assert_eq!(write(&items, None).unwrap(), write(&turned, None).unwrap());
}

#[test]
fn a_property_that_is_an_object_here_and_a_word_there_is_an_error_that_names_it() {
    let mut items = [item::build(&facts("a", 0.0, 0.0)), item::build(&facts("b", 0.0, 0.0))];
    items[0].properties.insert("x".into(), json!({"y": 1}));
    items[1].properties.insert("x".into(), json!("word"));
    assert_eq!(write(&items, None).unwrap_err().at, "/x");
}

#[test]
fn bytes_that_are_no_table_are_an_error() {
    let good = write(&[item::build(&facts("a", 0.0, 0.0))], None).unwrap();
    assert!(read(bytes::Bytes::from_static(b"PAR1 no PAR1")).is_err());
    assert!(read(good.slice(..good.len() / 2)).is_err());
    let mut bent = good.to_vec();
    bent[40..80].fill(0xff);
    let _ = read(bent.into());
}

#[test]
fn systems_of_different_shape_share_a_column() {
    let mut items = [item::build(&facts("a", 0.0, -9999.0)), item::build(&facts("b", 1.0, -9999.0))];
    for (item, unit) in items.iter_mut().zip([json!("metre"), json!({ "type": "LinearUnit", "name": "foot" })]) {
        item.properties.insert("proj:code".into(), Value::Null);
        item.properties.insert("proj:projjson".into(), json!({ "conversion": { "parameters": [{ "unit": unit }] } }));
    }
    let mut back = read(write(&items, None).unwrap()).unwrap();
    back.sort_by(|a, b| a.id.cmp(&b.id));
    for (item, back) in items.iter().zip(&back) {
        assert_eq!(back.properties["proj:projjson"], item.properties["proj:projjson"]);
    }
}

/// Items over all the world and ten years, a few across the antimeridian.
fn world(count: u32) -> Vec<Item> {
    let part = |n: u32, step: f64| (f64::from(n) * step).fract();
    let one = |n: u32| {
        let size = if n % 97 == 0 { 9.0 } else { 0.5 };
        let (west, south) = (-180.0 + part(n, 0.618_033_988_7) * 360.0, -80.0 + part(n, 0.754_877_666_2) * 150.0);
        let east = if west + size > 180.0 { west + size - 360.0 } else { west + size };
        let mut item = Item::new(format!("i{n:05}"));
        item.collection = Some(if n % 3 == 0 { "thirds" } else { "others" }.into());
        item.bbox = Some(vec![west, south, east, south + size]);
        item.geometry = crate::LonLatBox::of(&[west, south, east, south + size]).map(|b| crate::geometry::Shape::of_box(&b).to_json());
        let day = chrono::DateTime::from_timestamp(1_420_070_400 + i64::from(n * 7919 % 3650) * 86_400, 0).unwrap();
        let properties = match n % 5 {
            0 => {
                json!({ "datetime": null, "start_datetime": time::rfc3339(&day), "end_datetime": time::rfc3339(&(day + chrono::Days::new(40))), "gsd": n % 50 })
            }
            _ => json!({ "datetime": time::rfc3339(&day), "eo:cloud_cover": f64::from(n % 100) / 2.0 }),
        };
        item.properties = properties.as_object().unwrap().clone();
        item
    };
    (0..count).map(one).collect()
}

/// Gives a search what it asks for; what it found, and the share of the file that it took.
fn search(bytes: &bytes::Bytes, query: &Query) -> (Rows, f64) {
    let size = bytes.len() as u64;
    let (mut pieces, mut read) = (Pieces::of(size), 0);
    let mut give = |pieces: &mut Pieces, range: std::ops::Range<u64>| {
        read += range.end - range.start;
        pieces.add(range.start, bytes.slice(range.start as usize..range.end as usize));
    };
    let mut due = Table::tail(size);
    let table = loop {
        give(&mut pieces, due);
        match Table::open(&pieces).unwrap() {
            Opening::Need(range) => due = range,
            Opening::Ready(table) => break Arc::new(table),
        }
    };
    let mut search = Search::new(&table, query);
    loop {
        match search.step(&pieces).unwrap() {
            Step::Need(ranges) => ranges.into_iter().for_each(|range| give(&mut pieces, range)),
            Step::Found(rows) => return (rows, read as f64 / size as f64),
        }
    }
}

#[test]
fn a_search_in_pieces_finds_what_a_look_at_every_item_finds() {
    let items = world(3000);
    let bytes = write(&items, None).unwrap();
    let q = Query::new;
    for (query, most) in [
        (q(), 1.0),
        (q().bbox(&[5.0, 42.0, 9.0, 46.0]).unwrap(), 0.45),
        (q().bbox(&[178.0, -60.0, -177.0, 60.0]).unwrap(), 1.0),
        (q().bbox(&[179.5, -80.0, 179.9, 75.0]).unwrap(), 1.0),
        (q().datetime("2016-03/2016-04").unwrap(), 1.0),
        (q().datetime("../2015-01-20").unwrap().collections(["thirds".into()]), 1.0),
        (q().ids(["i00017".into(), "i02999".into(), "none".into()]), 0.5),
        (q().filter("eo:cloud_cover < 3 AND datetime IS NOT NULL").unwrap(), 1.0),
        (q().filter("gsd IS NULL").unwrap().bbox(&[-100.0, 0.0, -60.0, 40.0]).unwrap(), 1.0),
        (q().intersects(&json!({"type": "Polygon", "coordinates": [[[10, 0], [30, 0], [30, 20], [10, 0]]]})).unwrap(), 0.7),
        (q().bbox(&[0.0, 0.0, 90.0, 70.0]).unwrap().limit(7), 1.0),
        (q().sort_by("-eo:cloud_cover,id").unwrap().limit(5), 1.0),
        (q().sort_by("-datetime").unwrap().filter("gsd > 10").unwrap().limit(3), 1.0),
        (q().limit(0), 1.0),
    ] {
        let mut expected: Vec<Item> = items.iter().filter(|item| query.matches(item)).cloned().collect();
        query.order().sort(&mut expected);
        let matched = expected.len();
        expected.truncate(query.at_most().unwrap_or(usize::MAX));
        let (rows, share) = search(&bytes, &query);
        let ids = |items: &[Item]| items.iter().map(|item| item.id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(&rows.items), rows.matched), (ids(&expected), matched), "{query:?}");
        assert!(share <= most, "{share} of the file was read for {query:?}");
        for (found, item) in rows.items.iter().zip(&expected) {
            assert!(same_json(&found.to_json(), &as_stored(item).to_json()), "\n{:#}\n{:#}", found.to_json(), item.to_json());
        }
    }
}

#[test]
fn a_table_whose_bytes_were_bent_gives_an_error_or_items_and_never_a_panic() {
    let bytes = write(&world(600), None).unwrap();
    let mut state = 7_u64;
    for _ in 0..300 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut bent = bytes.to_vec();
        let at = (state >> 33) as usize % (bent.len() - 8);
        bent[at] ^= 1 << (state % 8);
        let Ok(Opening::Ready(table)) = Table::open(&Pieces::whole(bent.clone().into())) else { continue };
        let mut search = Search::new(&Arc::new(table), &Query::new().bbox(&[0.0, 0.0, 40.0, 40.0]).unwrap());
        let _ = search.step(&Pieces::whole(bent.into()));
    }
}
