//! A part of a plan gives exactly that part of the array, and a plan survives being packed.

mod tile;

use std::path::Path;

use serde_json::{Value, json};
use swath::raster::cog::usual_block_size;
use swath::raster::crs::Crs;
use swath::raster::warp::Method;
use swath::raster::{Nodata, Samples, Shape, Window};
use swath::stack::{self, Outcome, Part, Stack, StackPlan, StackRequest, StoreFetch};
use swath::store::{Credentials, Store};
use swath::{Error, Family};
use tile::Tile;

const SIZE: u32 = 600;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end.max(1))) as u32
    }
}

/// An item with one band of noise, `f32` with holes; the corner in units of its CRS.
fn item(folder: &Path, id: &str, day: u32, crs: &str, corner: (f64, f64)) -> Value {
    let mut dice = Dice(u64::from(day) + corner.0 as u64);
    let data = (0..SIZE * SIZE).map(|_| if dice.below(9) == 0 { -1.0 } else { dice.below(10_000) as f32 / 7.0 }).collect();
    let (data, nodata) = (Samples::F32(data), Nodata::Float(-1.0));
    let mut item = Tile { id, day, band: "b", crs, corner, size: SIZE, data, nodata }.write(folder);
    item["assets"]["again"] = item["assets"]["data"].clone();
    item
}

fn run(folder: &Path, plan: &StackPlan) -> Result<Outcome, Error> {
    let fetch = StoreFetch::new(Store::open(folder.to_str().unwrap(), &Credentials::anonymous())?);
    tokio::runtime::Runtime::new().unwrap().block_on(stack::run(plan, &fetch, &|_| ()))
}

fn bits(stack: &Stack, part: &Part) -> Vec<u32> {
    let Samples::F32(v) = &stack.data else { panic!("{:?}", stack.sample()) };
    let mut out = Vec::new();
    for time in part.times.clone() {
        for band in part.bands.clone() {
            let plane = &v[stack.plane(time, band)];
            for row in part.window.row..part.window.row + part.window.height {
                let start = (row * stack.grid.shape.width + part.window.col) as usize;
                out.extend(plane[start..start + part.window.width as usize].iter().map(|x| x.to_bits()));
            }
        }
    }
    out
}

fn whole(stack: &Stack) -> Part {
    let [times, bands, ..] = stack.shape();
    Part { times: 0..times, bands: 0..bands, window: Window::whole(stack.grid.shape) }
}

/// Random parts, and parts of parts, of the array of a request.
fn check(items: &[Value], folder: &Path, request: &StackRequest) {
    let plan = stack::plan(items, request).unwrap();
    let all = run(folder, &plan).unwrap().stack;
    let [times, bands, rows, cols] = all.shape();
    let mut dice = Dice(7);
    for _ in 0..6 {
        let (col, row) = (dice.below(cols as u32), dice.below(rows as u32));
        let window = Window { col, row, width: 1 + dice.below(cols as u32 - col), height: 1 + dice.below(rows as u32 - row) };
        let (time, band) = (dice.below(times as u32) as usize, dice.below(bands as u32) as usize);
        let part = Part { times: time..times, bands: 0..band + 1, window };
        let cut = plan.cut(&part).unwrap();
        let sent = StackPlan::from_bytes(&cut.to_bytes().unwrap()).unwrap();
        assert_eq!(sent, cut, "a part survives being packed");
        let made = run(folder, &sent).unwrap().stack;
        assert!(bits(&made, &whole(&made)) == bits(&all, &part), "{:?}: {part:?}", request.resampling);
        let (x, y) = all.grid.transform.apply(f64::from(col), f64::from(row));
        assert_eq!((made.grid.transform.c, made.grid.transform.f), (x, y));

        let inner = Window { col: window.width / 3, row: window.height / 2, width: 1, height: (window.height - window.height / 2).min(40) };
        let inner = Part { times: 0..1, bands: 0..1, window: inner };
        let again = run(folder, &cut.cut(&inner).unwrap()).unwrap().stack;
        assert!(bits(&again, &whole(&again)) == bits(&made, &inner), "a part of a part");
    }
}

