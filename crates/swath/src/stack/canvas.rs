use std::collections::HashMap;

use swath_raster::warp::Patch;
use swath_raster::{Nodata, SampleType, Samples, Window, with_real};

use crate::{Error, Family, Result};

/// The array while it is being filled: of two valid pixels the first stays.
pub(super) struct Canvas {
    data: Samples,
    sample: SampleType,
    nodata: Option<Nodata>,
    width: usize,
    pixels: usize,
    /// Which pixels of a plane are filled; let go when the plane is done, unless only it can tell where data is.
    filled: HashMap<usize, Vec<u8>>,
    done: Vec<usize>,
}

impl Canvas {
    /// `planes` planes of `width * height` pixels, all empty.
    ///
    /// # Errors
    /// OverLimit where the machine cannot hold that many samples.
    pub fn new(sample: SampleType, nodata: Option<Nodata>, planes: usize, width: u32, height: u32) -> Result<Self> {
        let pixels = (width as usize).checked_mul(height as usize);
        let samples =
            pixels.and_then(|p| p.checked_mul(planes)).filter(|s| s.checked_mul(sample.size()).is_some_and(|b| b <= isize::MAX as usize));
        let (Some(pixels), Some(samples)) = (pixels, samples) else {
            return Err(Error::new(Family::OverLimit, "", "an array too large for this machine", "fewer or coarser pixels"));
        };
        let data = empty(sample, nodata, samples);
        Ok(Self { data, sample, nodata, width: width as usize, pixels, filled: HashMap::new(), done: Vec::new() })
    }

    /// Lays a patch over a window of a plane.
    pub fn lay(&mut self, plane: usize, window: Window, patch: &Patch) -> Result<()> {
        let cast;
        let samples = if patch.samples.sample_type() == self.sample {
            &patch.samples
        } else {
            cast = cast_to(&patch.samples, self.sample);
            &cast
        };
        let (pixels, width) = (self.pixels, self.width);
        let inside = window.col as usize + window.width as usize <= width
            && (window.row as usize + window.height as usize) * width <= pixels
            && samples.len() == window.pixels()
            && patch.valid.len() == window.pixels();
        if !inside {
            return Err(Error::misuse(
                "",
                format!("a patch of {} pixels", samples.len()),
                format!("one that fills {window:?} of the array"),
            ));
        }
        let filled = self.filled.entry(plane).or_insert_with(|| vec![0; pixels]);
        macro_rules! lay {
            ($($variant:ident)*) => {
                match (&mut self.data, samples) {
                    $((Samples::$variant(to), Samples::$variant(from)) => {
                        lay_plane(&mut to[plane * pixels..(plane + 1) * pixels], filled, width, window, from, &patch.valid)
                    })*
                    // Both were made the same type above.
                    _ => {}
                }
            };
        }
        lay!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64 CI16 CI32 CF32 CF64);
        Ok(())
    }

    /// No more patches will come for this plane.
    pub fn finish(&mut self, plane: usize) {
        if self.nodata.is_some() || self.sample.is_float() {
            self.filled.remove(&plane);
        } else {
            self.done.push(plane);
        }
    }

    /// The samples, and 0 where there is no data if neither a nodata value nor NaN says so.
    pub fn into_parts(mut self, planes: usize) -> (Samples, Option<Vec<u8>>) {
        if self.nodata.is_some() || self.sample.is_float() {
            return (self.data, None);
        }
        let full = (0..planes).all(|p| self.filled.get(&p).is_some_and(|f| f.iter().all(|v| *v != 0)));
        if full {
            return (self.data, None);
        }
        let mut valid = Vec::with_capacity(planes * self.pixels);
        for plane in 0..planes {
            match self.filled.remove(&plane) {
                Some(filled) => valid.extend(filled),
                None => valid.resize(valid.len() + self.pixels, 0),
            }
        }
        (self.data, Some(valid))
    }
}

trait Sample: Copy {
    fn is_nan(self) -> bool {
        false
    }
}
macro_rules! never_nan { ($($t:ty)*) => { $(impl Sample for $t {})* } }
never_nan!(u8 i8 u16 i16 u32 i32 u64 i64 [i16; 2] [i32; 2] [f32; 2] [f64; 2]);
impl Sample for f32 {
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}
impl Sample for f64 {
    fn is_nan(self) -> bool {
        self.is_nan()
    }
}

fn lay_plane<T: Sample>(to: &mut [T], filled: &mut [u8], width: usize, window: Window, from: &[T], valid: &[u8]) {
    let cols = window.width as usize;
    for j in 0..window.height as usize {
        let start = (window.row as usize + j) * width + window.col as usize;
        let (to, filled) = (&mut to[start..start + cols], &mut filled[start..start + cols]);
        let (from, valid) = (&from[j * cols..(j + 1) * cols], &valid[j * cols..(j + 1) * cols]);
        for i in 0..cols {
            if filled[i] == 0 {
                if valid[i] != 0 {
                    to[i] = from[i];
                    filled[i] = 1;
                } else if from[i].is_nan() {
                    // A NaN beside another nodata value is no data either, and stays what it is.
                    to[i] = from[i];
                }
            }
        }
    }
}

