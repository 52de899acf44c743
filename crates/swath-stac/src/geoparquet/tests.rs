use serde_json::{Value, json};

use super::{as_stored, read, write};
use crate::facts::{AssetFacts, BandFacts, GridFacts, ItemFacts, Nodata, Statistics, Time};
use crate::{Item, item, same_json, time};

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

#[test]
fn a_footer_that_claims_what_is_not_there_is_an_error() {
    use parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter};

    let good = write(&[item::build(&facts("a", 0.0, 0.0))], None).unwrap();
    let footer = ParquetMetaDataReader::new().parse_and_finish(&good).unwrap();
    for (rows, weight, fine) in
        [(1, 100, true), (1, 100 << 20, true), (1, 600 << 20, false), (3_000_000_000, 100, false), (-1, 100, false), (1, i64::MAX, false)]
    {
        let group = footer.row_groups()[0].clone();
        let columns =
            group.columns().iter().map(|c| c.clone().into_builder().set_total_uncompressed_size(weight).build().unwrap()).collect();
        let group = group.into_builder().set_num_rows(rows).set_column_metadata(columns);
        let bent = footer.clone().into_builder().set_row_groups(vec![group.build().unwrap()]).build();
        let mut bytes = good.to_vec();
        ParquetMetaDataWriter::new(&mut bytes, &bent).finish().unwrap();
        let opened = super::Table::open(&super::Pieces::whole(bytes.into()));
        assert_eq!(opened.is_ok(), fine, "{rows} rows, {weight} bytes: {opened:?}");
    }
}
