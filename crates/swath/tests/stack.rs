//! Stacks of COGs that swath itself wrote, read back through a folder store.

mod tile;

use std::path::Path;

use serde_json::Value;
use swath::export::{Output, Overwrite, write_zarr};
use swath::raster::warp::Method;
use swath::raster::{Nodata, Samples};
use swath::stack::{self, Cost, Fetch, OnError, Outcome, Reduce, Stack, StackRequest, StoreFetch};
use swath::store::{Credentials, Store};
use swath::{Error, Family};
use tile::Tile;

const SIZE: u32 = 700;
const NODATA: u16 = 9;

/// A value for a place of the whole map: never nodata.
fn truth(col: u32, row: u32) -> u16 {
    // Scattered, so that no codec makes bytes vanish.
    let mixed = col.wrapping_mul(0x9E37_79B1) ^ row.wrapping_mul(0x85EB_CA77);
    ((mixed ^ (mixed >> 15)) % 60_000) as u16 + 10
}

/// A tile whose upper left pixel is (col, row) of the map, `missing` where there is no data.
fn tile(folder: &Path, id: &str, day: u32, (col, row): (u32, u32), missing: fn(u32, u32) -> bool) -> Value {
    let pixels = (0..SIZE).flat_map(|r| (0..SIZE).map(move |c| (col + c, row + r)));
    let data = pixels.map(|(c, r)| if missing(c, r) { NODATA } else { truth(c, r) }).collect();
    let corner = (500_007.0 + 30.0 * f64::from(col), 5_000_013.0 - 30.0 * f64::from(row));
    let (data, nodata) = (Samples::U16(data), Nodata::Uint(NODATA.into()));
    Tile { id, day, band: "B4", crs: "EPSG:32633", corner, size: SIZE, data, nodata }.write(folder)
}

fn nowhere(_: u32, _: u32) -> bool {
    false
}

/// Runs a request; the array, and what it cost.
fn stacked(folder: &Path, items: &[Value], request: &StackRequest) -> Result<(Outcome, Cost), Error> {
    let fetch = StoreFetch::new(Store::open(folder.to_str().unwrap(), &Credentials::anonymous())?);
    let plan = stack::plan(items, request)?;
    let text = serde_json::to_string(&plan).unwrap();
    let sent: stack::StackPlan = serde_json::from_str(&text).unwrap();
    assert_eq!(sent, plan, "a plan survives being sent");
    let outcome = tokio::runtime::Runtime::new().unwrap().block_on(stack::run(&sent, &fetch, &|_| ()))?;
    Ok((outcome, fetch.cost()))
}

fn values(outcome: &Outcome) -> &[u16] {
    let Samples::U16(v) = &outcome.stack.data else { panic!("{:?}", outcome.stack.sample()) };
    v
}

#[test]
fn tiles_off_the_round_numbers_are_bit_equal_to_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let corners = [(0, 0), (SIZE, 0), (0, SIZE), (SIZE, SIZE)];
    let items: Vec<Value> = corners.iter().enumerate().map(|(i, at)| tile(folder.path(), &format!("t{i}"), 1, *at, nowhere)).collect();
    let (outcome, cost) = stacked(folder.path(), &items, &StackRequest::default()).unwrap();
    let made = &outcome.stack;
    assert_eq!(made.shape(), [1, 1, 1400, 1400]);
    assert_eq!((made.grid.transform.c, made.grid.transform.f), (500_007.0, 5_000_013.0));
    let right: Vec<u16> = (0..1400).flat_map(|r| (0..1400).map(move |c| truth(c, r))).collect();
    assert!(values(&outcome) == right);
    // A header and one merged range for each row of blocks at most.
    assert!(cost.requests <= 4 * 3, "{cost:?}");
}

#[test]
fn of_two_valid_pixels_the_first_stays_and_gaps_are_filled() {
    let folder = tempfile::tempdir().unwrap();
    let west = tile(folder.path(), "a", 1, (0, 0), |c, _| c >= 400);
    let mut east = tile(folder.path(), "b", 1, (300, 0), nowhere);
    east["id"] = "b".into();
    let (outcome, _) = stacked(folder.path(), &[east, west], &StackRequest::default()).unwrap();
    assert_eq!(outcome.stack.shape(), [1, 1, 700, 1000]);
    let right: Vec<u16> = (0..700).flat_map(|r| (0..1000).map(move |c| truth(c, r))).collect();
    assert!(values(&outcome) == right);
}

