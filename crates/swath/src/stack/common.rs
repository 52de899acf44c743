use swath_raster::{Nodata, SampleType};

use super::facts::{AssetFacts, ItemFacts};
use super::select::Picked;
use crate::{Error, Result};

/// The type that holds all bands, and the value that means nothing in it.
pub(super) fn common_type(
    used: &[(&ItemFacts, &AssetFacts)],
    picked: &[Picked],
    reasons: &mut Vec<String>,
) -> Result<(SampleType, Option<Nodata>)> {
    let mut common: Option<SampleType> = None;
    let mut nodata: Vec<Option<Nodata>> = Vec::new();
    for p in picked {
        for (item, asset) in used.iter().filter(|(_, a)| a.key == p.asset) {
            let Some(band) = asset.bands.get(p.band) else { continue };
            let Some(sample) = band.sample else {
                let at = format!("item {}, asset {}", item.id, asset.key);
                return Err(Error::misuse(at, "the metadata has no data_type", "one").hint("`swath build` writes it"));
            };
            common = Some(match common {
                None => sample,
                Some(known) => promote(known, sample),
            });
            if !nodata.contains(&band.nodata) {
                nodata.push(band.nodata);
            }
        }
    }
    let common = common.ok_or_else(|| Error::misuse("", "no band was picked", "at least one"))?;
    if used.iter().flat_map(|(_, a)| &a.bands).any(|b| b.sample.is_some_and(|s| s != common)) {
        reasons.push(format!("type {}: the smallest that holds every band", common.name()));
    }
    let chosen = nodata.iter().flatten().next().copied();
    if nodata.len() > 1 {
        let all: Vec<String> = nodata.iter().map(|n| n.map_or("none".into(), |n| n.to_string())).collect();
        reasons.push(format!("nodata differs ({}): the array uses {}", all.join(", "), chosen.map_or("none".into(), |n| n.to_string())));
    } else if chosen.is_none() && !common.is_float() {
        reasons.push("no nodata value is declared: where there is no data the array holds 0".into());
    }
    Ok((common, chosen))
}

/// numpy's rule for two types that meet.
pub(super) fn promote(a: SampleType, b: SampleType) -> SampleType {
    use SampleType::{CF32, CF64, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    if a == b {
        return a;
    }
    if a.is_complex() || b.is_complex() {
        let wide = [a, b].iter().any(|s| matches!(s, SampleType::CI32 | CF64 | F64 | U32 | I32 | U64 | I64));
        return if wide { CF64 } else { CF32 };
    }
    if a.is_float() || b.is_float() {
        let wide = [a, b].iter().any(|s| *s == F64 || (s.is_integer() && s.size() > 2));
        return if wide { F64 } else { F32 };
    }
    let unsigned = |s: SampleType| matches!(s, U8 | U16 | U32 | U64);
    if unsigned(a) == unsigned(b) {
        return if a.size() >= b.size() { a } else { b };
    }
    let (plain, signed) = if unsigned(a) { (a, b) } else { (b, a) };
    let bits = if plain.size() < signed.size() { signed.size() } else { plain.size() * 2 };
    match bits {
        1 => I8,
        2 => I16,
        4 => I32,
        8 => I64,
        _ => F64,
    }
}
