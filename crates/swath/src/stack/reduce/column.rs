use std::cmp::Ordering;

use swath_raster::Samples;

use super::{Percent, Reduce};

/// A sample that can be ordered and counted with.
pub trait Real: Copy + Send + Sync + 'static {
    /// 64-bit integers beyond 2^53 lose their last digits.
    fn real(self) -> f64;
    fn order(&self, other: &Self) -> Ordering;
    fn is_nan(self) -> bool {
        false
    }
    /// `None` where the samples are of another type.
    fn slice(samples: &Samples) -> Option<&[Self]>;
    fn samples(values: Vec<Self>) -> Samples;
}

macro_rules! of_variant {
    ($variant:ident) => {
        fn slice(samples: &Samples) -> Option<&[Self]> {
            if let Samples::$variant(values) = samples { Some(values) } else { None }
        }
        fn samples(values: Vec<Self>) -> Samples {
            Samples::$variant(values)
        }
    };
}

macro_rules! integers {
    ($($variant:ident $t:ty;)*) => {$(
        impl Real for $t {
            of_variant!($variant);
            fn real(self) -> f64 {
                self as f64
            }
            fn order(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        }
    )*};
}
integers!(U8 u8; I8 i8; U16 u16; I16 i16; U32 u32; I32 i32; U64 u64; I64 i64;);

macro_rules! floats {
    ($($variant:ident $t:ty;)*) => {$(
        impl Real for $t {
            of_variant!($variant);
            fn real(self) -> f64 {
                self.into()
            }
            fn order(&self, other: &Self) -> Ordering {
                self.total_cmp(other)
            }
            fn is_nan(self) -> bool {
                self.is_nan()
            }
        }
    )*};
}
floats!(F32 f32; F64 f64;);

/// The one of these values that is kept; `None` where there is none, or the reduction computes.
pub fn chosen<T: Real>(column: &[T], how: Reduce) -> Option<T> {
    match how {
        Reduce::Min => column.iter().copied().min_by(T::order),
        Reduce::Max => column.iter().copied().max_by(T::order),
        Reduce::First => column.first().copied(),
        Reduce::Last => column.last().copied(),
        _ => None,
    }
}

/// The number that these values make, in double precision; `None` where there is none. Their order is lost.
pub fn computed<T: Real>(column: &mut [T], how: Reduce) -> Option<f64> {
    if column.is_empty() {
        return None;
    }
    match how {
        Reduce::Mean => Some(mean(column)),
        Reduce::Std => {
            let mean = mean(column);
            let squares: f64 = column.iter().map(|v| (v.real() - mean).powi(2)).sum();
            Some((squares / column.len() as f64).sqrt())
        }
        Reduce::Median => Some(percentile(column, 0.5)),
        Reduce::Percentile(percent) => Some(percentile(column, Percent::share(percent))),
        _ => None,
    }
}

fn mean<T: Real>(column: &[T]) -> f64 {
    column.iter().map(|v| v.real()).sum::<f64>() / column.len() as f64
}

/// By numpy's `linear` method; the column is not empty.
fn percentile<T: Real>(column: &mut [T], share: f64) -> f64 {
    let place = (column.len() - 1) as f64 * share;
    // Inside the column: the share is at most 1.
    let below = (place.floor() as usize).min(column.len() - 1);
    let part = place - below as f64;
    let (_, low, rest) = column.select_nth_unstable_by(below, T::order);
    let low = low.real();
    match rest.iter().copied().min_by(T::order) {
        Some(high) if part > 0.0 => between(low, high.real(), part),
        _ => low,
    }
}

/// From the nearer end, as numpy does, so that no end is missed by a rounding.
fn between(low: f64, high: f64, part: f64) -> f64 {
    if part < 0.5 { low + (high - low) * part } else { high - (high - low) * (1.0 - part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, column: &[i16], expected: f64) {
        let got = computed(&mut column.to_vec(), Reduce::parse(name).unwrap()).unwrap();
        assert!((got - expected).abs() < 1e-12, "{name} of {column:?}: {got}");
    }

    #[test]
    fn the_numbers_are_those_of_numpy() {
        check("median", &[9, 1, 5], 5.0);
        check("median", &[9, 1, 5, 2], 3.5);
        check("mean", &[1, 2, 4], 7.0 / 3.0);
        check("std", &[2, 4, 4, 4, 5, 5, 7, 9], 2.0);
        check("std", &[7], 0.0);
        check("p0", &[3, 1, 2], 1.0);
        check("p100", &[3, 1, 2], 3.0);
        check("p90", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 9.1);
        check("p25", &[10, 20], 12.5);
    }

    #[test]
    fn a_kept_value_is_exact_at_the_ends_of_its_type() {
        let column = [u64::MAX, u64::MAX - 1, 3];
        for (name, expected) in [("min", 3), ("max", u64::MAX), ("first", u64::MAX), ("last", 3)] {
            assert_eq!(chosen(&column, Reduce::parse(name).unwrap()), Some(expected));
        }
        assert_eq!(computed::<u8>(&mut [], Reduce::Mean), None);
    }
}
