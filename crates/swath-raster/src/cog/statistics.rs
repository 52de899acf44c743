use rayon::prelude::*;

use super::BandStatistics;
use super::overview::{Rows, Valid};
use super::real::{Real, with_type};
use super::strip::Strip;
use crate::Nodata;
use crate::wide::{Loop, wide};

/// Moments of a set of values; two sets can be joined.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    minimum: f64,
    maximum: f64,
    mean: f64,
    /// Sum of squared distances from the mean.
    spread: f64,
    valid: u64,
    total: u64,
}

impl Moments {
    pub(super) const NONE: Self = Self { minimum: f64::INFINITY, maximum: f64::NEG_INFINITY, mean: 0.0, spread: 0.0, valid: 0, total: 0 };

    /// Of all values of both (Chan, Golub and LeVeque).
    fn join(self, other: Self) -> Self {
        let total = self.total + other.total;
        if other.valid == 0 || self.valid == 0 {
            let kept = if other.valid == 0 { self } else { other };
            return Self { total, ..kept };
        }
        let valid = self.valid + other.valid;
        let share = other.valid as f64 / valid as f64;
        let apart = other.mean - self.mean;
        Self {
            minimum: self.minimum.min(other.minimum),
            maximum: self.maximum.max(other.maximum),
            mean: self.mean + apart * share,
            spread: self.spread + other.spread + apart * apart * share * self.valid as f64,
            valid,
            total,
        }
    }

    pub(super) fn report(self) -> Option<BandStatistics> {
        (self.valid > 0).then(|| BandStatistics {
            minimum: self.minimum,
            maximum: self.maximum,
            mean: self.mean,
            stddev: (self.spread / self.valid as f64).max(0.0).sqrt(),
            valid: self.valid,
            total: self.total,
        })
    }
}

/// Adds a strip's pixels to the moments of each band. Rows are joined in order, so that threads make no difference.
pub(super) fn count(moments: &mut [Moments], strip: &Strip, nodata: Option<Nodata>, alpha: Option<usize>) {
    let none = Strip { row: strip.row, rows: 0, width: strip.width, bands: vec![], mask: None };
    let mask = Rows::mask(&none, strip);
    for (band, moments) in moments.iter_mut().enumerate() {
        let Some(samples) = strip.bands.get(band) else { continue };
        *moments = with_type!(samples.sample_type(), T => {
            let rows = Rows::<T>::band(&none, strip, band);
            let alpha = alpha.filter(|&a| a != band && mask.is_none()).map(|a| Rows::<T>::band(&none, strip, a));
            let valid = Valid { rows, nodata: nodata.and_then(T::of_nodata), mask, alpha };
            let lines: Vec<Moments> = (strip.row..strip.end()).into_par_iter().with_min_len(16).map(|y| line(&valid, y as usize)).collect();
            lines.into_iter().fold(*moments, Moments::join)
        }, else Moments { total: moments.total + samples.len() as u64, ..*moments });
    }
}

fn line<T: Real>(valid: &Valid<'_, T>, y: usize) -> Moments {
    let row = valid.rows.row(y);
    let mut counts = vec![1; row.len()];
    if !valid.always() {
        valid.fill(y, &mut counts);
    }
    wide(Line { row, counts })
}

/// The samples of a row, with 1 where one is valid and 0 elsewhere.
struct Line<'a, T> {
    row: &'a [T],
    counts: Vec<u8>,
}

impl<T: Real> Loop for Line<'_, T> {
    type Output = Moments;
    #[inline(always)]
    fn run(self) -> Moments {
        let Self { row, mut counts } = self;
        if T::IS_FLOAT {
            counts.iter_mut().zip(row).for_each(|(count, &v)| *count &= u8::from(v.to_f64().is_finite()));
        }
        let many: u64 = counts.chunks(128).map(|some| u64::from(some.iter().sum::<u8>())).sum();
        let none = Moments { total: row.len() as u64, ..Moments::NONE };
        if many == 0 {
            return none;
        }
        if many == row.len() as u64 { moments::<T, true>(row, &counts, many) } else { moments::<T, false>(row, &counts, many) }
    }
}

