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
    let mut declared: Vec<Declared> = Vec::new();
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
            let own = Declared { sample, nodata: band.nodata };
            if !declared.contains(&own) {
                declared.push(own);
            }
        }
    }
    let common = common.ok_or_else(|| Error::misuse("", "no band was picked", "at least one"))?;
    if used.iter().flat_map(|(_, a)| &a.bands).any(|b| b.sample.is_some_and(|s| s != common)) {
        reasons.push(format!("type {}: the smallest that holds every band", common.name()));
    }
    let chosen = nodata(&declared, common);
    let mut said: Vec<String> = Vec::new();
    for own in &declared {
        let text = own.nodata.map_or("none".into(), |n| n.to_string());
        if !said.contains(&text) {
            said.push(text);
        }
    }
    if said.len() > 1 {
        let meant = chosen.is_some_and(|n| declared.iter().any(|own| own.may_hold(n)));
        let also = if meant { "; where a file holds that as a value it counts as none" } else { "" };
        let chosen = chosen.map_or("none".into(), |n| n.to_string());
        reasons.push(format!("nodata differs ({}): the array uses {chosen}{also}", said.join(", ")));
    } else if chosen.is_none() && !common.is_float() {
        reasons.push("no nodata value is declared: where there is no data the array holds 0".into());
    }
    Ok((common, chosen))
}

/// What the files of a band are said to hold.
#[derive(PartialEq)]
struct Declared {
    sample: SampleType,
    nodata: Option<Nodata>,
}

impl Declared {
    /// Whether such a file may hold `value` as one of its valid ones.
    fn may_hold(&self, value: Nodata) -> bool {
        self.nodata != Some(value) && !value.as_f64().is_nan() && value.fits(self.sample)
    }
}

/// The value for 'no data' in an array of these: one that no file holds as a value where there is one, NaN for floating point, else the
/// first.
fn nodata(declared: &[Declared], common: SampleType) -> Option<Nodata> {
    let all = || declared.iter().filter_map(|own| own.nodata).filter(|n| common.is_complex() || common.is_float() || n.fits(common));
    let safe = all().find(|n| !declared.iter().any(|own| own.may_hold(*n)));
    let nan = (common.is_float() && all().next().is_some()).then_some(Nodata::Float(f64::NAN));
    safe.or(nan).or_else(|| all().next())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodata_is_a_value_that_no_file_holds_where_there_is_one() {
        use SampleType::{F32, I16, U8, U16};
        let value = |v: f64| (!v.is_infinite()).then_some(Nodata::Float(v));
        let none = f64::INFINITY;
        for (declared, common, expected) in [
            (vec![(U8, 0.0)], U8, 0.0),
            (vec![(U8, 0.0), (I16, -99.0)], I16, -99.0),
            (vec![(I16, -99.0), (U8, 0.0)], I16, -99.0),
            (vec![(U16, 0.0), (U16, none)], U16, 0.0),
            (vec![(I16, 0.0), (I16, -99.0)], I16, 0.0),
            (vec![(F32, -1.0), (F32, 0.0)], F32, f64::NAN),
            (vec![(U8, 255.0), (F32, f64::NAN)], F32, f64::NAN),
            // What no pixel can hold means nothing.
            (vec![(U8, -9999.0)], U8, none),
            (vec![(U8, none)], U8, none),
        ] {
            let declared: Vec<Declared> = declared.into_iter().map(|(sample, v)| Declared { sample, nodata: value(v) }).collect();
            assert_eq!(nodata(&declared, common), value(expected));
        }
    }
}
