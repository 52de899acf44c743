use rayon::prelude::*;
use swath_raster::{Nodata, SampleType, Samples, with_real};

use super::column::{Real, chosen, computed};
use super::groups::{Group, groups};
use super::{Over, Reduce};
use crate::stack::{Band, Stack};
use crate::{Error, Family, Result};

/// Pixels worked on by one thread at a time.
const STRIP: usize = 1 << 14;

/// # Errors
/// Unsupported for complex samples.
pub(crate) fn possible(how: Reduce, sample: SampleType) -> Result<()> {
    if how == Reduce::None || !sample.is_complex() {
        return Ok(());
    }
    let error = Error::new(Family::Unsupported, "--reduce", format!("{} samples have no order", sample.name()), "real samples");
    Err(error.hint("write .zarr and reduce with xarray"))
}

/// The type of what a reduction makes.
///
/// Min, max, first and last keep the type. Count is uint32. The others are floating point: 32 bits for samples of at most 16 bits and
/// float32, else 64, as xarray has it for integers that it masks.
pub fn reduced_type(source: SampleType, how: Reduce) -> SampleType {
    match how {
        Reduce::Count => SampleType::U32,
        how if how.keeps_values() => source,
        _ if source == SampleType::F32 || (source.is_integer() && source.size() <= 2) => SampleType::F32,
        _ => SampleType::F64,
    }
}

/// Unit, scale, offset and classes as they hold for what comes out.
pub fn reduced_bands(bands: &[Band], how: Reduce) -> Vec<Band> {
    let of = |band: &Band| match how {
        how if how.keeps_values() => band.clone(),
        Reduce::Count => Band { unit: None, scale: None, offset: None, classes: Vec::new(), ..band.clone() },
        // A spread does not move with its values, and has no sign.
        Reduce::Std => Band { scale: band.scale.map(f64::abs), offset: None, classes: Vec::new(), ..band.clone() },
        _ => Band { classes: Vec::new(), ..band.clone() },
    };
    bands.iter().map(of).collect()
}

/// The same array with a step for each group, made of the valid pixels of its steps.
///
/// Where no step has data there is NaN in floating point and nodata in a type that is kept (`valid` says so where it has none); a count
/// is 0 there.
///
/// # Errors
/// Unsupported for complex samples.
pub fn reduce(stack: Stack, how: Reduce, over: Over) -> Result<Stack> {
    possible(how, stack.sample())?;
    if how == Reduce::None {
        return Ok(stack);
    }
    let groups = groups(&stack.times, how, over);
    // Complex samples were refused above.
    let (data, seen) = with_real!(&stack.data, v => all(&stack, v, &groups, how), else (stack.data.clone(), Vec::new()));
    let nodata = stack.nodata.filter(|_| how.keeps_values());
    let unmarked = how.keeps_values() && nodata.is_none() && !data.sample_type().is_float() && seen.contains(&0);
    Ok(Stack {
        times: groups.into_iter().map(|g| g.time).collect(),
        bands: reduced_bands(&stack.bands, how),
        data,
        nodata,
        valid: unmarked.then_some(seen),
        reduce: how,
        over,
        ..stack
    })
}

/// Every pixel of every group and band, and whether it had data.
fn all<T: Real>(stack: &Stack, data: &[T], groups: &[Group], how: Reduce) -> (Samples, Vec<u8>) {
    let empty = crate::stack::empty_samples(stack.sample(), stack.nodata, 1);
    let fill = T::slice(&empty).and_then(|one| one.first().copied());
    let input = Input { stack, data, groups, nodata: fill.filter(|f| means_nothing(*f, stack.nodata, stack.sample())) };
    let mut seen = Vec::new();
    let samples = match (reduced_type(stack.sample(), how), fill) {
        (_, Some(fill)) if how.keeps_values() => T::samples(input.each(fill, &mut seen, &|column| chosen(column, how))),
        (SampleType::U32, _) if how == Reduce::Count => Samples::U32(input.each(0, &mut seen, &|column| u32::try_from(column.len()).ok())),
        (SampleType::F32, _) => Samples::F32(input.each(f32::NAN, &mut seen, &|column| computed(column, how).map(|v| v as f32))),
        _ => Samples::F64(input.each(f64::NAN, &mut seen, &|column| computed(column, how))),
    };
    (samples, seen)
}

