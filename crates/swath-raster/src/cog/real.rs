use bytemuck::Pod;

use crate::{Nodata, SampleType};

/// A real sample, with what overviews and conversion ask of it.
pub(super) trait Real: Pod + PartialEq + PartialOrd + Send + Sync {
    const IS_FLOAT: bool;
    fn to_f64(self) -> f64;
    /// Rounded half away from zero and clamped for integers; NaN becomes 0.
    fn from_f64(value: f64) -> Self;
    /// A mean, in the precision that GDAL keeps between computing and rounding it.
    #[inline(always)]
    fn from_mean(value: f64) -> Self {
        Self::from_f64(if size_of::<Self>() <= 2 { Self::narrowed(value) } else { value })
    }
    fn narrowed(value: f64) -> f64;
    /// The mean of four, in the arithmetic that GDAL uses for the type.
    fn quarter(values: [Self; 4]) -> Self;
    /// What a kernel made, in the precision that GDAL keeps of it: single for everything of two bytes or less.
    #[inline(always)]
    fn from_single(value: f64) -> Self {
        Self::from_f64(if size_of::<Self>() <= 2 { f64::from(value as f32) } else { value })
    }
    /// Whether the squares of a few samples always fit in a double.
    const SQUARES_FIT: bool;
    /// The root of a mean of squares, times `scale`: for small unsigned integers the one whose own square is nearest to the mean.
    fn from_square(mean: f64, scale: f64) -> Self;
    /// The root of the mean of four squares, in the arithmetic that GDAL uses for the type.
    fn quarter_rms(values: [Self; 4]) -> Self;
    /// A neighbour of the nodata value, for a result that happens to equal it.
    fn beside(self) -> Self;
    fn is_nan(self) -> bool;
    /// The exact value of an integer; `None` for floats.
    fn to_i128(self) -> Option<i128>;
    /// `None` for floats.
    fn of_i128_clamped(value: i128) -> Option<Self>;
    /// `None` where the type cannot hold the value.
    fn of_nodata(nodata: Nodata) -> Option<Self>;
}

macro_rules! integers {
    ($($ty:ty, $wide:ty, $quarter:expr, $rms:expr;)*) => {$(
        impl Real for $ty {
            const IS_FLOAT: bool = false;
            const SQUARES_FIT: bool = Self::MIN == 0 && size_of::<Self>() <= 2;
            fn from_square(mean: f64, scale: f64) -> Self {
                if !Self::SQUARES_FIT {
                    return Self::from_mean(scale * mean.sqrt());
                }
                let root = mean.sqrt().floor();
                let nearer = 2.0 * root * (root + 1.0) + 1.0 < 2.0 * mean;
                (if nearer { root + 1.0 } else { root }) as Self
            }
            #[inline(always)]
            fn quarter_rms(values: [Self; 4]) -> Self {
                let rms: fn([Self; 4]) -> Self = $rms;
                rms(values)
            }
            #[inline(always)]
            fn narrowed(value: f64) -> f64 { if Self::MIN != 0 { f64::from(value as f32) } else { value } }
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                // `as` saturates and takes NaN to 0
                if value < 0.0 { (value - 0.5) as Self } else { (value + 0.5) as Self }
            }
            #[inline(always)]
            fn quarter(values: [Self; 4]) -> Self {
                let quarter: fn([$wide; 4]) -> Self = $quarter;
                quarter(values.map(|v| v as $wide))
            }
            fn beside(self) -> Self { if self == Self::MAX { self - 1 } else { self + 1 } }
            #[inline(always)]
            fn is_nan(self) -> bool { false }
            #[inline(always)]
            fn to_i128(self) -> Option<i128> { Some(self as i128) }
            #[inline(always)]
            fn of_i128_clamped(value: i128) -> Option<Self> { Some(value.clamp(Self::MIN as i128, Self::MAX as i128) as Self) }
            fn of_nodata(nodata: Nodata) -> Option<Self> {
                match nodata {
                    Nodata::Int(v) => v.try_into().ok(),
                    Nodata::Uint(v) => v.try_into().ok(),
                    Nodata::Float(v) if v.fract() == 0.0 && v.abs() < 2e19 => (v as i128).try_into().ok(),
                    Nodata::Float(_) => None,
                }
            }
        }
    )*};
}

integers! {
    u8, u32, |[a, b, c, d]| ((a + b + c + d + 2) / 4) as u8, |v| whole_rms(v.map(u64::from)) as u8;
    u16, u32, |[a, b, c, d]| ((a + b + c + d + 2) / 4) as u16, |v| whole_rms(v.map(u64::from)) as u16;
    i8, f32, |[a, b, c, d]| Self::from_f64(f64::from((a + b + c + d) * 0.25)), |v| Self::from_f64(f64::from(single_rms(v.map(f32::from))));
    i16, f32, |[a, b, c, d]| Self::from_f64(f64::from((a + b + c + d) * 0.25)), |v| Self::from_f64(f64::from(single_rms(v.map(f32::from))));
    u32, f64, |[a, b, c, d]| Self::from_f64((a + b + c + d) * 0.25), |v| Self::from_f64(double_rms(v.map(|v| v as f64)));
    i32, f64, |[a, b, c, d]| Self::from_f64((a + b + c + d) * 0.25), |v| Self::from_f64(double_rms(v.map(|v| v as f64)));
    u64, f64, |[a, b, c, d]| Self::from_f64((a + b + c + d) * 0.25), |v| Self::from_f64(double_rms(v.map(|v| v as f64)));
    i64, f64, |[a, b, c, d]| Self::from_f64((a + b + c + d) * 0.25), |v| Self::from_f64(double_rms(v.map(|v| v as f64)));
}

