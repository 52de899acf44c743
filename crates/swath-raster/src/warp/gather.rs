use crate::{Nodata, SampleType, Samples};

/// An index that means 'no pixel'.
pub(super) const NONE: u32 = u32::MAX;

/// Calls one generic function over all variants and wraps what it returns in the same variant.
macro_rules! each {
    ($samples:expr, $v:ident => $body:expr) => {
        match $samples {
            Samples::U8($v) => Samples::U8($body),
            Samples::I8($v) => Samples::I8($body),
            Samples::U16($v) => Samples::U16($body),
            Samples::I16($v) => Samples::I16($body),
            Samples::U32($v) => Samples::U32($body),
            Samples::I32($v) => Samples::I32($body),
            Samples::U64($v) => Samples::U64($body),
            Samples::I64($v) => Samples::I64($body),
            Samples::F32($v) => Samples::F32($body),
            Samples::F64($v) => Samples::F64($body),
            Samples::CI16($v) => Samples::CI16($body),
            Samples::CI32($v) => Samples::CI32($body),
            Samples::CF32($v) => Samples::CF32($body),
            Samples::CF64($v) => Samples::CF64($body),
        }
    };
}

/// The bytes of a sample that stands for 'no pixel': nodata, else NaN for floats, else 0.
pub(super) fn absent(sample: SampleType, nodata: Option<Nodata>) -> Vec<u8> {
    let fill = nodata.or_else(|| sample.is_float().then_some(Nodata::Float(f64::NAN)));
    fill.map_or_else(|| vec![0; sample.size()], |n| n.to_sample(sample))
}

/// Puts the samples at `index` into `to`, in that order; `absent` where the index is [`NONE`] or past the end.
/// All are bytes of samples of `absent`'s size.
pub(super) fn gather_into(from: &[u8], index: &[u32], absent: &[u8], to: &mut [u8]) {
    fn pick<const N: usize>(from: &[u8], index: &[u32], absent: &[u8], to: &mut [u8]) {
        let (from, to): (&[[u8; N]], &mut [[u8; N]]) = (from.as_chunks().0, to.as_chunks_mut().0);
        // It is as long as was matched below.
        let absent: [u8; N] = absent.try_into().unwrap_or([0; N]);
        to.iter_mut().zip(index).for_each(|(to, &i)| *to = from.get(i as usize).copied().unwrap_or(absent));
    }
    match absent.len() {
        1 => pick::<1>(from, index, absent, to),
        2 => pick::<2>(from, index, absent, to),
        4 => pick::<4>(from, index, absent, to),
        8 => pick::<8>(from, index, absent, to),
        _ => pick::<16>(from, index, absent, to),
    }
}

/// The samples at `index`, in that order; zero where the index is [`NONE`] or past the end.
pub(super) fn gather(samples: &Samples, index: &[u32]) -> Samples {
    fn pick<T: Copy + bytemuck::Zeroable>(from: &[T], index: &[u32]) -> Vec<T> {
        index.iter().map(|&i| from.get(i as usize).copied().unwrap_or_else(T::zeroed)).collect()
    }
    each!(samples, v => pick(v, index))
}

/// One byte per sample: 1 where it is neither `nodata` nor NaN (in any component of a complex number).
pub fn validity(samples: &Samples, nodata: Option<Nodata>) -> Vec<u8> {
    fn real<T: Copy + PartialEq>(v: &[T], nodata: Option<T>) -> Vec<u8> {
        match nodata {
            Some(n) => v.iter().map(|&x| u8::from(x != n)).collect(),
            None => vec![1; v.len()],
        }
    }
    macro_rules! integer {
        ($v:expr, $t:ty) => {
            real(
                $v,
                nodata.and_then(|n| match n {
                    Nodata::Int(i) => <$t>::try_from(i).ok(),
                    Nodata::Uint(u) => <$t>::try_from(u).ok(),
                    // Only a whole number inside the type's range can be met by a sample.
                    Nodata::Float(f) => (f.fract() == 0.0 && f >= <$t>::MIN as f64 && f <= <$t>::MAX as f64).then_some(f as $t),
                }),
            )
        };
    }
    let number = nodata.map(Nodata::as_f64);
    match samples {
        Samples::U8(v) => integer!(v, u8),
        Samples::I8(v) => integer!(v, i8),
        Samples::U16(v) => integer!(v, u16),
        Samples::I16(v) => integer!(v, i16),
        Samples::U32(v) => integer!(v, u32),
        Samples::I32(v) => integer!(v, i32),
        Samples::U64(v) => integer!(v, u64),
        Samples::I64(v) => integer!(v, i64),
        Samples::F32(v) => {
            // The tag holds decimal text: it means the float nearest to it.
            let n = number.map(|n| n as f32);
            v.iter().map(|&x| u8::from(!x.is_nan() && Some(x) != n)).collect()
        }
        Samples::F64(v) => v.iter().map(|&x| u8::from(!x.is_nan() && Some(x) != number)).collect(),
        Samples::CF32(v) => v.iter().map(|c| u8::from(!c[0].is_nan() && !c[1].is_nan())).collect(),
        Samples::CF64(v) => v.iter().map(|c| u8::from(!c[0].is_nan() && !c[1].is_nan())).collect(),
        Samples::CI16(v) => vec![1; v.len()],
        Samples::CI32(v) => vec![1; v.len()],
    }
}

