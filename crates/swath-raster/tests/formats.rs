//! Every odd file reads as GDAL reads it; the run writes docs/status/reading.md.

mod support;

use std::{fmt::Write as _, path::Path, sync::Arc};

use serde_json::Value;
use support::{data, expected, little_endian, open, sha256};
use swath_raster::{Family, Format, Georeference, MaskKind, Nodata, RasterSource, Samples, Window, with_real};

#[test]
fn every_landsat_file_reads_as_gdal_reads_it() {
    let Some(data) = data() else { return };
    let mut failures = Vec::new();
    let mut read = 0;
    for (name, expected) in expected(&data).iter().filter(|(name, _)| !name.starts_with("odd") && name.to_lowercase().ends_with(".tif")) {
        if name.starts_with("unsupported_ok") {
            continue;
        }
        read += 1;
        if let Err(found) = check_file(&data, name, expected) {
            failures.push(format!("{name}: {found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(read > 200, "only {read} files");
}

#[test]
fn every_odd_tiff_reads_as_gdal_reads_it_or_says_what_is_not_supported() {
    let Some(data) = data() else { return };
    let expected = expected(&data);
    let exercises = exercises(&data);
    let mut failures = Vec::new();
    let mut rows = Vec::new();
    for name in support::files(&data, "odd").iter().chain(&support::files(&data, "unsupported_ok")) {
        let is_tiff = std::fs::read(data.join(name)).is_ok_and(|b| swath_raster::tiff::sniff(&b));
        if !is_tiff || name.ends_with(".ovr") || name.ends_with(".msk") {
            continue;
        }
        let result = match expected.get(name.as_str()).filter(|e| e.get("bands").is_some()) {
            Some(expected) => check_file(&data, name, expected),
            None => read_whole(&data, name).map(|()| "read; no peer to compare with".to_owned()),
        };
        let said = match result {
            Ok(said) => said,
            Err(found) => {
                if !found.starts_with("not supported") {
                    failures.push(format!("{name}: {found}"));
                }
                found
            }
        };
        let what = exercises.iter().find(|(file, _)| file == name).map_or("", |(_, what)| what);
        rows.push(format!("| `{}` | {} | {} |", name.replace('|', "\\|"), what.replace('|', "\\|"), said.replace('|', "\\|")));
    }
    write_status("reading.md", &rows);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let unread: Vec<&String> = rows.iter().filter(|row| row.contains("not supported")).collect();
    assert!(unread.len() <= 5 && rows.len() > 50, "{} of {} not supported: {unread:#?}", unread.len(), rows.len());
}

fn exercises(data: &Path) -> Vec<(String, String)> {
    let manifest = std::fs::read_to_string(data.join("MANIFEST.tsv")).expect("MANIFEST.tsv");
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        Some(((*columns.first()?).to_owned(), (*columns.get(5)?).to_owned()))
    };
    manifest.lines().filter_map(row).collect()
}

fn write_status(name: &str, rows: &[String]) {
    let mut page = String::from(
        "# TIFF files that swath reads\n\nMade by `cargo test -p swath-raster --test formats`: each file is read whole and held against what GDAL 3.10 reads.\n\n",
    );
    page.push_str("| file | exercises | result |\n|---|---|---|\n");
    rows.iter().for_each(|row| writeln!(page, "{row}").expect("a string"));
    let folder = support::root().join("docs/status");
    std::fs::create_dir_all(&folder).expect("docs/status");
    let path = folder.join(name);
    if std::fs::read_to_string(&path).is_ok_and(|old| old == page) {
        return;
    }
    std::fs::write(path, page).expect("docs/status");
}

fn read_whole(data: &Path, name: &str) -> Result<(), String> {
    let rasters = open(data, name).map_err(|e| said(&e))?;
    let info = rasters[0].info();
    let bands: Vec<usize> = (0..info.bands.len()).collect();
    rasters[0].read(&bands, Window::whole(info.grid.shape)).map(drop).map_err(|e| said(&e))
}

fn said(error: &swath_raster::Error) -> String {
    let reason = format!("{}; {}", error.found, error.right);
    if error.family == Family::Unsupported { format!("not supported: {reason}") } else { format!("{error}") }
}

fn check_file(data: &Path, name: &str, expected: &Value) -> Result<String, String> {
    let rasters = open(data, name).map_err(|e| said(&e))?;
    let raster = &rasters[0];
    check_facts(raster, expected)?;
    check_pixels(raster, expected)
}

fn same(what: &str, found: impl std::fmt::Debug, expected: impl std::fmt::Debug) -> Result<(), String> {
    let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
    if found == expected { Ok(()) } else { Err(format!("{what} is {found}, GDAL says {expected}")) }
}

fn check_facts(raster: &Arc<dyn RasterSource>, expected: &Value) -> Result<(), String> {
    let info = raster.info();
    let shape = &expected["shape"];
    same(
        "shape",
        [info.bands.len() as u64, u64::from(info.grid.shape.height), u64::from(info.grid.shape.width)],
        [shape[0].as_u64().unwrap(), shape[1].as_u64().unwrap(), shape[2].as_u64().unwrap()],
    )?;
    same("dtype", info.sample.name(), expected["dtypes"][0].as_str().unwrap())?;
    same("format", info.format, Format::Tiff)?;
    let transform = expected["transform"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
    let close = info.grid.transform.to_array().iter().zip(&transform).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1e-6));
    if !close {
        return Err(format!("transform is {:?}, GDAL says {transform:?}", info.grid.transform.to_array()));
    }
    same("georeferenced", info.georeference == Georeference::Affine, expected["has_geotransform"] == true)?;
    if let Some(gcps) = expected.get("gcps") {
        let Georeference::Gcps(points) = &info.georeference else { return Err(format!("{:?} instead of gcps", info.georeference)) };
        same("gcps", points.len() as u64, gcps["n"].as_u64().unwrap())?;
        same("first gcp", serde_json::json!(points[0]), &gcps["first"])?;
    }
    let nodata = match &expected["nodata"] {
        Value::Null => None,
        Value::String(text) => Nodata::parse(text, info.sample),
        number => number.as_f64().map(Nodata::Float),
    };
    let nodata_is =
        |v: f64| nodata.map(Nodata::as_f64).is_some_and(|e| v == e || (v.is_nan() && e.is_nan()) || (v - e).abs() < 1e-15 * e.abs());
    if info.bands[0].nodata.map_or(nodata.is_some(), |found| !nodata_is(found.as_f64())) {
        return Err(format!("nodata is {:?}, GDAL says {nodata:?}", info.bands[0].nodata));
    }
    let point = expected.get("AREA_OR_POINT").and_then(Value::as_str);
    same("pixel is point", info.pixel_is_point, point == Some("Point"))?;
    let optional = |key: &str, found: Vec<Value>| match expected.get(key) {
        Some(values) => same(key, Value::from(found), values),
        None => Ok(()),
    };
    optional("scales", info.bands.iter().map(|b| b.scale.unwrap_or(1.0).into()).collect())?;
    optional("offsets", info.bands.iter().map(|b| b.offset.unwrap_or(0.0).into()).collect())?;
    optional("descriptions", info.bands.iter().map(|b| b.name.clone().into()).collect())?;
    optional("colorinterp", info.bands.iter().map(|b| format!("{:?}", b.color).to_lowercase().into()).collect())?;
    let (height, width) = (info.grid.shape.height, info.grid.shape.width);
    let factor =
        |o: &swath_raster::Shape| (f64::from(width) / f64::from(o.width)).max(f64::from(height) / f64::from(o.height)).round() as u64;
    let mut overviews: Vec<u64> = expected["overviews"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    overviews.sort_unstable();
    same("overviews", info.overviews.iter().map(factor).collect::<Vec<_>>(), overviews)?;
    let mask = match expected["mask_flags"][0].to_string().as_str() {
        r#"["all_valid"]"# => MaskKind::AllValid,
        r#"["nodata"]"# => MaskKind::Nodata,
        r#"["per_dataset","alpha"]"# => MaskKind::Alpha,
        _ => MaskKind::PerDataset,
    };
    same("mask", info.mask, mask)?;
    let epsg = expected["epsg"].as_u64().map(|code| format!("EPSG:{code}"));
    if let Some(epsg) = epsg {
        same("crs", info.grid.crs.as_ref().and_then(|c| c.code()), Some(epsg))?;
    }
    Ok(())
}

fn check_pixels(raster: &Arc<dyn RasterSource>, expected: &Value) -> Result<String, String> {
    let info = raster.info();
    let whole = Window::whole(info.grid.shape);
    let lossy = expected["codec_may_be_lossy"] == true;
    let mask = raster.read_mask(whole).map_err(|e| said(&e))?;
    let mut within = 0.0_f64;
    let bands = expected["bands"].as_array().unwrap();
    let alpha = info.bands.iter().position(|b| b.color == swath_raster::ColorInterp::Alpha);
    let all: Vec<usize> = (0..bands.len()).collect();
    let read = raster.read(&all, whole).map_err(|e| said(&e))?;
    for (band, expected) in bands.iter().enumerate() {
        let samples = &read[band];
        let valid = match (info.mask, &mask) {
            (MaskKind::PerDataset, Some(mask)) => mask.clone(),
            (MaskKind::Alpha, _) if alpha != Some(band) => read[alpha.unwrap()].as_bytes().to_vec(),
            (MaskKind::Nodata, _) => not_nodata(samples, info.bands[band].nodata.unwrap().as_f64()),
            _ => vec![255; samples.len()],
        };
        // rasterio has no complex integers and hands out floats.
        let as_floats = match samples {
            Samples::CI16(v) => Some(Samples::CF32(v.iter().map(|v| v.map(f32::from)).collect())),
            _ => None,
        };
        let hash = sha256(&little_endian(as_floats.as_ref().unwrap_or(samples)));
        if hash == expected["sha256_raw_le"].as_str().unwrap() {
            same(&format!("mask of band {band}"), sha256(&valid), expected["sha256_mask"].as_str().unwrap())?;
            continue;
        }
        let difference = difference(samples, &valid, expected)?;
        if !lossy || difference > 1.0 {
            return Err(format!("band {band} differs, minimum, maximum or mean by {difference}"));
        }
        within = within.max(difference);
    }
    Ok(if within > 0.0 { format!("equal within {within:.2} (lossy codec)") } else { "equal".to_owned() })
}

fn not_nodata(samples: &Samples, nodata: f64) -> Vec<u8> {
    let is = |v: f64| v == nodata || (v.is_nan() && nodata.is_nan());
    with_real!(samples, v => v.iter().map(|&v| if is(v as f64) { 0 } else { 255 }).collect(), else vec![255; samples.len()])
}

/// The largest difference of minimum, maximum and mean over valid finite values.
fn difference(samples: &Samples, valid: &[u8], expected: &Value) -> Result<f64, String> {
    let values: Vec<f64> = with_real!(samples, v => v.iter().map(|&v| v as f64).collect(), else Vec::new());
    let values: Vec<f64> = values.iter().zip(valid).filter(|(v, valid)| **valid != 0 && v.is_finite()).map(|(v, _)| *v).collect();
    if values.is_empty() {
        return Err("no valid values".to_owned());
    }
    let minimum = values.iter().copied().fold(f64::INFINITY, f64::min);
    let maximum = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let off = |found: f64, key: &str| expected[key].as_f64().map_or(f64::INFINITY, |e| (e - found).abs());
    Ok(off(minimum, "min").max(off(maximum, "max")).max(off(mean, "mean")))
}
