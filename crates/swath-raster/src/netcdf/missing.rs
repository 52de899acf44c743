use super::attributes::Attributes;
use super::file::{File, Variable};
use crate::{Nodata, SampleType, Samples};

/// Which values of a variable are none (CF 1.11, section 2.5.1): one is kept as nodata, the others become it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Missing {
    pub nodata: Option<Nodata>,
    others: Vec<Nodata>,
    /// Least and most valid value, as stored.
    range: [Option<f64>; 2],
}

impl Missing {
    pub fn of(file: &File, variable: &Variable, sample: SampleType) -> Self {
        let fill = variable.nodata("_FillValue").into_iter().take(1);
        let said = fill.chain(variable.nodata("missing_value")).filter_map(|value| as_stored(value, sample));
        let unsaid = variable.inner.attribute("_FillValue").is_none() && file.fills(variable);
        let mut all: Vec<Nodata> = said.chain(default_fill(sample).filter(|_| unsaid)).collect();
        let range = range(variable, sample);
        if all.is_empty() {
            all.extend(outside(range, sample));
        }
        let nodata = (!all.is_empty()).then(|| all.remove(0));
        all.retain(|other| Some(*other) != nodata);
        Self { nodata, others: all, range }
    }
    /// Makes every value that is none the one of nodata; NaN is always none.
    pub fn settle(&self, samples: &mut Samples) {
        let Some(nodata) = self.nodata else { return };
        let bounded = self.range.iter().any(Option::is_some);
        if self.others.is_empty() && !bounded && (nodata.as_f64().is_nan() || !samples.sample_type().is_float()) {
            return;
        }
        macro_rules! settled {
            ($values:ident, $ty:ty) => {{
                let cast = |value: Nodata| match value {
                    Nodata::Int(v) => v as $ty,
                    Nodata::Uint(v) => v as $ty,
                    Nodata::Float(v) => v as $ty,
                };
                let (none, others): (_, Vec<$ty>) = (cast(nodata), self.others.iter().map(|&v| cast(v)).collect());
                let least = self.range[0].map_or(<$ty>::MIN, |v| v as $ty);
                let most = self.range[1].map_or(<$ty>::MAX, |v| v as $ty);
                for value in $values.iter_mut() {
                    // NaN is in no range; an infinity is, where none is given.
                    #[allow(clippy::eq_op)]
                    let valid = if bounded { *value >= least && *value <= most } else { *value == *value };
                    if !valid || others.contains(value) {
                        *value = none;
                    }
                }
            }};
        }
        match samples {
            Samples::U8(v) => settled!(v, u8),
            Samples::I8(v) => settled!(v, i8),
            Samples::U16(v) => settled!(v, u16),
            Samples::I16(v) => settled!(v, i16),
            Samples::U32(v) => settled!(v, u32),
            Samples::I32(v) => settled!(v, i32),
            Samples::U64(v) => settled!(v, u64),
            Samples::I64(v) => settled!(v, i64),
            Samples::F32(v) => settled!(v, f32),
            Samples::F64(v) => settled!(v, f64),
            _ => {}
        }
    }
}

/// The same bits under the sign of the samples; `None` for what they cannot be.
fn as_stored(value: Nodata, sample: SampleType) -> Option<Nodata> {
    let bits = match sample {
        SampleType::U8 | SampleType::I8 => 8,
        SampleType::U16 | SampleType::I16 => 16,
        SampleType::U32 | SampleType::I32 => 32,
        _ => 64,
    };
    let value = match (sample, value) {
        (SampleType::U64, Nodata::Int(v)) => Nodata::Uint(v.cast_unsigned()),
        (SampleType::U64, Nodata::Float(v)) if v.fract() == 0.0 => {
            Nodata::Uint(if v < 0.0 { (v as i64).cast_unsigned() } else { v as u64 })
        }
        (SampleType::I64, Nodata::Uint(v)) => Nodata::Int(v.cast_signed()),
        (SampleType::I64, Nodata::Float(v)) if v.fract() == 0.0 => Nodata::Int(v as i64),
        (sample, value) if sample.is_integer() && bits < 64 => {
            let whole = 2f64.powi(bits);
            let v = value.as_f64();
            let signed = matches!(sample, SampleType::I8 | SampleType::I16 | SampleType::I32);
            match signed {
                false if v < 0.0 && v >= -whole / 2.0 => Nodata::Float(v + whole),
                true if v >= whole / 2.0 && v < whole => Nodata::Float(v - whole),
                _ => Nodata::Float(v),
            }
        }
        (_, value) => value,
    };
    value.fits(sample).then_some(value)
}

