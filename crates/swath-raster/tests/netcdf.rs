//! NetCDF of every kind, judged by what rasterio and netCDF4 say of the shared data.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use swath_raster::crs::{Crs, Transformer};
use swath_raster::{
    Affine, Calendar, Error, Family, Georeference, Limits, Nodata, RasterSource, SampleType, Samples, Shape, Sidecars, Window, netcdf, open,
};

fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("SWATH_SHARED").map_or_else(beside, PathBuf::from).join("data");
    if folder.join("expected.json").exists() {
        return Some(folder);
    }
    eprintln!("not run: ../shared is absent");
    None
}

fn opened(folder: &std::path::Path, name: &str) -> Result<Vec<Arc<dyn RasterSource>>, Error> {
    let bytes = Bytes::from(std::fs::read(folder.join(name)).unwrap());
    open(name, Arc::new(bytes), &Sidecars::default(), &Limits::default())
}

fn raster(name: &str, variable: &str) -> Option<Arc<dyn RasterSource>> {
    let all = opened(&shared()?, name).unwrap();
    Some(Arc::clone(all.iter().find(|raster| raster.info().name == variable).unwrap()))
}

/// What rasterio says of a variable: its subdataset, or the file where it has only one.
fn expected(all: &Value, file: &str, variable: &str) -> Option<Value> {
    let file_says = &all["files"][file];
    let part = file_says["subdatasets"].as_object().and_then(|parts| parts.get(&format!("netcdf:{file}:{variable}")));
    let found = part.or_else(|| file_says["subdatasets"].is_null().then_some(file_says))?;
    found["error"].is_null().then(|| found.clone())
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| match value.as_str()? {
        "nan" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    })
}

