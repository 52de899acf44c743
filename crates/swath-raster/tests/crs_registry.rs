//! CRS of the embedded registry go through GeoTIFF keys and come back the same.

use rayon::prelude::*;
use swath_raster::crs::{Crs, GeoKeys, Transformer};

/// What becomes of a code on its way through the keys.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone)]
enum Fate {
    Same,
    /// Another CRS came back: never.
    Changed(String),
    Refused(String),
}

fn fate(code: &str) -> Option<Fate> {
    let crs = Crs::parse(code).ok()?;
    let kind = crs.projjson().split('"').nth(7).unwrap_or_default().to_owned();
    if !["ProjectedCRS", "GeographicCRS", "CompoundCRS"].contains(&kind.as_str()) {
        return None;
    }
    Some(match GeoKeys::from_crs(&crs, false).to_crs() {
        Ok(Some(back)) if back.is_equivalent(&crs) || lies_alike(&back, &crs) => Fate::Same,
        Ok(Some(back)) => Fate::Changed(format!("{kind} {}: {}", crs.name(), back.wkt2())),
        Ok(None) => Fate::Refused(format!("{kind} {}: no CRS", crs.name())),
        Err(error) => Fate::Refused(format!("{kind} {}: {error}", crs.name())),
    })
}

/// Whether points all over the world come to the same place: PROJ compares by words, and WKT 1 has fewer of them.
fn lies_alike(a: &Crs, b: &Crs) -> bool {
    let project = |crs: &Crs| -> Option<Vec<(f64, f64)>> {
        let rows = (-8..=8).map(|row| f64::from(row) * 10.0);
        let mut points: Vec<(f64, f64)> = rows.flat_map(|y| (-12..12).map(move |col| (f64::from(col) * 15.0, y))).collect();
        Transformer::new(&crs.geographic().ok()?, crs).ok()?.points(&mut points).ok()?;
        Some(points)
    };
    let near = |(a, b): (&(f64, f64), &(f64, f64))| a == b || ((a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6);
    project(a).zip(project(b)).is_some_and(|(a, b)| a.iter().zip(&b).all(near))
}

fn fates(authority: &str, codes: impl Iterator<Item = u32>) -> Vec<(String, Fate)> {
    let codes: Vec<String> = codes.map(|code| format!("{authority}:{code}")).collect();
    codes.into_par_iter().filter_map(|code| fate(&code).map(|fate| (code, fate))).collect()
}

fn conclude(fates: &[(String, Fate)], least: usize) {
    let same = fates.iter().filter(|(_, fate)| *fate == Fate::Same).count();
    let others: Vec<String> =
        fates.iter().filter(|(_, fate)| *fate != Fate::Same).map(|(code, fate)| format!("{code}: {fate:?}")).collect();
    println!("{same} of {} come back the same", fates.len());
    assert!(others.is_empty(), "{} of {} do not:\n{}", others.len(), fates.len(), others.join("\n"));
    assert!(same >= least, "only {same}");
}

/// Every n-th code; all of them with SWATH_ALL_CRS, which takes two minutes of processor time (docs/status/crs.md).
fn step(some: usize) -> usize {
    if std::env::var_os("SWATH_ALL_CRS").is_some() { 1 } else { some }
}

#[test]
fn epsg_codes_come_back_from_geotiff_keys() {
    let step = step(37);
    conclude(&fates("EPSG", (1024..32767).step_by(step)), 6000 / step * 3 / 4);
}

/// ESRI's codes fit no key: they are said by their parameters, or by WKT in a citation.
#[test]
fn esri_codes_come_back_from_geotiff_keys() {
    let step = step(61);
    let codes = (37_001..37_300).chain(53_001..54_100).chain(102_001..105_000);
    conclude(&fates("ESRI", codes.step_by(step)), 2000 / step * 3 / 4);
}