/// `ALL`: every sample counts.
#[inline(always)]
fn moments<T: Real, const ALL: bool>(row: &[T], counts: &[u8], valid: u64) -> Moments {
    let mean = sum::<T, ALL>(row, counts, |v| v) / valid as f64;
    let spread = sum::<T, ALL>(row, counts, |v| (v - mean) * (v - mean));
    let (minimum, maximum) = ends::<T, ALL>(row, counts);
    Moments { minimum, maximum, mean, spread, valid, total: row.len() as u64 }
}

const LANES: usize = 16;

/// In several running sums, which is more exact than one and lets the machine add them side by side.
#[inline(always)]
fn sum<T: Real, const ALL: bool>(row: &[T], counts: &[u8], of: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let ((parts, rest), (in_parts, in_rest)) = (row.as_chunks::<LANES>(), counts.as_chunks::<LANES>());
    for (part, counts) in parts.iter().zip(in_parts) {
        for i in 0..LANES {
            sums[i] += if ALL || counts[i] != 0 { of(part[i].to_f64()) } else { 0.0 };
        }
    }
    let rest = rest.iter().zip(in_rest).filter(|(_, count)| ALL || **count != 0);
    sums.iter().sum::<f64>() + rest.map(|(v, _)| of(v.to_f64())).sum::<f64>()
}

/// The smallest and the largest; infinite and the wrong way round where none counts.
#[inline(always)]
fn ends<T: Real, const ALL: bool>(row: &[T], counts: &[u8]) -> (f64, f64) {
    let Some(first) = row.iter().zip(counts).find(|(_, count)| ALL || **count != 0).map(|(v, _)| *v) else {
        return (f64::INFINITY, f64::NEG_INFINITY);
    };
    let (mut low, mut high) = ([first; LANES], [first; LANES]);
    let ((parts, rest), (in_parts, in_rest)) = (row.as_chunks::<LANES>(), counts.as_chunks::<LANES>());
    for (part, counts) in parts.iter().zip(in_parts) {
        for i in 0..LANES {
            let v = if ALL || counts[i] != 0 { part[i] } else { first };
            low[i] = if v < low[i] { v } else { low[i] };
            high[i] = if v > high[i] { v } else { high[i] };
        }
    }
    let rest = rest.iter().zip(in_rest).filter(|(_, count)| ALL || **count != 0).map(|(v, _)| *v);
    let all = low.into_iter().chain(high).chain(rest).map(T::to_f64);
    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Samples;

    fn check(samples: Samples, width: u32, nodata: Option<f64>, want: Option<(f64, f64, f64, f64, u64)>) {
        let rows = samples.len() as u32 / width;
        let strip = Strip { row: 7, rows, width, bands: vec![samples], mask: None };
        let mut moments = [Moments::NONE];
        count(&mut moments, &strip, nodata.map(Nodata::Float), None);
        let got = moments[0].report();
        assert_eq!(got.is_some(), want.is_some());
        if let (Some(got), Some((low, high, mean, stddev, valid))) = (got, want) {
            assert_eq!((got.minimum, got.maximum, got.valid), (low, high, valid));
            assert!((got.mean - mean).abs() < 1e-12 && (got.stddev - stddev).abs() < 1e-12, "{got:?}");
        }
    }

    #[test]
    fn what_is_not_valid_does_not_count() {
        check(Samples::U8(vec![1, 2, 3, 4]), 2, None, Some((1.0, 4.0, 2.5, 1.25f64.sqrt(), 4)));
        check(Samples::U8(vec![0, 2, 0, 4]), 2, Some(0.0), Some((2.0, 4.0, 3.0, 1.0, 2)));
        check(Samples::F32(vec![f32::NAN, 2.0, f32::INFINITY, 4.0]), 4, None, Some((2.0, 4.0, 3.0, 1.0, 2)));
        check(Samples::F64(vec![f64::NAN; 4]), 1, None, None);
        check(Samples::I16(vec![-1; 6]), 3, Some(-1.0), None);
        check(Samples::CF32(vec![[1.0, 1.0]; 4]), 2, None, None);
    }
}