/// The same number, but for the last digit of its text.
fn alike(at: &str, ours: Option<f64>, theirs: Option<f64>) {
    let same = match (ours, theirs) {
        (Some(a), Some(b)) => a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-15 * a.abs(),
        (a, b) => a.is_none() && b.is_none(),
    };
    assert!(same, "{at}: {ours:?}, rasterio {theirs:?}");
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rows in reverse.
fn upside_down(samples: &Samples, width: usize) -> Vec<u8> {
    samples.as_bytes().chunks(width * samples.sample_type().size()).rev().flatten().copied().collect()
}

/// Columns as rows, each from its end: how GDAL sees a variable that is stored (longitude, latitude) with latitudes rising.
fn stored_by_columns(samples: &Samples, width: usize) -> [Vec<u8>; 2] {
    let size = samples.sample_type().size();
    let height = samples.len() / width;
    let at = |row: usize, col: usize| samples.as_bytes()[(row * width + col) * size..][..size].to_vec();
    let rising = (0..width).rev().flat_map(|col| (0..height).rev().map(move |row| (row, col)));
    let falling = (0..width).flat_map(|col| (0..height).map(move |row| (row, col)));
    [rising.flat_map(|(row, col)| at(row, col)).collect(), falling.flat_map(|(row, col)| at(row, col)).collect()]
}

const FILES: &[&str] = &[
    "cmip5_hadgem2_series/tas_Amon_HadGEM2-ES_rcp85_r1i1p1_200512-203011.nc",
    "cmip5_hadgem2_series/tas_Amon_HadGEM2-ES_rcp85_r1i1p1_229912-229912.nc",
    "odd_netcdf/gdal/bug636.nc",
    "odd_netcdf/gdal/byte_with_neg_fillvalue_and_unsigned_hint.nc",
    "odd_netcdf/gdal/cf_lcc2sp.nc",
    "odd_netcdf/gdal/geos_rad.nc",
    "odd_netcdf/gdal/ice_drift_nh_ease2-750_cdr-v1p0_24h-202012211200_simplified.nc",
    "odd_netcdf/gdal/netcdf-4d.nc",
    "odd_netcdf/gdal/rotated_pole.nc",
    "odd_netcdf/gdal/trmm.nc",
    "odd_netcdf/gdal/two_vars_scale_offset.nc",
    "odd_netcdf/gdal/alldatatypes.nc",
    "odd_netcdf/gdal/swapedxy.nc",
    "odd_netcdf/netcdf4-python/20171025_2056.Cloud_Top_Height.nc",
    "odd_netcdf/rioxarray/PLANET_SCOPE_3D.nc",
    "odd_netcdf/rioxarray/tmmx_20190121.nc",
    "odd_netcdf/salem-sample-data/wrf_cropped.nc",
    "odd_netcdf/stars/3B42_Daily.19991231.7.test.nc",
    "odd_netcdf/stars/test_stageiv_xyt.nc",
    "odd_netcdf/xclim-testdata/tas_Amon_CanESM2_rcp85_r1i1p1_200701-200712.nc",
    "sentinel2_romania/sentinel2_cube_subset_romania_20m.nc",
    "sentinel2_romania/sentinel2_subset.nc",
];

#[test]
fn variables_read_as_rasterio_reads_them() {
    let Some(folder) = shared() else { return };
    let all: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let mut checked = 0;
    for file in FILES {
        for raster in opened(&folder, file).unwrap() {
            let Some(expected) = expected(&all, file, &raster.info().name) else { continue };
            like_rasterio(file, raster.as_ref(), &expected);
            checked += 1;
        }
    }
    assert!(checked >= 45, "{checked}");
}

fn like_rasterio(file: &str, raster: &dyn RasterSource, expected: &Value) {
    let info = raster.info();
    let at = format!("{file}:{}", info.name);
    let transposed = info.metadata.contains_key("SWATH_TRANSPOSED");
    let Shape { width, height } = info.grid.shape;
    let (rows, columns) = if transposed { (width, height) } else { (height, width) };
    let shape = [info.bands.len() as u64, u64::from(rows), u64::from(columns)];
    let expected_shape: Vec<u64> = expected["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    assert_eq!(shape[..], expected_shape, "{at}");
    // rasterio shows pairs of 32-bit integers as complex64.
    let shown = if info.sample == SampleType::CI32 { SampleType::CF32 } else { info.sample };
    assert_eq!(shown.name(), expected["dtypes"][0], "{at}");
    let band = &info.bands[0];
    // rasterio has no word for a 64-bit value that no float holds.
    if info.sample != SampleType::U64 {
        alike(&at, band.nodata.map(Nodata::as_f64), number(&expected["nodata"]));
    }
    alike(&at, band.scale.or(Some(1.0)), number(&expected["scales"][0]).or(Some(1.0)));
    alike(&at, band.offset.or(Some(0.0)), number(&expected["offsets"][0]).or(Some(0.0)));
    assert_eq!(band.unit.as_deref(), expected["units"][0].as_str(), "{at}");
    if expected["has_geotransform"] == true && !transposed {
        for (ours, theirs) in info.grid.transform.to_array().iter().zip(expected["transform"].as_array().unwrap()) {
            let theirs = theirs.as_f64().unwrap();
            assert!(
                (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
                "{at}: {:?}, rasterio {}",
                info.grid.transform,
                expected["transform"]
            );
        }
    }
    if let Some(code) = expected["epsg"].as_u64() {
        assert_eq!(info.grid.crs.as_ref().unwrap().code(), Some(format!("EPSG:{code}").as_str()), "{at}");
    }
    if let Some(wkt) = expected["crs_wkt"].as_str() {
        let theirs = Crs::parse(wkt).unwrap();
        let ours = info.grid.crs.as_ref().unwrap();
        // PROJ calls no two geostationary definitions equivalent, so places decide.
        let lonlat = |crs: &Crs| {
            let mut points: Vec<(f64, f64)> =
                (0..5).map(|n| f64::from(n) / 4.0).map(|t| (t * f64::from(width), t * f64::from(height))).collect();
            points.iter_mut().for_each(|p| *p = info.grid.transform.apply(p.0, p.1));
            Transformer::new(crs, &Crs::parse("EPSG:4326").unwrap()).unwrap().points(&mut points).unwrap();
            points
        };
        let near = |a: f64, b: f64| a == b || (a - b).abs() < 1e-9;
        let same = lonlat(ours).iter().zip(lonlat(&theirs)).all(|(a, b)| near(a.0, b.0) && near(a.1, b.1));
        assert!(same, "{at}: {}, rasterio {}", ours.wkt2(), theirs.wkt2());
    }
    for (index, expected) in expected["bands"].as_array().unwrap().iter().enumerate() {
        let samples = raster.read(&[index], Window::whole(info.grid.shape)).unwrap().remove(0);
        assert_eq!(samples.sample_type(), info.sample, "{at}");
        let mut seen = vec![hash(samples.as_bytes())];
        // ... and reads those of 16 bits as complex64, too.
        match &samples {
            Samples::CI16(pairs) => seen.push(hash(Samples::CF32(pairs.iter().map(|p| p.map(f32::from)).collect()).as_bytes())),
            Samples::CI32(pairs) => seen.push(hash(Samples::CF32(pairs.iter().map(|p| p.map(|v| v as f32)).collect()).as_bytes())),
            _ => {}
        }
        if file.starts_with("sentinel2") {
            // GDAL does not know these y for coordinates and turns them upside down.
            seen = vec![hash(&upside_down(&samples, width as usize))];
        } else if transposed {
            seen = stored_by_columns(&samples, width as usize).iter().map(|bytes| hash(bytes)).collect();
        }
        assert!(seen.iter().any(|hash| *hash == expected["sha256_raw_le"]), "{at} band {index}");
    }
}

#[test]
fn every_file_of_the_long_series_opens_with_its_times() {
    let Some(folder) = shared() else { return };
    let mut months = 0;
    for entry in std::fs::read_dir(folder.join("cmip5_hadgem2_series")).unwrap() {
        let name = format!("cmip5_hadgem2_series/{}", entry.unwrap().file_name().to_string_lossy());
        let all = opened(&folder, &name).unwrap();
        let [only] = &all[..] else { panic!("{name}: {} rasters", all.len()) };
        assert_eq!(only.info().name, "tas");
        assert_eq!(only.info().grid.crs.as_ref().unwrap().code(), Some("EPSG:4326"));
        for band in &only.info().bands {
            let time = band.time.as_ref().unwrap();
            let (start, end) = time.bounds.unwrap();
            let instant = time.instant.unwrap();
            assert_eq!(time.calendar, Calendar::Day360);
            assert!(start < instant && instant < end && time.label.ends_with("-16T00:00:00"), "{name}: {time:?}");
            months += 1;
        }
    }
    assert!(months > 3000, "{months}");
}

#[test]
fn times_are_those_of_netcdf4() {
    let check = |file: &str, variable: &str, first: &str, last: &str| {
        let Some(raster) = raster(file, variable) else { return };
        let bands = &raster.info().bands;
        let label = |index: usize| bands[index].time.as_ref().map(|time| time.label.clone());
        assert_eq!((label(0).as_deref(), label(bands.len() - 1).as_deref()), (Some(first), Some(last)), "{file}");
    };
    let cmip = "cmip5_hadgem2_series/tas_Amon_HadGEM2-ES_rcp85_r1i1p1_200512-203011.nc";
    check(cmip, "tas", "2005-12-16T00:00:00", "2030-11-16T00:00:00");
    let sentinel = "sentinel2_romania/sentinel2_cube_subset_romania_20m.nc";
    check(sentinel, "SCL", "2015-08-01T00:00:00", "2021-01-01T00:00:00");
    let canesm = "odd_netcdf/xclim-testdata/tas_Amon_CanESM2_rcp85_r1i1p1_200701-200712.nc";
    check(canesm, "tas", "2006-12-16T12:00:00", "2007-11-16T00:00:00");
    check("odd_netcdf/gdal/cf_lcc2sp.nc", "Total_cloud_cover", "2010-01-13T06:00:00", "2010-01-13T06:00:00");
    check("odd_netcdf/gdal/netcdf-4d.nc", "t", "2000-01-01T00:00:00", "2000-01-01T18:00:00");
    check("odd_netcdf/rioxarray/PLANET_SCOPE_3D.nc", "blue", "2016-12-19T10:27:29.687763", "2016-12-29T12:52:42.347451");
    check("odd_netcdf/rioxarray/tmmx_20190121.nc", "air_temperature", "2019-01-21T00:00:00", "2019-01-21T00:00:00");
    let goes = "odd_netcdf/netcdf4-python/20171025_2056.Cloud_Top_Height.nc";
    check(goes, "HT", "2017-10-25T20:53:38.980285", "2017-10-25T20:53:38.980285");
    let stage = "odd_netcdf/stars/test_stageiv_xyt.nc";
    check(stage, "Total_precipitation_surface_1_Hour_Accumulation", "2018-09-13T19:00:00", "2018-09-14T17:00:00");
}

#[test]
fn names_of_axes_suffice_beside_a_grid_mapping() {
    let Some(raster) = raster("sentinel2_romania/sentinel2_cube_subset_romania_20m.nc", "B4") else { return };
    let info = raster.info();
    assert_eq!(info.grid.crs.as_ref().unwrap().code(), Some("EPSG:3035"));
    assert_eq!(info.georeference, Georeference::Affine);
    assert_eq!(info.grid.transform, Affine::north_up(5_271_982.576_551_932, 2_533_004.214_915_185_7, 20.0, 20.0));
    assert_eq!(info.bands.len(), 140);
    // Row 0 is the northernmost: the file's own first row.
    let samples = raster.read(&[0], Window { col: 0, row: 0, width: 1, height: 50 }).unwrap();
    let Samples::U16(column) = &samples[0] else { panic!("{samples:?}") };
    assert_eq!(column.len(), 50);
}

#[test]
fn many_bands_one_after_another_cost_one_pass() {
    let Some(raster) = raster("sentinel2_romania/sentinel2_cube_subset_romania_20m.nc", "B11") else { return };
    let start = std::time::Instant::now();
    for band in 0..140 {
        raster.read(&[band], Window::whole(raster.info().grid.shape)).unwrap();
    }
    assert!(start.elapsed().as_secs_f64() < 2.0, "{:?}", start.elapsed());
}

#[test]
fn what_ties_pixels_to_the_ground_is_named() {
    let check = |file: &str, variable: &str, georeference: Georeference| {
        let Some(raster) = raster(file, variable) else { return };
        assert_eq!(raster.info().georeference, georeference, "{file}");
    };
    check("odd_netcdf/gdal/bug636.nc", "tas", Georeference::Affine);
    let curved = Georeference::Curvilinear { x: "lon".into(), y: "lat".into() };
    check("odd_netcdf/stars/test_stageiv_xyt.nc", "Total_precipitation_surface_1_Hour_Accumulation", curved);
    check("odd_netcdf/salem-sample-data/wrf_cropped.nc", "T2", Georeference::Affine);
    check("odd_netcdf/gdal/two_vars_scale_offset.nc", "z", Georeference::Affine);
    check("odd_netcdf/gdal/trmm.nc", "pcp", Georeference::Affine);
}

#[test]
fn columns_before_rows_are_turned_north_up() {
    let Some(raster) = raster("odd_netcdf/gdal/swapedxy.nc", "test") else { return };
    let grid = &raster.info().grid;
    assert_eq!(grid.shape, Shape { width: 8, height: 4 });
    assert_eq!(grid.transform, Affine::north_up(-180.0, 90.0, 45.0, 45.0));
    assert_eq!(grid.crs.as_ref().unwrap().code(), Some("EPSG:4326"));
}

#[test]
fn a_window_is_that_part_of_the_whole() {
    for (file, variable) in
        [("odd_netcdf/gdal/rotated_pole.nc", "tg"), ("odd_netcdf/gdal/swapedxy.nc", "test"), ("odd_netcdf/gdal/trmm.nc", "pcp")]
    {
        let Some(raster) = raster(file, variable) else { return };
        let Shape { width, height } = raster.info().grid.shape;
        let whole = raster.read(&[0], Window::whole(raster.info().grid.shape)).unwrap().remove(0);
        let size = whole.sample_type().size();
        let window = Window { col: 1, row: 1, width: width - 2, height: height - 3 };
        let part = raster.read(&[0], window).unwrap().remove(0);
        let mut rows = Vec::new();
        for row in window.row..window.row + window.height {
            let start = (row * width + window.col) as usize * size;
            rows.extend_from_slice(&whole.as_bytes()[start..start + window.width as usize * size]);
        }
        assert_eq!(part.as_bytes(), rows, "{file}");
        for (bands, window) in
            [(vec![9999], window), (vec![0], Window { width: width + 1, ..window }), (vec![0], Window { col: u32::MAX, ..window })]
        {
            assert_eq!(raster.read(&bands, window).unwrap_err().family, Family::Misuse, "{file}");
        }
    }
}

#[test]
fn a_cut_file_is_an_error_that_names_it() {
    let Some(folder) = shared() else { return };
    let error = opened(&folder, "malformed/gdal/byte_truncated.nc").map(|_| ()).unwrap_err();
    assert_eq!((error.family, error.at.as_str()), (Family::Damaged, "malformed/gdal/byte_truncated.nc"), "{error}");
}

#[test]
fn no_cut_and_no_flipped_byte_ends_in_a_panic() {
    let Some(folder) = shared() else { return };
    for name in [
        "odd_netcdf/gdal/netcdf-4d.nc",
        "odd_netcdf/gdal/trmm.nc",
        "sentinel2_romania/sentinel2_subset.nc",
        "odd_netcdf/gdal/alldatatypes.nc",
    ] {
        let whole = std::fs::read(folder.join(name)).unwrap();
        let mut state = 1u64;
        for round in 0..60 {
            let mut bytes = whole.clone();
            let mut random = |below: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as usize % below.max(1)
            };
            if round % 2 == 0 {
                bytes.truncate(random(whole.len()));
            } else {
                for _ in 0..8 {
                    let at = random(whole.len().min(4096));
                    bytes[at] = random(256) as u8;
                }
            }
            if !netcdf::sniff(&bytes) {
                continue;
            }
            let Ok(all) = netcdf::open(name, Arc::new(Bytes::from(bytes)), &Limits::default()) else { continue };
            for raster in all {
                let Shape { width, height } = raster.info().grid.shape;
                let window = Window { col: 0, row: 0, width: width.min(64), height: height.min(64) };
                let _ = raster.read(&[0], window);
            }
        }
    }
}
