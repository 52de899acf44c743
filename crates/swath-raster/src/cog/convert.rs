use super::real::{Real, is_nodata, with_type};
use crate::{Nodata, SampleType, Samples};

/// Samples of another type: rounded half away from zero and clamped. Pixels equal to `from` become `to`; NaN becomes `to`, or 0.
/// Complex samples lose their imaginary part; real ones gain one of 0.
pub(super) fn convert(samples: Samples, sample: SampleType, from: Option<Nodata>, to: Option<Nodata>) -> Samples {
    let same = samples.sample_type() == sample;
    let moved = from.is_some() && to.is_some() && from != to;
    if same && (!moved || sample.is_complex()) {
        return samples;
    }
    if samples.sample_type().is_complex() || sample.is_complex() {
        return through_complex(&samples, sample);
    }
    with_type!(samples.sample_type(), From => {
        let values: &[From] = bytemuck::cast_slice(samples.as_bytes());
        let from = from.and_then(From::of_nodata);
        with_type!(sample, To => {
            let mut out = Samples::zeros(sample, values.len());
            let marker = to.and_then(To::of_nodata);
            let into: &mut [To] = bytemuck::cast_slice_mut(out.as_bytes_mut());
            for (into, &v) in into.iter_mut().zip(values) {
                *into = match from {
                    Some(from) if is_nodata(v, from) => marker.unwrap_or_else(bytemuck::Zeroable::zeroed),
                    _ if v.is_nan() && !sample.is_float() => marker.unwrap_or_else(bytemuck::Zeroable::zeroed),
                    _ => exactly(v),
                };
            }
            out
        }, else samples)
    }, else samples)
}

/// Through integers where both are, since a float cannot hold every 64-bit one.
#[inline(always)]
fn exactly<From: Real, To: Real>(v: From) -> To {
    match (v.to_i128(), To::of_i128_clamped(v.to_i128().unwrap_or(0))) {
        (Some(_), Some(to)) => to,
        _ => To::from_f64(v.to_f64()),
    }
}

fn through_complex(samples: &Samples, sample: SampleType) -> Samples {
    let parts: Vec<[f64; 2]> = match samples {
        Samples::CI16(v) => v.iter().map(|v| v.map(f64::from)).collect(),
        Samples::CI32(v) => v.iter().map(|v| v.map(f64::from)).collect(),
        Samples::CF32(v) => v.iter().map(|v| v.map(f64::from)).collect(),
        Samples::CF64(v) => v.clone(),
        real => with_type!(real.sample_type(), T => {
            bytemuck::cast_slice::<u8, T>(real.as_bytes()).iter().map(|v| [v.to_f64(), 0.0]).collect()
        }, else Vec::new()),
    };
    match sample {
        SampleType::CI16 => Samples::CI16(parts.into_iter().map(|v| v.map(i16::from_f64)).collect()),
        SampleType::CI32 => Samples::CI32(parts.into_iter().map(|v| v.map(i32::from_f64)).collect()),
        SampleType::CF32 => Samples::CF32(parts.into_iter().map(|v| v.map(f32::from_f64)).collect()),
        SampleType::CF64 => Samples::CF64(parts),
        real => with_type!(real, T => {
            let mut out = Samples::zeros(real, parts.len());
            let into: &mut [T] = bytemuck::cast_slice_mut(out.as_bytes_mut());
            into.iter_mut().zip(parts).for_each(|(into, v)| *into = T::from_f64(v[0]));
            out
        }, else Samples::zeros(sample, parts.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_and_clamped_and_nodata_is_kept_apart() {
        let f = Samples::F32(vec![-9999.0, -1.0, 0.5, 254.4, 300.0, f32::NAN]);
        let u = convert(f, SampleType::U8, Some(Nodata::Float(-9999.0)), Some(Nodata::Float(255.0)));
        assert_eq!(u, Samples::U8(vec![255, 0, 1, 254, 255, 255]));
    }

    #[test]
    fn large_integers_stay_exact() {
        let u = convert(Samples::U64(vec![u64::MAX, (1 << 53) + 1]), SampleType::I64, None, None);
        assert_eq!(u, Samples::I64(vec![i64::MAX, (1 << 53) + 1]));
    }

    #[test]
    fn complex_keeps_its_real_part() {
        assert_eq!(convert(Samples::CF32(vec![[1.5, 2.0]]), SampleType::I16, None, None), Samples::I16(vec![2]));
        assert_eq!(convert(Samples::U8(vec![3]), SampleType::CF64, None, None), Samples::CF64(vec![[3.0, 0.0]]));
    }
}