fn places(folder: &Path) -> Vec<Value> {
    vec![
        item(folder, "a", 1, "EPSG:32633", (500_007.0, 5_000_013.0)),
        item(folder, "b", 1, "EPSG:32633", (500_007.0 + 30.0 * 400.0, 5_000_013.0)),
        item(folder, "c", 2, "EPSG:32633", (500_007.0 + 30.0 * 200.0, 5_000_013.0 - 30.0 * 300.0)),
    ]
}

#[test]
fn parts_of_a_native_array_are_parts_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    check(&places(folder.path()), folder.path(), &StackRequest::default());
}

#[test]
fn parts_of_a_resampled_array_are_parts_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let items = places(folder.path());
    for resampling in Method::ALL {
        check(&items, folder.path(), &StackRequest { resolution: Some((47.0, 71.0)), resampling, ..StackRequest::default() });
    }
}

#[test]
fn parts_of_an_array_in_another_crs_are_parts_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut items = places(folder.path());
    items.push(item(folder.path(), "d", 2, "EPSG:32632", (970_000.0, 5_000_013.0)));
    for resampling in [Method::Nearest, Method::Bilinear, Method::Cubic, Method::Average] {
        let crs = Some(Crs::parse("EPSG:3857").unwrap());
        check(&items, folder.path(), &StackRequest { crs, resampling, resolution: Some((90.0, 90.0)), ..StackRequest::default() });
    }
}

#[test]
fn a_part_without_a_source_is_empty_and_reads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let items = [item(folder.path(), "a", 1, "EPSG:32633", (0.0, 0.0)), item(folder.path(), "z", 1, "EPSG:32633", (90_000.0, -90_000.0))];
    let plan = stack::plan(&items, &StackRequest::default()).unwrap();
    let part = Part { times: 0..1, bands: 0..2, window: Window { col: 1000, row: 0, width: 70, height: 30 } };
    let cut = plan.cut(&part).unwrap();
    assert!(cut.sources.is_empty());
    assert!(
        bits(&run(folder.path(), &cut).unwrap().stack, &Part { window: Window { col: 0, row: 0, ..part.window }, ..part.clone() })
            .iter()
            .all(|b| *b == (-1.0f32).to_bits())
    );
    for part in [
        Part { times: 0..2, ..part.clone() },
        Part { bands: 1..1, ..part.clone() },
        Part { window: Window { col: 3590, ..part.window }, ..part },
    ] {
        assert_eq!(plan.cut(&part).unwrap_err().family, Family::Misuse);
    }
}

#[test]
fn chunks_cover_the_array_along_the_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let plan = stack::plan(&places(folder.path()), &StackRequest::default()).unwrap();
    let (rows, cols) = plan.block_shape();
    let chunks = plan.chunks(rows, cols);
    assert_eq!((chunks.rows.iter().sum::<u32>(), chunks.cols.iter().sum::<u32>()), (plan.grid.shape.height, plan.grid.shape.width));
    assert_eq!((chunks.rows[0], chunks.cols[0]), (512, 512));
}

#[test]
fn chunks_are_cut_along_the_blocks_of_the_file_where_its_header_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let plan = stack::plan(&places(folder.path()), &StackRequest::default()).unwrap();
    let fetch = StoreFetch::new(Store::open(folder.path().to_str().unwrap(), &Credentials::anonymous()).unwrap());
    let plan = tokio::runtime::Runtime::new().unwrap().block_on(stack::with_blocks(plan, &fetch));
    let written = usual_block_size(Shape { width: SIZE, height: SIZE });
    assert_eq!(plan.block_shape(), (written, written));
    // Of a file that is cut otherwise.
    let odd = StackPlan { blocks: Some(Shape { width: 96, height: 80 }), ..plan };
    let chunks = odd.chunks(200, 200);
    assert_eq!((odd.block_shape(), chunks.rows[0], chunks.cols[0]), ((80, 96), 160, 192));
    assert_eq!(StackPlan::from_bytes(&odd.to_bytes().unwrap()).unwrap().blocks, odd.blocks);
}