/// Whether a sample is the nodata value: one that its type cannot hold marks nothing.
fn means_nothing<T: Real>(fill: T, nodata: Option<Nodata>, sample: SampleType) -> bool {
    nodata.is_some_and(|n| fill.real() == if sample == SampleType::F32 { f64::from(n.as_f64() as f32) } else { n.as_f64() })
}

/// The steps of a whole array.
struct Input<'a, T> {
    stack: &'a Stack,
    data: &'a [T],
    groups: &'a [Group],
    nodata: Option<T>,
}

impl<T: Real> Input<'_, T> {
    /// What `make` says of the valid values of every pixel, group by group and band by band; `fill` where it says nothing.
    fn each<R: Copy + Send + Sync>(&self, fill: R, seen: &mut Vec<u8>, make: &(dyn Fn(&mut [T]) -> Option<R> + Sync)) -> Vec<R> {
        let [_, bands, rows, cols] = self.stack.shape();
        let pixels = rows * cols;
        let planes = self.groups.len() * bands;
        let mut out = vec![fill; planes * pixels];
        *seen = vec![0; planes * pixels];
        if pixels == 0 {
            return out;
        }
        for (plane, (out, seen)) in out.chunks_mut(pixels).zip(seen.chunks_mut(pixels)).enumerate() {
            let steps = self.steps(plane / bands, plane % bands);
            out.par_chunks_mut(STRIP).zip(seen.par_chunks_mut(STRIP)).enumerate().for_each(|(k, (out, seen))| {
                let mut column = Vec::with_capacity(steps.len());
                for (i, (out, seen)) in out.iter_mut().zip(seen).enumerate() {
                    let at = k * STRIP + i;
                    column.clear();
                    column.extend(steps.iter().filter_map(|step| step.value(at, self.nodata)));
                    if !column.is_empty() {
                        *seen = 1;
                        *out = make(&mut column).unwrap_or(fill);
                    }
                }
            });
        }
        out
    }

    /// One band of the steps of a group.
    fn steps(&self, group: usize, band: usize) -> Vec<Plane<'_, T>> {
        let steps = self.groups.get(group).map_or(&[][..], |g| &g.steps);
        steps
            .iter()
            .map(|&time| {
                let range = self.stack.plane(time, band);
                Plane { values: &self.data[range.clone()], valid: self.stack.valid.as_ref().map(|v| &v[range]) }
            })
            .collect()
    }
}

struct Plane<'a, T> {
    values: &'a [T],
    valid: Option<&'a [u8]>,
}

