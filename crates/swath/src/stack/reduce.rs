use rayon::prelude::*;
use swath_raster::{Nodata, SampleType, Samples, with_real};

use super::{Reduce, Stack};

/// The same array with one time step, made of the valid pixels of all.
///
/// Mean and median are floating point (32 bits for samples of at most 16, else 64) and NaN where no step has data;
/// count is an unsigned integer; the others keep type and nodata.
pub fn reduce(stack: Stack, how: Reduce) -> Stack {
    if how == Reduce::None || stack.data.sample_type().is_complex() {
        return stack;
    }
    let source = stack.sample();
    let [times, bands, rows, cols] = stack.shape();
    let pixels = rows * cols;
    let mut out = vec![0.0f64; bands * pixels];
    let mut seen = vec![0u8; bands * pixels];
    // A strip of pixels at a time, so that a whole plane is never held as doubles for every step.
    const STRIP: usize = 1 << 14;
    for band in 0..bands {
        let base = band * pixels;
        out[base..base + pixels].par_chunks_mut(STRIP).zip(seen[base..base + pixels].par_chunks_mut(STRIP)).enumerate().for_each(
            |(k, (out, seen))| {
                let mut column = Vec::with_capacity(times);
                for i in 0..out.len() {
                    let at = k * STRIP + i;
                    column.clear();
                    column.extend((0..times).filter_map(|t| value(&stack, (t * bands + band) * pixels + at)));
                    if let Some(value) = one(&mut column, how) {
                        out[i] = value;
                        seen[i] = 1;
                    }
                }
            },
        );
    }
    let sample = result_type(source, how);
    let keeps = matches!(how, Reduce::Min | Reduce::Max | Reduce::First | Reduce::Last);
    let nodata = if keeps { stack.nodata } else { None };
    let data = finished(&out, &seen, sample, if how == Reduce::Count { Some(Nodata::Int(0)) } else { nodata });
    let unmarked = keeps && nodata.is_none() && !sample.is_float() && seen.contains(&0);
    let items = stack.times.iter().flat_map(|t| t.items.iter().cloned()).collect();
    let first = stack.times.first().cloned();
    let end = stack.times.last().map(|t| t.datetime);
    let period = stack.times.first().zip(stack.times.last()).and_then(|(a, b)| Some((a.period?.0, b.period?.1)));
    Stack {
        times: first.into_iter().map(|t| super::Time { items: Vec::clone(&items), end, period, ..t }).collect(),
        data,
        nodata,
        valid: unmarked.then_some(seen),
        reduce: how,
        ..stack
    }
}

/// A sample as a double, if it is data. 64-bit integers beyond 2^53 lose their last digits.
fn value(stack: &Stack, at: usize) -> Option<f64> {
    if stack.valid.as_ref().is_some_and(|v| v[at] == 0) {
        return None;
    }
    let value: f64 = with_real!(&stack.data, v => v[at] as f64, else f64::NAN);
    let nodata = stack.nodata.map(|n| if stack.sample() == SampleType::F32 { f64::from(n.as_f64() as f32) } else { n.as_f64() });
    (!value.is_nan() && Some(value) != nodata).then_some(value)
}

fn one(column: &mut [f64], how: Reduce) -> Option<f64> {
    if how == Reduce::Count {
        return Some(column.len() as f64);
    }
    if column.is_empty() {
        return None;
    }
    let len = column.len();
    match how {
        Reduce::Median => {
            column.sort_unstable_by(f64::total_cmp);
            Some(if len % 2 == 1 { column[len / 2] } else { (column[len / 2 - 1] + column[len / 2]) / 2.0 })
        }
        Reduce::Mean => Some(column.iter().sum::<f64>() / len as f64),
        Reduce::Min => column.iter().copied().reduce(f64::min),
        Reduce::Max => column.iter().copied().reduce(f64::max),
        Reduce::Last => column.last().copied(),
        _ => column.first().copied(),
    }
}

fn result_type(source: SampleType, how: Reduce) -> SampleType {
    match how {
        Reduce::Median | Reduce::Mean => {
            if source == SampleType::F32 || (source.is_integer() && source.size() <= 2) {
                SampleType::F32
            } else {
                SampleType::F64
            }
        }
        Reduce::Count => SampleType::U32,
        _ => source,
    }
}

fn finished(values: &[f64], seen: &[u8], sample: SampleType, nodata: Option<Nodata>) -> Samples {
    let fill = super::canvas::empty_samples(sample, nodata, 1);
    let fill = with_real!(&fill, v => v[0] as f64, else 0.0);
    let values: Vec<f64> = values.iter().zip(seen).map(|(v, s)| if *s == 0 { fill } else { *v }).collect();
    super::canvas::cast_to(&Samples::F64(values), sample)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use swath_raster::{Affine, Grid, Shape};

    use super::super::plan::{Band, Time};
    use super::*;

    fn check(how: Reduce, expected: &Samples) {
        let times =
            (0..3).map(|i| Time { datetime: DateTime::UNIX_EPOCH, end: None, period: None, items: vec![format!("i{i}")] }).collect();
        let band =
            Band { name: "b".into(), asset: "b".into(), unit: None, scale: None, offset: None, classes: Vec::new(), common_name: None };
        let stack = Stack {
            times,
            bands: vec![band],
            grid: Grid { crs: None, transform: Affine::IDENTITY, shape: Shape { width: 3, height: 1 } },
            data: Samples::I16(vec![1, -9, -9, 4, 7, -9, 2, 9, -9]),
            nodata: Some(Nodata::Int(-9)),
            valid: None,
            reduce: Reduce::None,
        };
        let out = reduce(stack, how);
        assert_eq!((out.times.len(), out.times[0].items.len()), (1, 3));
        let same = match (&out.data, expected) {
            (Samples::F32(a), Samples::F32(b)) => a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())),
            (a, b) => a == b,
        };
        assert!(same, "{how:?}: {:?}", out.data);
    }

    #[test]
    fn only_valid_pixels_count() {
        check(Reduce::Median, &Samples::F32(vec![2.0, 8.0, f32::NAN]));
        check(Reduce::Mean, &Samples::F32(vec![7.0 / 3.0, 8.0, f32::NAN]));
        check(Reduce::Min, &Samples::I16(vec![1, 7, -9]));
        check(Reduce::Max, &Samples::I16(vec![4, 9, -9]));
        check(Reduce::First, &Samples::I16(vec![1, 7, -9]));
        check(Reduce::Last, &Samples::I16(vec![2, 9, -9]));
        check(Reduce::Count, &Samples::U32(vec![3, 2, 0]));
    }
}
