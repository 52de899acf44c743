//! What metadata says of bands, against the file's own.

use swath_raster::{Nodata, RasterInfo, SampleType, cog};
use swath_stac::facts;

use super::compare::{Contradiction, Notes, near};
use super::run::Target;
use crate::build::Watch;
use crate::open_raw;
use crate::stop::Halting;

pub(super) fn check(target: &Target, info: &RasterInfo, notes: &mut Notes<'_>) {
    let said = &target.facts.bands;
    if said.len() != info.bands.len() && !said.is_empty() {
        notes.contradiction(Contradiction {
            rule: "BAND-COUNT",
            field: "bands",
            said: format!("{} bands", said.len()),
            is: info.bands.len().to_string(),
        });
        return;
    }
    for (i, (said, is)) in said.iter().zip(&info.bands).enumerate() {
        if let (Some(s), Some(name)) = (&said.name, &is.name)
            && s != name
        {
            let rule = "BAND-NAME";
            notes.contradiction(Contradiction {
                rule,
                field: "bands",
                said: format!("band {} is {s}", i + 1),
                is: format!("{name} there"),
            });
        }
        if let Some(s) = said.data_type.as_deref().filter(|s| *s != info.sample.stac()) {
            notes.contradiction(Contradiction {
                rule: "BAND-TYPE",
                field: "data_type",
                said: s.to_owned(),
                is: info.sample.stac().to_owned(),
            });
        }
        let nodata = is.nodata.map(|n| match n {
            Nodata::Int(v) => facts::Nodata::Int(v),
            Nodata::Uint(v) => facts::Nodata::Uint(v),
            Nodata::Float(v) => facts::Nodata::Float(v),
        });
        if !same_nodata(said.nodata, nodata, info.sample == SampleType::F32) {
            let word = |n: Option<facts::Nodata>| n.map_or("none".to_owned(), |n| n.to_json().to_string());
            notes.contradiction(Contradiction { rule: "BAND-NODATA", field: "nodata", said: word(said.nodata), is: word(nodata) });
        }
    }
}

fn same_nodata(a: Option<facts::Nodata>, b: Option<facts::Nodata>, is_f32: bool) -> bool {
    match (a, b) {
        (None, None) => true,
        // 1e20 said of float32 samples is the float32 nearest to it.
        (Some(a), Some(b)) => a == b || near(a.as_f64(), b.as_f64()) || (a.as_f64() as f32 == b.as_f64() as f32 && is_f32),
        _ => false,
    }
}

/// Statistics made again from the pixels.
pub(super) fn statistics(target: &Target, notes: &mut Notes<'_>, watch: &dyn Watch) {
    if target.facts.bands.iter().all(|b| b.statistics.is_none()) {
        return;
    }
    let Some(source) = open_raw(&target.path).ok().and_then(|r| r.into_iter().next()) else { return };
    let Ok(all) = cog::statistics(&Halting { inner: source.as_ref(), told: &|| watch.is_stopped() }) else { return };
    for (i, (said, is)) in target.facts.bands.iter().zip(all).enumerate() {
        let (Some(said), Some(is)) = (said.statistics, is) else { continue };
        let rows = [("minimum", said.minimum, is.minimum), ("maximum", said.maximum, is.maximum), ("mean", said.mean, is.mean)];
        if let Some((name, s, v)) = rows.into_iter().find_map(|(name, s, v)| s.filter(|s| !close(*s, v)).map(|s| (name, s, v))) {
            let said = format!("{name} {s} of band {}", i + 1);
            notes.contradiction(Contradiction { rule: "BAND-STATISTICS", field: "statistics", said, is: v.to_string() });
        }
    }
}

/// Sums over threads differ in their last digits.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-12)
}