/// All real samples as doubles; `None` for complex ones.
pub(super) fn to_f64(samples: &Samples) -> Option<Vec<f64>> {
    crate::with_real!(samples, v => Some(v.iter().map(|&x| x as f64).collect()), else None)
}

/// Doubles as samples of a real type: integers rounded half up and held inside the type's range, never onto `nodata`.
pub(super) fn from_f64(values: &[f64], sample: SampleType, nodata: Option<Nodata>) -> Samples {
    let nodata = nodata.map(Nodata::as_f64);
    macro_rules! integers {
        ($variant:ident, $t:ty) => {
            // `as` holds a double inside the range of the integer; NaN becomes 0 and is marked invalid by the caller.
            Samples::$variant(values.iter().map(|&v| beside((v + 0.5).floor() as $t, nodata, <$t>::MIN)).collect())
        };
    }
    match sample {
        SampleType::U8 => integers!(U8, u8),
        SampleType::I8 => integers!(I8, i8),
        SampleType::U16 => integers!(U16, u16),
        SampleType::I16 => integers!(I16, i16),
        SampleType::U32 => integers!(U32, u32),
        SampleType::I32 => integers!(I32, i32),
        SampleType::U64 => integers!(U64, u64),
        SampleType::I64 => integers!(I64, i64),
        SampleType::F32 => Samples::F32(values.iter().map(|&v| v as f32).collect()),
        _ => Samples::F64(values.to_vec()),
    }
}

trait Integer: Copy + PartialEq {
    fn as_f64(self) -> f64;
    fn above(self) -> Self;
    fn below(self) -> Self;
}

macro_rules! integer_steps {
    ($($t:ty)*) => { $(impl Integer for $t {
        fn as_f64(self) -> f64 { self as f64 }
        fn above(self) -> Self { self.saturating_add(1) }
        fn below(self) -> Self { self.saturating_sub(1) }
    })* };
}
integer_steps!(u8 i8 u16 i16 u32 i32 u64 i64);

/// A computed value that happens to equal nodata moves to its neighbour: it is data.
fn beside<T: Integer>(value: T, nodata: Option<f64>, least: T) -> T {
    match nodata {
        Some(n) if value.as_f64() == n => {
            if value == least {
                value.above()
            } else {
                value.below()
            }
        }
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodata_is_met_exactly_in_each_type() {
        let float = |f| Some(Nodata::Float(f));
        for (samples, nodata, expected) in [
            (Samples::U8(vec![0, 255, 3]), float(255.0), [1, 0, 1]),
            (Samples::U8(vec![0, 255, 3]), float(-9999.0), [1, 1, 1]),
            (Samples::I64(vec![i64::MAX, i64::MAX - 1, 0]), Some(Nodata::Int(i64::MAX)), [0, 1, 1]),
            (Samples::F32(vec![0.1, f32::NAN, 1.0]), float(0.1), [0, 0, 1]),
            (Samples::F64(vec![-9999.0, 0.0, f64::NAN]), float(-9999.0), [0, 1, 0]),
        ] {
            assert_eq!(validity(&samples, nodata), expected, "{samples:?}");
        }
    }

    #[test]
    fn computed_values_round_half_up_stay_in_range_and_never_become_nodata() {
        let values = [1.5, -0.5, -3.0, 300.0, 2.4];
        assert_eq!(from_f64(&values, SampleType::U8, None), Samples::U8(vec![2, 0, 0, 255, 2]));
        assert_eq!(from_f64(&values, SampleType::U8, Some(Nodata::Float(0.0))), Samples::U8(vec![2, 1, 1, 255, 2]));
        assert_eq!(from_f64(&values, SampleType::U8, Some(Nodata::Float(255.0))), Samples::U8(vec![2, 0, 0, 254, 2]));
    }

    #[test]
    fn an_index_without_a_pixel_gathers_zero() {
        assert_eq!(gather(&Samples::I16(vec![5, 6, 7]), &[2, NONE, 0]), Samples::I16(vec![7, 0, 5]));
    }
}