impl<T: Real> Plane<'_, T> {
    /// A sample, if it is data.
    fn value(&self, at: usize, nodata: Option<T>) -> Option<T> {
        if self.valid.is_some_and(|v| v[at] == 0) {
            return None;
        }
        let value = self.values[at];
        let nothing = value.is_nan() || nodata.is_some_and(|n| value.order(&n).is_eq());
        (!nothing).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use swath_raster::{Affine, Grid, Shape};

    use super::*;
    use crate::stack::Time;

    fn three_steps(data: Samples, nodata: Option<Nodata>, valid: Option<Vec<u8>>) -> Stack {
        let times =
            (0..3).map(|i| Time { datetime: DateTime::UNIX_EPOCH, end: None, period: None, items: vec![format!("i{i}")] }).collect();
        let band = Band {
            name: "b".into(),
            asset: "b".into(),
            unit: Some("m".into()),
            scale: Some(-0.1),
            offset: Some(5.0),
            classes: Vec::new(),
            common_name: None,
        };
        let grid = Grid { crs: None, transform: Affine::IDENTITY, shape: Shape { width: 3, height: 1 } };
        Stack { times, bands: vec![band], grid, data, nodata, valid, reduce: Reduce::None, over: Over::All }
    }

    fn check(how: &str, stack: Stack, expected: &Samples, valid: Option<&[u8]>) {
        let out = reduce(stack, Reduce::parse(how).unwrap(), Over::All).unwrap();
        assert_eq!((out.times.len(), out.times[0].items.len()), (1, 3));
        let same = match (&out.data, expected) {
            (Samples::F32(a), Samples::F32(b)) => a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())),
            (a, b) => a == b,
        };
        assert!(same, "{how}: {:?}", out.data);
        assert_eq!(out.valid.as_deref(), valid, "{how}");
    }

    #[test]
    fn only_valid_pixels_count() {
        let stack = || three_steps(Samples::I16(vec![1, -9, -9, 4, 7, -9, 2, 9, -9]), Some(Nodata::Int(-9)), None);
        check("median", stack(), &Samples::F32(vec![2.0, 8.0, f32::NAN]), None);
        check("mean", stack(), &Samples::F32(vec![7.0 / 3.0, 8.0, f32::NAN]), None);
        check("std", stack(), &Samples::F32(vec![1.247_219_1, 1.0, f32::NAN]), None);
        check("p50", stack(), &Samples::F32(vec![2.0, 8.0, f32::NAN]), None);
        check("min", stack(), &Samples::I16(vec![1, 7, -9]), None);
        check("max", stack(), &Samples::I16(vec![4, 9, -9]), None);
        check("first", stack(), &Samples::I16(vec![1, 7, -9]), None);
        check("last", stack(), &Samples::I16(vec![2, 9, -9]), None);
        check("count", stack(), &Samples::U32(vec![3, 2, 0]), None);
    }

    #[test]
    fn without_nodata_a_mask_says_where_nothing_is() {
        let stack = || three_steps(Samples::U8(vec![0, 0, 0, 4, 0, 0, 2, 0, 0]), None, Some(vec![1, 0, 0, 1, 1, 0, 1, 1, 0]));
        check("min", stack(), &Samples::U8(vec![0, 0, 0]), Some(&[1, 1, 0]));
        check("count", stack(), &Samples::U32(vec![3, 2, 0]), None);
        check("mean", stack(), &Samples::F32(vec![2.0, 0.0, f32::NAN]), None);
    }

    #[test]
    fn a_nodata_value_that_the_type_cannot_hold_marks_nothing() {
        let stack = || three_steps(Samples::U8(vec![0, 1, 2, 3, 4, 5, 6, 7, 8]), Some(Nodata::Int(-9999)), None);
        check("count", stack(), &Samples::U32(vec![3, 3, 3]), None);
    }

    #[test]
    fn a_float_is_empty_where_it_is_nan_or_nodata() {
        let nan = f32::NAN;
        let stack = || three_steps(Samples::F32(vec![nan, -1.0, 5.0, 2.0, nan, 1.0, 3.0, -1.0, 3.0]), Some(Nodata::Float(-1.0)), None);
        check("mean", stack(), &Samples::F32(vec![2.5, nan, 3.0]), None);
        check("max", stack(), &Samples::F32(vec![3.0, -1.0, 5.0]), None);
    }

    #[test]
    fn scale_and_offset_hold_for_what_comes_out() {
        let of = |how| {
            let bands = three_steps(Samples::U8(Vec::new()), None, None).bands;
            let band = reduced_bands(&bands, Reduce::parse(how).unwrap()).remove(0);
            (band.unit, band.scale, band.offset)
        };
        assert_eq!(of("median"), (Some("m".into()), Some(-0.1), Some(5.0)));
        assert_eq!(of("std"), (Some("m".into()), Some(0.1), None));
        assert_eq!(of("count"), (None, None, None));
    }

    #[test]
    fn complex_samples_are_refused() {
        let stack = three_steps(Samples::CF32(vec![[0.0; 2]; 9]), None, None);
        assert!(reduce(stack, Reduce::Mean, Over::All).is_err());
    }
}