macro_rules! floats {
    ($($ty:ty, $quarter:expr, $rms:expr;)*) => {$(
        impl Real for $ty {
            const IS_FLOAT: bool = true;
            const SQUARES_FIT: bool = false;
            fn from_square(mean: f64, scale: f64) -> Self { (scale * mean.sqrt()) as Self }
            #[inline(always)]
            fn quarter_rms(values: [Self; 4]) -> Self {
                let rms: fn([Self; 4]) -> Self = $rms;
                rms(values)
            }
            #[inline(always)]
            fn narrowed(value: f64) -> f64 { value }
            #[inline(always)]
            fn to_f64(self) -> f64 { self.into() }
            #[inline(always)]
            fn from_f64(value: f64) -> Self { value as Self }
            #[inline(always)]
            fn quarter(values: [Self; 4]) -> Self {
                let quarter: fn([Self; 4]) -> Self = $quarter;
                quarter(values.map(|v| 0.25 * v))
            }
            fn beside(self) -> Self { if self == Self::MAX { self.next_down() } else { self.next_up() } }
            #[inline(always)]
            fn is_nan(self) -> bool { self.is_nan() }
            #[inline(always)]
            fn to_i128(self) -> Option<i128> { None }
            #[inline(always)]
            fn of_i128_clamped(_: i128) -> Option<Self> { None }
            fn of_nodata(nodata: Nodata) -> Option<Self> { Some(nodata.as_f64() as Self) }
        }
    )*};
}

// Columns first for one type and rows first for the other, as GDAL sums them.
floats! {
    f32, |[a, b, c, d]| (a + c) + (b + d), single_rms;
    f64, |[a, b, c, d]| a + b + c + d, double_rms;
}

/// The whole number whose square is nearest to the mean of four squares.
#[inline(always)]
fn whole_rms(values: [u64; 4]) -> u64 {
    let mean = (values.iter().map(|v| v * v).sum::<u64>() + 1) / 4;
    let root = (mean as f64).sqrt() as u64;
    if root * (root + 1) < mean { root + 1 } else { root }
}

/// Each divided by the largest first, in the order in which GDAL adds.
macro_rules! scaled_rms {
    ($name:ident, $ty:ty, |[$a:ident, $b:ident, $c:ident, $d:ident]| $sum:expr) => {
        #[inline(always)]
        fn $name(values: [$ty; 4]) -> $ty {
            let values = values.map(<$ty>::abs);
            let largest = values.iter().fold(0.0, |most: $ty, &v| if v > most || v.is_nan() { v } else { most });
            if largest == 0.0 || !largest.is_finite() {
                return if largest.is_infinite() { values.iter().sum() } else { largest };
            }
            let part = 1.0 / largest;
            let [$a, $b, $c, $d] = values.map(|v| (v * part) * (v * part));
            largest * ($sum * 0.25).sqrt()
        }
    };
}
scaled_rms!(single_rms, f32, |[a, b, c, d]| ((a + b) + (c + d)));
scaled_rms!(double_rms, f64, |[a, b, c, d]| (a + b + c + d));

/// Runs one generic body for the machine type `$T` behind a [`SampleType`]; complex types take `$complex`.
macro_rules! with_type {
    ($sample:expr, $T:ident => $body:expr, else $complex:expr) => {
        match $sample {
            $crate::SampleType::U8 => {
                type $T = u8;
                $body
            }
            $crate::SampleType::I8 => {
                type $T = i8;
                $body
            }
            $crate::SampleType::U16 => {
                type $T = u16;
                $body
            }
            $crate::SampleType::I16 => {
                type $T = i16;
                $body
            }
            $crate::SampleType::U32 => {
                type $T = u32;
                $body
            }
            $crate::SampleType::I32 => {
                type $T = i32;
                $body
            }
            $crate::SampleType::U64 => {
                type $T = u64;
                $body
            }
            $crate::SampleType::I64 => {
                type $T = i64;
                $body
            }
            $crate::SampleType::F32 => {
                type $T = f32;
                $body
            }
            $crate::SampleType::F64 => {
                type $T = f64;
                $body
            }
            _ => $complex,
        }
    };
}
pub(super) use with_type;

/// The nodata value as one sample's bytes; `None` where the type cannot hold it. A complex sample takes it in both parts' real one.
pub(super) fn nodata_bytes(nodata: Nodata, sample: SampleType) -> Option<Vec<u8>> {
    with_type!(sample, T => T::of_nodata(nodata).map(|v| bytemuck::bytes_of(&v).to_vec()), else None)
}

/// `v == nodata`, where NaN equals NaN.
#[inline(always)]
pub(super) fn is_nodata<T: Real>(v: T, nodata: T) -> bool {
    v == nodata || (v.is_nan() && nodata.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodata_fits_or_does_not() {
        assert_eq!(u8::of_nodata(Nodata::Float(255.0)), Some(255));
        assert_eq!(u8::of_nodata(Nodata::Float(-1.0)), None);
        assert_eq!(u8::of_nodata(Nodata::Float(0.5)), None);
        assert_eq!(u64::of_nodata(Nodata::Uint(u64::MAX)), Some(u64::MAX));
        assert_eq!(i64::of_nodata(Nodata::Int(i64::MIN)), Some(i64::MIN));
        assert_eq!(i16::of_nodata(Nodata::Float(f64::NAN)), None);
        assert!(f32::of_nodata(Nodata::Float(f64::NAN)).is_some_and(f32::is_nan));
    }

    #[test]
    fn conversion_rounds_half_away_and_clamps() {
        for (from, to) in [(0.5, 1), (1.49, 1), (254.6, 255), (300.0, 255), (-3.0, 0), (f64::NAN, 0)] {
            assert_eq!(u8::from_f64(from), to, "{from}");
        }
        assert_eq!(i16::from_f64(-2.5), -3);
    }
}