/// Samples that all mean 'no data'.
pub(crate) fn empty(sample: SampleType, nodata: Option<Nodata>, len: usize) -> Samples {
    macro_rules! integers {
        ($variant:ident, $t:ty) => {{
            let fill = match nodata {
                Some(Nodata::Int(v)) => <$t>::try_from(v).unwrap_or_default(),
                Some(Nodata::Uint(v)) => <$t>::try_from(v).unwrap_or_default(),
                Some(Nodata::Float(v)) => v as $t,
                None => 0,
            };
            Samples::$variant(vec![fill; len])
        }};
    }
    let real = nodata.map_or(f64::NAN, Nodata::as_f64);
    match sample {
        SampleType::U8 => integers!(U8, u8),
        SampleType::I8 => integers!(I8, i8),
        SampleType::U16 => integers!(U16, u16),
        SampleType::I16 => integers!(I16, i16),
        SampleType::U32 => integers!(U32, u32),
        SampleType::I32 => integers!(I32, i32),
        SampleType::U64 => integers!(U64, u64),
        SampleType::I64 => integers!(I64, i64),
        SampleType::F32 => Samples::F32(vec![real as f32; len]),
        SampleType::F64 => Samples::F64(vec![real; len]),
        complex => Samples::zeros(complex, len),
    }
}

/// The same numbers in a wider type; a complex type takes none but its own kind.
pub(super) fn cast_to(samples: &Samples, to: SampleType) -> Samples {
    macro_rules! through {
        ($variant:ident, $t:ty) => {
            Samples::$variant(with_real!(samples, v => v.iter().map(|&x| x as $t).collect(), else vec![<$t>::default(); samples.len()]))
        };
    }
    match to {
        SampleType::U8 => through!(U8, u8),
        SampleType::I8 => through!(I8, i8),
        SampleType::U16 => through!(U16, u16),
        SampleType::I16 => through!(I16, i16),
        SampleType::U32 => through!(U32, u32),
        SampleType::I32 => through!(I32, i32),
        SampleType::U64 => through!(U64, u64),
        SampleType::I64 => through!(I64, i64),
        SampleType::F32 => through!(F32, f32),
        SampleType::F64 => through!(F64, f64),
        complex => Samples::zeros(complex, samples.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Window = Window { col: 0, row: 0, width: 2, height: 2 };
    const RIGHT: Window = Window { col: 1, row: 0, width: 2, height: 2 };

    fn check(sample: SampleType, nodata: Option<Nodata>, patches: &[(Window, Patch)], expected: &Samples, valid: Option<&[u8]>) {
        let mut canvas = Canvas::new(sample, nodata, 1, 3, 2).unwrap();
        for (window, patch) in patches {
            canvas.lay(0, *window, patch).unwrap();
        }
        canvas.finish(0);
        let (data, mask) = canvas.into_parts(1);
        assert_eq!((&data, mask.as_deref()), (expected, valid));
    }

    #[test]
    fn the_first_valid_pixel_stays() {
        let first = (LEFT, Patch { samples: Samples::I16(vec![1, -9, 3, 4]), valid: vec![1, 0, 1, 1] });
        let second = (RIGHT, Patch { samples: Samples::I16(vec![20, 21, 22, -9]), valid: vec![1, 1, 1, 0] });
        let both = [first, second];
        check(SampleType::I16, Some(Nodata::Int(-9)), &both, &Samples::I16(vec![1, 20, 21, 3, 4, -9]), None);
        check(SampleType::I32, None, &both, &Samples::I32(vec![1, 20, 21, 3, 4, 0]), Some(&[1, 1, 1, 1, 1, 0]));
    }

    #[test]
    fn a_patch_beyond_the_array_is_refused() {
        let mut canvas = Canvas::new(SampleType::U8, None, 1, 2, 2).unwrap();
        let patch = Patch { samples: Samples::U8(vec![0; 4]), valid: vec![1; 4] };
        assert!(canvas.lay(0, RIGHT, &patch).is_err());
    }

    #[test]
    fn nan_beside_another_nodata_value_is_kept() {
        let mut canvas = Canvas::new(SampleType::F32, Some(Nodata::Float(-1.0)), 1, 2, 2).unwrap();
        let patch = Patch { samples: Samples::F32(vec![f32::NAN, -1.0, 2.0, 3.0]), valid: vec![0, 0, 1, 1] };
        canvas.lay(0, LEFT, &patch).unwrap();
        let (Samples::F32(v), None) = canvas.into_parts(1) else { panic!() };
        assert!(v[0].is_nan() && v[1..] == [-1.0, 2.0, 3.0]);
    }
}