/// What the NetCDF library fills with where nobody said anything; bytes have no such value.
fn default_fill(sample: SampleType) -> Option<Nodata> {
    match sample {
        SampleType::I16 => Some(Nodata::Float(-32_767.0)),
        SampleType::U16 => Some(Nodata::Float(65_535.0)),
        SampleType::I32 => Some(Nodata::Float(-2_147_483_647.0)),
        SampleType::U32 => Some(Nodata::Float(4_294_967_295.0)),
        SampleType::I64 => Some(Nodata::Int(-9_223_372_036_854_775_806)),
        SampleType::U64 => Some(Nodata::Uint(18_446_744_073_709_551_614)),
        SampleType::F32 | SampleType::F64 => Some(Nodata::Float(9.969_209_968_386_869e36)),
        _ => None,
    }
}

/// The valid range as stored. Floats for packed integers are in unpacked units (NUG, appendix B, on valid_range), floats for integers
/// that are not packed mean nothing.
fn range(variable: &Variable, sample: SampleType) -> [Option<f64>; 2] {
    let both = variable.numbers("valid_range");
    let said = |at: usize, single: &str| match both[..] {
        [_, _] => Some((both[at], "valid_range")),
        _ => variable.numbers(single).first().map(|&value| (value, if at == 0 { "valid_min" } else { "valid_max" })),
    };
    let (scale, offset) = (variable.number("scale_factor"), variable.number("add_offset"));
    let packed = scale.is_some() || offset.is_some();
    let stored = |(value, name): (f64, &str)| match (sample.is_float(), variable.is_float(name)) {
        _ if sample.is_complex() => None,
        (true, _) => Some(value),
        (false, false) => Some(as_stored(Nodata::Float(value), sample)?.as_f64()),
        (false, true) if packed => Some((value - offset.unwrap_or(0.0)) / scale.filter(|s| *s != 0.0).unwrap_or(1.0)),
        (false, true) => (value.fract() == 0.0 && Nodata::Float(value).fits(sample)).then_some(value),
    };
    let mut range = [said(0, "valid_min").and_then(stored), said(1, "valid_max").and_then(stored)];
    if scale.is_some_and(|scale| scale < 0.0) && range.iter().all(Option::is_some) && range[0] > range[1] {
        range.swap(0, 1);
    }
    if !sample.is_float() {
        // Between whole numbers only whole ones count.
        range = [range[0].map(|v| (v - 1e-9).ceil()), range[1].map(|v| (v + 1e-9).floor())];
    }
    match range {
        [Some(least), Some(most)] if least.is_nan() || most.is_nan() || least > most => [None, None],
        range => range,
    }
}

/// Without a fill value: one that the valid range excludes.
fn outside([least, most]: [Option<f64>; 2], sample: SampleType) -> Option<Nodata> {
    let (low, high) = match sample {
        SampleType::U8 => (0.0, 255.0),
        SampleType::I8 => (-128.0, 127.0),
        SampleType::U16 => (0.0, 65_535.0),
        SampleType::I16 => (-32_768.0, 32_767.0),
        SampleType::U32 => (0.0, f64::from(u32::MAX)),
        SampleType::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        SampleType::F32 | SampleType::F64 if least.is_some() || most.is_some() => return Some(Nodata::Float(f64::NAN)),
        _ => return None,
    };
    let above = most.filter(|most| *most < high).map(|_| high);
    above.or_else(|| least.filter(|least| *least > low).map(|_| low)).map(Nodata::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_value_of_another_type_means_the_same_bits() {
        for (value, sample, expected) in [
            (Nodata::Float(-1.0), SampleType::U8, Some(Nodata::Float(255.0))),
            (Nodata::Float(255.0), SampleType::I8, Some(Nodata::Float(-1.0))),
            (Nodata::Float(-9999.0), SampleType::I16, Some(Nodata::Float(-9999.0))),
            (Nodata::Float(65_535.0), SampleType::I16, Some(Nodata::Float(-1.0))),
            (Nodata::Float(12.5), SampleType::U8, None),
            (Nodata::Float(f64::NAN), SampleType::I32, None),
            (Nodata::Int(-2), SampleType::U64, Some(Nodata::Uint(u64::MAX - 1))),
            (Nodata::Float(1e20), SampleType::F32, Some(Nodata::Float(1e20))),
        ] {
            assert_eq!(as_stored(value, sample), expected, "{value:?} {sample:?}");
        }
    }

    #[test]
    fn every_value_that_is_none_becomes_nodata() {
        let missing = |others: &[f64], range| Missing {
            nodata: Some(Nodata::Float(-9.0)),
            others: others.iter().map(|&v| Nodata::Float(v)).collect(),
            range,
        };
        let mut floats = Samples::F32(vec![1.0, f32::NAN, -8.0, f32::INFINITY]);
        missing(&[-8.0], [None, None]).settle(&mut floats);
        assert_eq!(floats, Samples::F32(vec![1.0, -9.0, -9.0, f32::INFINITY]));
        let mut whole = Samples::I16(vec![-9, 0, 5, 100, 101]);
        missing(&[], [Some(1.0), Some(100.0)]).settle(&mut whole);
        assert_eq!(whole, Samples::I16(vec![-9, -9, 5, 100, -9]));
    }
}
