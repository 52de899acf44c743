//! Where metadata says pixels lie, against where the file says they do.

use swath_raster::crs::{Crs, Transformer};
use swath_raster::{Georeference, RasterInfo};

use super::compare::{Contradiction, Notes, near};
use super::run::Target;

pub(super) fn check(target: &Target, info: &RasterInfo, notes: &mut Notes<'_>) {
    let said = &target.facts.grid;
    let shape = [u64::from(info.grid.shape.height), u64::from(info.grid.shape.width)];
    if let Some(s) = said.shape.filter(|s| *s != shape) {
        notes.contradiction(Contradiction {
            rule: "GRID-SHAPE",
            field: "proj:shape",
            said: format!("{s:?}"),
            is: format!("{shape:?} (rows, columns)"),
        });
    }
    crs(target, info, notes);
    if !matches!(info.georeference, Georeference::Affine) {
        return;
    }
    let transform = info.grid.transform.to_array();
    if let Some(t) = said.transform.filter(|t| !t.iter().zip(transform).all(|(a, b)| near(*a, b))) {
        let gdal = [transform[2], transform[0], transform[1], transform[5], transform[3], transform[4]];
        let swapped = t.iter().zip(gdal).all(|(a, b)| near(*a, b));
        let is =
            if swapped { format!("{transform:?}; the metadata has GDAL's order of the same numbers") } else { format!("{transform:?}") };
        notes.contradiction(Contradiction { rule: "GRID-TRANSFORM", field: "proj:transform", said: format!("{t:?}"), is });
    }
    let b = info.grid.bounds();
    let bbox = [b.left, b.bottom, b.right, b.top];
    let pixel = transform[0].hypot(transform[3]).max(transform[1].hypot(transform[4]));
    if let Some(s) = said.bbox.filter(|s| s.iter().zip(bbox).any(|(a, b)| (a - b).abs() > pixel * 1e-3)) {
        notes.contradiction(Contradiction {
            rule: "GRID-BBOX",
            field: "proj:bbox",
            said: format!("{s:?}"),
            is: format!("{bbox:?}, in the units of its own CRS"),
        });
    }
}

fn crs(target: &Target, info: &RasterInfo, notes: &mut Notes<'_>) {
    let said = &target.facts.grid;
    let text = said.code.clone().or_else(|| said.wkt2.clone()).or_else(|| said.projjson.as_ref().map(ToString::to_string));
    let is = info.grid.crs.as_ref();
    let name = |c: &Crs| c.code().map_or_else(|| c.name().to_owned(), str::to_owned);
    match (text, is) {
        (None, None) => {}
        (None, Some(c)) => {
            notes.contradiction(Contradiction { rule: "GRID-CRS", field: "proj:code", said: "no CRS".into(), is: name(c) });
        }
        (Some(text), is) => {
            let same = match (Crs::parse(&text), is) {
                (Ok(a), Some(b)) => a.is_equivalent(b) || same_places(&a, b, info),
                _ => false,
            };
            if !same {
                let said: String = text.chars().take(60).collect();
                notes.contradiction(Contradiction { rule: "GRID-CRS", field: "proj:code", said, is: is.map_or("no CRS".into(), name) });
            }
        }
    }
}

/// Whether both put the raster's corners and centre at the same places on Earth: PROJ calls some systems (geostationary ones) never equal.
fn same_places(a: &Crs, b: &Crs, info: &RasterInfo) -> bool {
    let bounds = info.grid.bounds();
    let (x, y) = ((bounds.left + bounds.right) / 2.0, (bounds.bottom + bounds.top) / 2.0);
    let around =
        [(x, y), (bounds.left, bounds.top), (bounds.right, bounds.top), (bounds.right, bounds.bottom), (bounds.left, bounds.bottom)];
    let place = |crs: &Crs| {
        let mut points = around;
        let earth = Crs::parse("OGC:CRS84").ok()?;
        Transformer::new(crs, &earth).ok()?.points(&mut points).ok()?;
        Some(points)
    };
    let (Some(a), Some(b)) = (place(a), place(b)) else { return false };
    let seen = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
    let near =
        |(a, b): (&(f64, f64), &(f64, f64))| seen(a) == seen(b) && (!seen(a) || (a.0 - b.0).abs() < 1e-7 && (a.1 - b.1).abs() < 1e-7);
    a.iter().any(seen) && a.iter().zip(&b).all(near)
}