#[test]
fn a_coarser_array_moves_fewer_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let items = [tile(folder.path(), "a", 1, (0, 0), nowhere)];
    let (_, full) = stacked(folder.path(), &items, &StackRequest::default()).unwrap();
    let request = StackRequest { resolution: Some((60.0, 60.0)), ..StackRequest::default() };
    let (outcome, half) = stacked(folder.path(), &items, &request).unwrap();
    assert!(half.bytes * 2 < full.bytes, "{half:?} {full:?}");
    assert_eq!(outcome.stack.grid.transform.a, 60.0);
}

#[test]
fn times_are_kept_apart_or_reduced() {
    let folder = tempfile::tempdir().unwrap();
    let items = [tile(folder.path(), "a", 1, (0, 0), |c, _| c < 100), tile(folder.path(), "b", 17, (0, 0), nowhere)];
    let (outcome, _) = stacked(folder.path(), &items, &StackRequest::default()).unwrap();
    assert_eq!(outcome.stack.shape(), [2, 1, 700, 700]);
    assert_eq!(values(&outcome)[0], NODATA);
    let request = StackRequest { reduce: Reduce::Count, ..StackRequest::default() };
    let (outcome, _) = stacked(folder.path(), &items, &request).unwrap();
    let Samples::U32(counts) = &outcome.stack.data else { panic!() };
    assert_eq!((counts[0], counts[100]), (1, 2));
    let request = StackRequest { reduce: Reduce::Mean, ..StackRequest::default() };
    let (outcome, _) = stacked(folder.path(), &items[..1], &request).unwrap();
    assert_eq!(outcome.stack.nodata, Some(Nodata::Float(f64::NAN)), "the gaps of a mean have a name");
}

#[test]
fn metadata_that_the_file_contradicts_is_an_error_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (field, value, words) in [
        ("proj:transform", serde_json::json!([30.0, 0.0, 500_037.0, 0.0, -30.0, 5_000_013.0]), "the transform is [30.0, 0.0, 500037.0"),
        ("proj:shape", serde_json::json!([700, 701]), "the shape is 701 x 700 in the metadata, but 700 x 700 in the file"),
        ("proj:code", "EPSG:32634".into(), "the CRS is EPSG:32634 in the metadata, but EPSG:32633 in the file"),
        ("data_type", "int16".into(), "data_type is int16 in the metadata, but uint16 in the file"),
    ] {
        let mut item = tile(folder.path(), "a", 1, (0, 0), nowhere);
        let asset = item["assets"]["data"].as_object_mut().unwrap();
        asset.insert(field.into(), value);
        if let Some(bands) = asset.get_mut("bands").and_then(Value::as_array_mut) {
            bands.iter_mut().filter_map(Value::as_object_mut).for_each(|b| drop(b.remove(field)));
        }
        let error = stacked(folder.path(), &[item], &StackRequest::default()).unwrap_err();
        let text = error.to_string();
        assert!(error.family == Family::Damaged && text.contains("item a, asset data") && text.contains(words), "{field}: {text}");
    }
}

#[test]
fn a_missing_asset_ends_the_run_or_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let items = [tile(folder.path(), "a", 1, (0, 0), nowhere), tile(folder.path(), "b", 1, (SIZE, 0), nowhere)];
    std::fs::remove_file(folder.path().join("b.tif")).unwrap();
    let error = stacked(folder.path(), &items, &StackRequest::default()).unwrap_err();
    assert!(error.family == Family::Absent && error.to_string().contains("item b, asset data"), "{error}");
    let request = StackRequest { errors: OnError::Nodata, ..StackRequest::default() };
    let (outcome, _) = stacked(folder.path(), &items, &request).unwrap();
    let failed: Vec<&str> = outcome.failures.iter().map(|f| f.item.as_str()).collect();
    assert_eq!(failed, ["b"]);
    assert_eq!((values(&outcome)[0], values(&outcome)[SIZE as usize]), (truth(0, 0), NODATA));
}

