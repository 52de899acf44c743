//! CRS of every kind, judged by what rasterio says of the shared data.

use std::path::PathBuf;

use serde_json::Value;
use swath_raster::crs::{Crs, GeoKeys, Transformer, footprint, lonlat_bounds};
use swath_raster::{Affine, Family, Georeference, Grid, Shape};

fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("SWATH_SHARED").map_or_else(beside, PathBuf::from);
    if folder.join("data/expected.json").exists() {
        return Some(folder);
    }
    eprintln!("not run: ../shared is absent");
    None
}

/// Every raster rasterio opened, subdatasets too.
fn expected() -> Vec<(String, Value)> {
    let Some(folder) = shared() else { return Vec::new() };
    let text = std::fs::read_to_string(folder.join("data/expected.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut out = Vec::new();
    for (name, file) in all["files"].as_object().unwrap() {
        out.push((name.clone(), file.clone()));
        for (name, part) in file["subdatasets"].as_object().into_iter().flatten() {
            out.push((name.clone(), part.clone()));
        }
    }
    out
}

fn numbers<const N: usize>(value: &Value) -> Option<[f64; N]> {
    let list: Vec<f64> = value.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
    list.try_into().ok()
}

fn grid(crs: &str, transform: [f64; 6], width: u32, height: u32) -> Grid {
    Grid { crs: Some(Crs::parse(crs).unwrap()), transform: Affine::from_array(transform), shape: Shape { width, height } }
}

#[test]
fn a_code_is_given_where_rasterio_gives_it() {
    let mut checked = 0;
    for (name, raster) in expected() {
        let Some(wkt) = raster["crs_wkt"].as_str() else { continue };
        let crs = Crs::parse(wkt).unwrap();
        let code = raster["epsg"].as_u64().map(|code| format!("EPSG:{code}"));
        // Where the shift to WGS84 is zero we say the code that rasterio does not: the issue names this very file EPSG:3035.
        let code = if name.contains("sentinel2_") && name.contains("nc:") { Some("EPSG:3035".to_owned()) } else { code };
        assert_eq!(crs.code(), code.as_deref(), "{name}: {wkt}");
        checked += 1;
    }
    assert!(checked > 250 || shared().is_none(), "{checked}");
}

#[test]
fn the_keys_of_real_files_mean_what_rasterio_reads() {
    let Some(folder) = shared() else { return };
    let (mut checked, mut wrong) = (0, Vec::new());
    for (name, raster) in expected() {
        let path = folder.join("data").join(&name);
        // GDAL takes the engineering CRS of this file from a sidecar; it ties nothing to the ground.
        if raster["driver"] != "GTiff" || name.ends_with("byte_nogeoref.tif") {
            continue;
        }
        let Ok(bytes) = std::fs::read(path).map(bytes::Bytes::from) else { continue };
        let opened = swath_raster::open(&name, std::sync::Arc::new(bytes), &Default::default(), &Default::default());
        let Ok(opened) = opened else { continue };
        // rasterio keeps the CRS of control points apart.
        if matches!(opened[0].info().georeference, Georeference::Gcps(_)) {
            continue;
        }
        let crs = opened[0].info().grid.crs.clone();
        let code = raster["epsg"].as_u64().map(|code| format!("EPSG:{code}"));
        let theirs = raster["crs_wkt"].as_str().map(|wkt| Crs::parse(wkt).unwrap());
        if crs.as_ref().and_then(|crs| crs.code().map(str::to_owned)) != code || crs.is_some() != theirs.is_some() {
            wrong.push(format!("{name}: {:?}, rasterio {code:?} {}", crs.as_ref().map(Crs::wkt2), raster["crs_wkt"]));
        }
        if let (Some(ours), Some(theirs)) = (&crs, &theirs)
            && !ours.is_equivalent(theirs)
            && !same_places(ours, theirs, &raster)
        {
            wrong.push(format!("{name}: {}\n   rasterio {}", ours.wkt2(), theirs.wkt2()));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 250, "{checked}");
}

/// Datums may bear other names: then the corners decide.
fn same_places(ours: &Crs, theirs: &Crs, raster: &Value) -> bool {
    let corner = |x: usize, y: usize| raster["bounds"][x].as_f64().zip(raster["bounds"][y].as_f64());
    let corners: Option<Vec<(f64, f64)>> = [corner(0, 1), corner(2, 1), corner(2, 3), corner(0, 3)].into_iter().collect();
    let lonlat = |crs: &Crs| {
        let geographic = crs.geographic().unwrap();
        let mut points = corners.clone().unwrap();
        Transformer::new(crs, &geographic).unwrap().points(&mut points).unwrap();
        points
    };
    lonlat(ours).iter().zip(lonlat(theirs)).all(|(a, b)| (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9)
}

#[test]
fn lonlat_bounds_are_those_of_rasterio() {
    let mut checked = 0;
    for (name, raster) in expected() {
        let (Some(wkt), Some(bounds)) = (raster["crs_wkt"].as_str(), numbers::<4>(&raster["bbox4326"])) else { continue };
        let shape = numbers::<3>(&raster["shape"]).unwrap();
        let transform = numbers::<6>(&raster["transform"]).unwrap();
        let ours = lonlat_bounds(&grid(wkt, transform, shape[2] as u32, shape[1] as u32)).unwrap();
        let ours = [ours.left, ours.bottom, ours.right, ours.top];
        let close = ours.iter().zip(bounds).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close, "{name}: {ours:?}, rasterio {bounds:?}");
        checked += 1;
    }
    assert!(checked > 200 || shared().is_none(), "{checked}");
}

#[test]
fn one_crs_has_one_code_however_it_is_written() {
    let check = |text: &str, code: Option<&str>| assert_eq!(Crs::parse(text).unwrap().code(), code, "{text}");
    check("EPSG:32633", Some("EPSG:32633"));
    check("epsg:32633", Some("EPSG:32633"));
    check("32633", Some("EPSG:32633"));
    check("+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs", Some("EPSG:32633"));
    check("OGC:CRS84", Some("OGC:CRS84"));
    check("urn:ogc:def:crs:OGC:1.3:CRS84", Some("OGC:CRS84"));
    check("urn:ogc:def:crs:EPSG::4326", Some("EPSG:4326"));
    check("ESRI:54009", Some("ESRI:54009"));
    check("EPSG:4326+3855", Some("EPSG:9518"));
    check("+proj=sinu +R=6371007.181", None);
    for code in ["EPSG:3035", "EPSG:3031", "EPSG:3857", "EPSG:26711", "EPSG:9518", "EPSG:2230", "EPSG:4326"] {
        let crs = Crs::parse(code).unwrap();
        check(crs.wkt2(), Some(code));
        check(crs.projjson(), Some(code));
        assert!(!crs.wkt2().contains('\n') && !crs.projjson().contains('\n'));
    }
}

#[test]
fn a_code_that_its_own_definition_contradicts_is_dropped() {
    let lying =
        Crs::parse("EPSG:32633").unwrap().wkt2().replace("\"Longitude of natural origin\",15", "\"Longitude of natural origin\",14");
    assert_eq!(Crs::parse(&lying).unwrap().code(), None);
}

#[test]
fn what_is_no_crs_is_refused_with_the_text() {
    for text in ["", "EPSG:1", "nonsense", "GEOGCS[\"half", "{\"type\": 3}", "+proj=pipeline +step +proj=utm +zone=3", "a\0b"] {
        let error = Crs::parse(text).unwrap_err();
        assert_eq!(error.family, Family::Misuse, "{text}");
        assert!(error.found.contains("is not understood"), "{error}");
    }
}

#[test]
fn units_are_those_of_the_horizontal_axes() {
    let check = |text: &str, unit: &str, geographic: bool| {
        let crs = Crs::parse(text).unwrap();
        assert_eq!((crs.unit(), crs.is_geographic()), (unit, geographic), "{text}");
    };
    check("EPSG:4326", "degree", true);
    check("EPSG:9518", "degree", true);
    check("EPSG:2230", "US survey foot", false);
    check("EPSG:3031", "metre", false);
}

#[test]
fn x_comes_first_whatever_the_axis_order() {
    let (a, b) = (Crs::parse("EPSG:4326").unwrap(), Crs::parse("EPSG:3035").unwrap());
    let mut points = [(10.0, 52.0), (f64::NAN, 0.0)];
    Transformer::new(&a, &b).unwrap().points(&mut points).unwrap();
    assert!((points[0].0 - 4_321_000.0).abs() < 1e-6 && (points[0].1 - 3_210_000.0).abs() < 1e-6);
    assert!(points[1].0.is_infinite());
}

#[test]
fn transformers_work_in_many_threads_at_once() {
    let way = Transformer::new(&Crs::parse("EPSG:32633").unwrap(), &Crs::parse("EPSG:4326").unwrap()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let way = &way;
            scope.spawn(move || {
                for n in 0..200 {
                    let mut points = [(500_000.0, f64::from(n))];
                    way.points(&mut points).unwrap();
                    assert!((points[0].0 - 15.0).abs() < 1e-9);
                }
            });
        }
    });
}

/// Signed area of a closed ring, counter-clockwise positive.
fn area(ring: &[(f64, f64)]) -> f64 {
    ring.windows(2).map(|p| p[0].0 * p[1].1 - p[1].0 * p[0].1).sum::<f64>() / 2.0
}

fn spans(ring: &[(f64, f64)]) -> [f64; 4] {
    let fold = |pick: fn(&(f64, f64)) -> f64| {
        ring.iter().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let ((west, east), (south, north)) = (fold(|p| p.0), fold(|p| p.1));
    [west, south, east, north]
}

#[test]
fn footprints_are_continuous_closed_and_where_they_should_be() {
    let check = |crs: &str, transform: [f64; 6], size: u32, expected: [f64; 4], tolerance: f64| {
        let ring = footprint(&grid(crs, transform, size, size)).unwrap();
        assert_eq!(ring.first(), ring.last(), "{crs}");
        assert!(ring.len() > 80 && area(&ring).abs() > 0.0, "{crs}: {} points", ring.len());
        assert!(ring.iter().all(|p| p.0.is_finite() && p.1.abs() <= 90.0), "{crs}");
        let ours = spans(&ring);
        assert!(ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < tolerance), "{crs}: {ours:?}");
    };
    check("EPSG:32633", [30.0, 0.0, 499_980.0, 0.0, -30.0, 5_000_040.0], 100, [15.0, 45.13, 15.04, 45.16], 0.02);
    // Over the antimeridian: longitudes go on past 180.
    check("EPSG:32660", [1000.0, 0.0, 650_000.0, 0.0, -1000.0, 100_000.0], 100, [178.35, 0.0, 179.25, 0.9], 0.02);
    check("EPSG:32660", [1000.0, 0.0, 650_000.0, 0.0, -1000.0, 300_000.0], 300, [178.34, 0.0, 181.06, 2.72], 0.05);
    check("EPSG:4326", [1.0, 0.0, 170.0, 0.0, -1.0, 10.0], 20, [170.0, -10.0, 190.0, 10.0], 1e-9);
    check("EPSG:4326", [1.0, 0.0, 190.0, 0.0, -1.0, 10.0], 20, [-170.0, -10.0, -150.0, 10.0], 1e-9);
    // The whole world, however it is cut and however far it reaches out.
    check("EPSG:4326", [3.6, 0.0, 0.0, 0.0, -1.8, 90.0], 100, [-180.0, -90.0, 180.0, 90.0], 1e-9);
    check("EPSG:4326", [3.75, 0.0, -93.75, 0.0, -2.5, 97.5], 100, [-180.0, -90.0, 180.0, 90.0], 1e-9);
    let half = 20_037_508.342_789_244;
    check("EPSG:3857", [half / 50.0, 0.0, -half, 0.0, -half / 50.0, half], 100, [-180.0, -85.0511, 180.0, 85.0511], 1e-3);
    // Around a pole, and with a corner on it.
    check("EPSG:3031", [1e5, 0.0, -3e6, 0.0, -1e5, 3e6], 60, [-180.0, -90.0, 180.0, -52.0], 1.0);
    check("EPSG:6931", [1e5, 0.0, -3e6, 0.0, -1e5, 3e6], 60, [-180.0, 50.8, 180.0, 90.0], 1.0);
    check("EPSG:6931", [1e5, 0.0, 0.0, 0.0, -1e5, 3e6], 30, [90.0, 50.8, 180.0, 90.0], 1.0);
    // A full disk whose edge misses the earth.
    check("+proj=geos +lon_0=0 +h=35786023 +ellps=GRS80", [1.1e5, 0.0, -5.5e6, 0.0, -1.1e5, 5.5e6], 100, [-79.0, -79.0, 79.0, 79.0], 4.0);
}

#[test]
fn another_planet_has_no_footprint_here() {
    let mars = "+proj=eqc +lat_ts=-10 +lon_0=180 +R=3395582.0270805";
    let wkt = r#"GEOGCS["Mars 2000",DATUM["D_Mars_2000",SPHEROID["Mars_2000_IAU_IAG",3396190.0,169.89444722361179]],PRIMEM["Greenwich",0],UNIT["Decimal_Degree",0.0174532925199433]]"#;
    for crs in [mars, wkt] {
        let error = footprint(&grid(crs, [1.0, 0.0, 0.0, 0.0, -1.0, 10.0], 10, 10)).unwrap_err();
        assert_eq!(error.family, Family::Unsupported, "{error}");
    }
}

/// CRS of every method that the keys know, of some they do not, and with parts of their own.
const KEYED: &[&str] = &[
    "EPSG:4326",
    "EPSG:3035",
    "EPSG:9518",
    "EPSG:2230",
    "EPSG:3857",
    "EPSG:32661",
    "EPSG:2193",
    "EPSG:27200",
    "EPSG:2065",
    "ESRI:54009",
    "ESRI:54030",
    "ESRI:102008",
    "OGC:CRS84",
    "+proj=tmerc +lat_0=52.5 +lon_0=13.8 +k=1 +x_0=48240.9 +y_0=53243.4 +a=6378137 +rf=298.2572229",
    "+proj=utm +zone=52 +ellps=WGS84 +units=us-ft",
    "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=263 +R=6371200",
    "+proj=lcc +lat_1=40 +lat_0=40 +lon_0=3 +k_0=0.99 +x_0=600000 +y_0=200000 +ellps=clrk80",
    "+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-96 +R=6370997",
    "+proj=laea +lat_0=45 +lon_0=-100 +datum=WGS84",
    "+proj=merc +lon_0=10 +k=0.5 +ellps=bessel",
    "+proj=merc +lon_0=10 +lat_ts=41 +ellps=bessel",
    "+proj=stere +lat_0=90 +lat_ts=75 +lon_0=-30 +ellps=intl",
    "+proj=stere +lat_0=-90 +k=0.98 +lon_0=-30 +ellps=intl",
    "+proj=sterea +lat_0=52.15 +lon_0=5.38 +k=0.9999 +x_0=155000 +y_0=463000 +ellps=bessel",
    "+proj=stere +lat_0=50 +lon_0=5 +ellps=bessel",
    "+proj=omerc +lat_0=4 +lonc=115 +alpha=53.3 +gamma=53.1 +k=0.99984 +x_0=590476 +y_0=442857 +ellps=evrstSS",
    "+proj=omerc +no_uoff +lat_0=4 +lonc=115 +alpha=53.3 +gamma=53.1 +k=0.99984 +ellps=evrstSS",
    "+proj=eqdc +lat_1=20 +lat_2=60 +lat_0=40 +lon_0=-96 +ellps=GRS80",
    "+proj=aeqd +lat_0=10 +lon_0=20 +ellps=GRS80",
    "+proj=sinu +R=6371007.181",
    "+proj=ortho +lat_0=40 +lon_0=10 +R=6370997",
    "+proj=gnom +lat_0=90 +lon_0=-50 +R=6370997",
    "+proj=poly +lat_0=0 +lon_0=-54 +ellps=aust_SA",
    "+proj=cass +lat_0=10.44 +lon_0=-61.33 +x_0=86501 +y_0=65379 +ellps=clrk80",
    "+proj=eqc +lat_ts=30 +lon_0=10 +R=6370997",
    "+proj=eqc +lat_ts=-10 +lon_0=180 +ellps=WGS84",
    "+proj=cea +lat_ts=30 +lon_0=0 +ellps=WGS84",
    "+proj=moll +lon_0=11 +ellps=WGS84",
    "+proj=robin +lon_0=11 +ellps=WGS84",
    "+proj=vandg +lon_0=11 +R=6371000",
    "+proj=geos +lon_0=-89.5 +h=35786023 +ellps=GRS80 +sweep=x",
    "+proj=longlat +a=3396190 +b=3376200",
    "+proj=longlat +ellps=clrk80 +pm=paris",
    "EPSG:4807",
    "EPSG:27572",
    "EPSG:31468",
    "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +R=6367470",
    "+proj=tmerc +lon_0=9 +k=1 +x_0=3500000 +ellps=bessel +towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7",
];

#[test]
fn keys_and_back_are_the_same_crs() {
    let mut wrong = Vec::new();
    for text in KEYED {
        let crs = Crs::parse(text).unwrap();
        let keys = GeoKeys::from_crs(&crs, false);
        match keys.to_crs() {
            Ok(Some(back)) if back.is_equivalent(&crs) || text.contains("geos") && back.wkt2().contains("Sweep X") => {}
            other => wrong.push(format!("{text}: {:?}\n{}\n{keys:?}", other.map(|crs| crs.map(|crs| crs.wkt2().to_owned())), crs.wkt2())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn only_a_crs_with_heights_asks_for_geotiff_1_1() {
    for (code, minor) in [("EPSG:9518", 1), ("EPSG:4326", 0), ("EPSG:32633", 0)] {
        assert_eq!(GeoKeys::from_crs(&Crs::parse(code).unwrap(), false).directory[..3], [1, 1, minor], "{code}");
    }
}

#[test]
fn keys_that_point_nowhere_are_damaged() {
    let directory =
        |entry: [u16; 4]| GeoKeys { directory: [vec![1, 1, 0, 1], entry.to_vec()].concat(), doubles: vec![1.0], ascii: "a|".into() };
    for entry in [[2057, 34736, 1, 1], [1026, 34737, 2, 9], [3082, 34736, 9, 0], [1024, 34735, 1, 99]] {
        assert_eq!(directory(entry).to_crs().unwrap_err().family, Family::Damaged, "{entry:?}");
    }
    assert_eq!(GeoKeys::default().to_crs().unwrap(), None);
    assert_eq!(directory([1024, 0, 1, 32767]).to_crs().unwrap(), None);
    for (key, code) in [(2048, 1), (3072, 1025)] {
        let error = directory([key, 0, 1, code]).to_crs().unwrap_err();
        assert_eq!((error.family, error.at), (Family::Unsupported, format!("geo key {key}")));
    }
}

proptest::proptest! {
    #[test]
    fn no_keys_end_in_a_panic(directory in proptest::collection::vec(proptest::num::u16::ANY, 0..60), doubles in proptest::collection::vec(proptest::num::f64::ANY, 0..8), keyed in proptest::collection::vec((0usize..24, 0u16..2, 0u16..40), 0..12)) {
        let _ = GeoKeys { directory, doubles: doubles.clone(), ascii: "name|".into() }.to_crs();
        let known = [1024u16, 1025, 2048, 2050, 2051, 2054, 2056, 2057, 2059, 2061, 2062, 3072, 3074, 3075, 3076, 3077, 3078, 3080, 3081, 3082, 3088, 3089, 3092, 4096];
        let mut directory = vec![1, 1, 0, 0, 1024, 0, 1, 1, 3072, 0, 1, 32767];
        for (key, place, value) in keyed {
            directory.extend([known[key], if place == 0 { 0 } else { 34736 }, 1, value]);
        }
        let _ = GeoKeys { directory, doubles, ascii: String::new() }.to_crs();
    }
}