/// Ten thousand items of four assets, named as a build names them.
fn many() -> Vec<Value> {
    let mut dice = Dice(3);
    let mut items = Vec::new();
    for i in 0..10_000u32 {
        let (tile, day) = (i % 200, i / 200);
        let id = format!("t{tile:04}_{:04}{:02}{:02}", 2019 + day / 28, 1 + day % 12, 1 + day % 28);
        let corner = (300_000.0 + 60_000.0 * f64::from(tile % 20), 5_000_000.0 - 60_000.0 * f64::from(tile / 20));
        let asset = |band: u32, dice: &mut Dice| {
            let hash = format!("{:08x}", dice.below(u32::MAX));
            json!({ "href": format!("https://acct.blob.core.windows.net/maps/v1/map4/{id}/b{band}.{hash}.tif"), "data_type": "uint16", "nodata": 0,
                "type": "image/tiff; application=geotiff; profile=cloud-optimized", "proj:code": "EPSG:32633", "proj:shape": [2000, 2000],
                "proj:transform": [30.0, 0.0, corner.0, 0.0, -30.0, corner.1], "file:size": 4_000_000 + dice.below(2_000_000), "file:header_size": 1900 + dice.below(9) })
        };
        let assets: serde_json::Map<String, Value> = (1..5).map(|band| (format!("b{band}"), asset(band, &mut dice))).collect();
        items.push(json!({ "type": "Feature", "stac_version": "1.1.0", "id": id, "geometry": null, "bbox": [14.0, 44.0, 15.0, 45.0], "links": [],
            "properties": { "datetime": format!("{:04}-{:02}-{:02}T10:00:00Z", 2019 + day / 28, 1 + day % 12, 1 + day % 28) }, "assets": assets }));
    }
    items
}

#[test]
fn forty_thousand_files_pack_into_less_than_a_megabyte() {
    let plan = stack::plan(&many(), &StackRequest::default()).unwrap();
    assert_eq!(plan.sources.len(), 40_000);
    let bytes = plan.to_bytes().unwrap();
    assert!(bytes.len() < 1_000_000, "{} bytes", bytes.len());
    assert!(StackPlan::from_bytes(&bytes).unwrap() == plan);
}

#[test]
fn bytes_that_are_no_plan_are_refused_and_secrets_stay_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = item(folder.path(), "a", 1, "EPSG:32633", (0.0, 0.0));
    one["assets"]["data"]["href"] = "https://h/a.tif?sv=1&sig=CANARY".into();
    one["assets"]["again"]["href"] = "https://h/b.tif?X-Amz-Signature=CANARY".into();
    let bytes = stack::plan(&[one], &StackRequest::default()).unwrap().to_bytes().unwrap();
    let hrefs: Vec<String> = StackPlan::from_bytes(&bytes).unwrap().sources.into_iter().map(|s| s.href).collect();
    assert_eq!(hrefs, ["https://h/a.tif", "https://h/b.tif"]);
    for (damaged, family) in [
        (vec![], Family::Damaged),
        (vec![9, 9], Family::Unsupported),
        (vec![1, 2, 3], Family::Damaged),
        (bytes[..bytes.len() / 2].to_vec(), Family::Damaged),
        (bytes.iter().enumerate().map(|(i, b)| if i == bytes.len() / 2 { !b } else { *b }).collect(), Family::Damaged),
    ] {
        assert_eq!(StackPlan::from_bytes(&damaged).unwrap_err().family, family, "{} bytes", damaged.len());
    }
}