#[test]
fn an_array_beyond_the_limit_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let items = [tile(folder.path(), "a", 1, (0, 0), nowhere)];
    let request = StackRequest { limit_bytes: Some(1000), ..StackRequest::default() };
    let error = stacked(folder.path(), &items, &request).unwrap_err();
    assert_eq!(error.to_string(), "the array would take 957.0 KiB: 1 times x 1 bands x 700 rows x 700 columns of uint16; at most 1000 B");
    assert!(error.hint.unwrap().contains("--resolution"));
}

#[test]
fn a_zarr_is_replaced_whole_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let items = [tile(folder.path(), "a", 1, (0, 0), nowhere)];
    let (outcome, _) = stacked(folder.path(), &items, &StackRequest::default()).unwrap();
    let path = folder.path().join("x.zarr");
    write_zarr(&outcome.stack, &Output::new(&path, Overwrite::Never).unwrap(), "").unwrap();
    assert_eq!(Output::new(&path, Overwrite::Never).unwrap_err().family, Family::Conflict);
    write_zarr(&outcome.stack, &Output::new(&path, Overwrite::Replace).unwrap(), "").unwrap();
    assert!(path.join("data/c/0/0/0/0").is_file());
    let strange = folder.path().join("y.zarr");
    std::fs::create_dir(&strange).unwrap();
    assert_eq!(Output::new(&strange, Overwrite::Replace).unwrap_err().family, Family::Conflict);
    let names: Vec<String> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|n| !n.contains(".part") && !n.contains(".old")), "{names:?}");
}

#[test]
fn classes_are_never_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let mut item = tile(folder.path(), "a", 1, (0, 0), nowhere);
    item["assets"]["data"]["classification:classes"] = serde_json::json!([{ "value": 11, "description": "water" }]);
    for (resampling, refused) in [(Method::Nearest, false), (Method::Mode, false), (Method::Bilinear, true), (Method::Average, true)] {
        let request = StackRequest { resolution: Some((70.0, 70.0)), resampling, ..StackRequest::default() };
        let error = stack::plan(&[item.clone()], &request).err();
        assert_eq!(error.as_ref().map(|e| e.family), refused.then_some(Family::Misuse), "{resampling:?}");
        assert!(error.is_none_or(|e| e.hint.is_some_and(|h| h.contains("--resampling nearest"))));
    }
}

#[test]
fn a_year_is_called_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut item = tile(folder.path(), "a", 1, (0, 0), nowhere);
    item["properties"]["datetime"] = Value::Null;
    item["properties"]["start_datetime"] = "2020-01-01T00:00:00Z".into();
    item["properties"]["end_datetime"] = "2020-12-31T23:59:59Z".into();
    let (outcome, _) = stacked(folder.path(), &[item], &StackRequest::default()).unwrap();
    assert_eq!(outcome.stack.times[0].label(), "2020");
}

#[test]
fn zarr_has_its_metadata_in_one_place_and_no_complex_integers() {
    let folder = tempfile::tempdir().unwrap();
    let (outcome, _) = stacked(folder.path(), &[tile(folder.path(), "a", 1, (0, 0), nowhere)], &StackRequest::default()).unwrap();
    let path = folder.path().join("x.zarr");
    write_zarr(&outcome.stack, &Output::new(&path, Overwrite::Never).unwrap(), "").unwrap();
    let group: Value = serde_json::from_slice(&std::fs::read(path.join("zarr.json")).unwrap()).unwrap();
    for name in ["data", "time", "band", "y", "x", "spatial_ref"] {
        let own: Value = serde_json::from_slice(&std::fs::read(path.join(name).join("zarr.json")).unwrap()).unwrap();
        assert_eq!(group["consolidated_metadata"]["metadata"][name], own, "{name}");
    }
    let complex = Stack { data: Samples::CI16(vec![[1, 2]; 490_000]), nodata: None, ..outcome.stack };
    let path = folder.path().join("z.zarr");
    assert_eq!(write_zarr(&complex, &Output::new(&path, Overwrite::Never).unwrap(), "").unwrap_err().family, Family::Unsupported);
    assert!(!path.exists());
}
