//! Tables searched in pieces: what is found, how much of the file it takes, and what bent bytes come to.

use std::sync::Arc;

use serde_json::json;
use swath_stac::geoparquet::{Opening, Pieces, Rows, Search, Step, Table, as_stored, write};
use swath_stac::{Item, LonLatBox, Query, geometry::Shape, same_json, time};

/// Items over all the world and ten years, a few across the antimeridian.
fn world(count: u32) -> Vec<Item> {
    let part = |n: u32, step: f64| (f64::from(n) * step).fract();
    let one = |n: u32| {
        let size = if n.is_multiple_of(97) { 9.0 } else { 0.5 };
        let (west, south) = (-180.0 + part(n, 0.618_033_988_7) * 360.0, -80.0 + part(n, 0.754_877_666_2) * 150.0);
        let east = if west + size > 180.0 { west + size - 360.0 } else { west + size };
        let mut item = Item::new(format!("i{n:05}"));
        item.collection = Some(if n.is_multiple_of(3) { "thirds" } else { "others" }.into());
        item.bbox = Some(vec![west, south, east, south + size]);
        item.geometry = LonLatBox::of(&[west, south, east, south + size]).map(|b| Shape::of_box(&b).to_json());
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
    let mut due = size.saturating_sub(Table::TAIL)..size;
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
    let items = world(12_000);
    let bytes = write(&items, None).unwrap();
    let q = Query::new;
    for (query, most) in [
        (q(), 1.05),
        (q().bbox(&[5.0, 42.0, 9.0, 46.0]).unwrap(), 0.45),
        (q().bbox(&[178.0, -60.0, -177.0, 60.0]).unwrap(), 1.05),
        (q().bbox(&[179.5, -80.0, 179.9, 75.0]).unwrap(), 1.05),
        (q().datetime("2016-03/2016-04").unwrap(), 1.05),
        (q().datetime("../2015-01-20").unwrap().collections(["thirds".into()]), 1.05),
        (q().ids(["i00017".into(), "i11999".into(), "none".into()]), 0.5),
        (q().filter("eo:cloud_cover < 3 AND datetime IS NOT NULL").unwrap(), 1.05),
        (q().filter("gsd IS NULL").unwrap().bbox(&[-100.0, 0.0, -60.0, 40.0]).unwrap(), 1.05),
        (q().intersects(&json!({"type": "Polygon", "coordinates": [[[10, 0], [30, 0], [30, 20], [10, 0]]]})).unwrap(), 0.7),
        (q().bbox(&[0.0, 0.0, 90.0, 70.0]).unwrap().limit(7), 1.05),
        (q().sort_by("-eo:cloud_cover,id").unwrap().limit(5), 1.05),
        (q().sort_by("-datetime").unwrap().filter("gsd > 10").unwrap().limit(3), 1.05),
        (q().limit(0), 1.05),
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
