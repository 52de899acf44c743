use std::collections::HashMap;
use std::ops::Range;

use swath_raster::tiff::Rows;
use swath_raster::{Nodata, SampleType, Samples, Shape, Window, with_real};

use super::laid::Laid;
use super::lay::{Bits, Plane, Sample};
use super::piece::Empty;
use crate::{Error, Family, Result};

/// Pixels of one band for a window of the array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sheet {
    pub samples: Samples,
    pub valid: Valid,
}

/// Which of them are data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Valid {
    /// Those that are neither the array's nodata nor NaN.
    Told,
    /// Those without a 0.
    Mask(Vec<u8>),
}

/// Whether anything can lie where a sheet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    Fresh,
    Shared,
}

/// Rows that are emptied together.
const BAND: usize = 64;

/// The array while it is being filled: of two valid pixels the first stays.
///
/// Its memory is the system's zeros until something is laid: rows are marked empty only then.
pub(super) struct Canvas {
    data: Samples,
    sample: SampleType,
    empty: Empty,
    width: usize,
    pixels: usize,
    /// Bands of rows of each plane that are not marked empty yet; none where zeros mean that already.
    untouched: Vec<bool>,
    laid: Laid,
    /// Where values cannot tell: which pixels of a plane are filled.
    filled: HashMap<usize, Bits>,
}

impl Canvas {
    /// `planes` planes of `width * height` pixels, all empty.
    ///
    /// # Errors
    /// OverLimit where the machine cannot hold that many samples.
    pub fn new(sample: SampleType, empty: Empty, planes: usize, shape: Shape) -> Result<Self> {
        let pixels = (shape.width as usize).checked_mul(shape.height as usize);
        let samples =
            pixels.and_then(|p| p.checked_mul(planes)).filter(|s| s.checked_mul(sample.size()).is_some_and(|b| b <= isize::MAX as usize));
        let (Some(pixels), Some(samples)) = (pixels, samples) else {
            return Err(Error::new(Family::OverLimit, "", "an array too large for this machine", "fewer or coarser pixels"));
        };
        let zeros = empty_samples(sample, empty.nodata, 1).as_bytes().iter().all(|byte| *byte == 0);
        let untouched = if zeros { Vec::new() } else { vec![true; (shape.height as usize).div_ceil(BAND) * planes] };
        let (data, laid) = (Samples::zeros(sample, samples), Laid::new(shape, planes));
        Ok(Self { data, sample, empty, width: shape.width as usize, pixels, untouched, laid, filled: HashMap::new() })
    }

    /// Where the pixels of a window of a plane go whose values need no second look.
    ///
    /// # Errors
    /// Misuse where the window lies outside.
    pub fn rows(&mut self, plane: usize, window: Window) -> Result<Rows<'_>> {
        self.touch(plane, window)?;
        self.laid.parts(plane, window);
        let size = self.sample.size();
        let first = plane * self.pixels + window.row as usize * self.width + window.col as usize;
        let (from, to) = (first * size, (plane + 1) * self.pixels * size);
        Ok(Rows { bytes: &mut self.data.as_bytes_mut()[from..to], width: self.width })
    }

    /// Marks rows empty in which nothing was laid before.
    fn touch(&mut self, plane: usize, window: Window) -> Result<()> {
        let inside = window.col as usize + window.width as usize <= self.width
            && (window.row as usize + window.height as usize) * self.width <= self.pixels
            && (plane + 1) * self.pixels <= self.data.len();
        if !inside {
            return Err(Error::misuse("", format!("{window:?} of plane {plane}"), "a part of the array"));
        }
        let first = window.row as usize / BAND;
        self.mark(plane, first..(window.row as usize + window.height as usize).div_ceil(BAND));
        Ok(())
    }

    fn mark(&mut self, plane: usize, bands: Range<usize>) {
        if self.untouched.is_empty() {
            return;
        }
        let (all, band) = ((self.pixels / self.width.max(1)).div_ceil(BAND), BAND * self.width);
        for at in bands.filter(|at| std::mem::take(&mut self.untouched[plane * all + at])) {
            let pixels = plane * self.pixels + at * band..plane * self.pixels + ((at + 1) * band).min(self.pixels);
            fill_empty(&mut self.data, pixels, self.empty.nodata);
        }
    }

    /// Lays a sheet over a window of a plane.
    pub fn lay(&mut self, plane: usize, window: Window, sheet: &Sheet, ground: Ground) -> Result<()> {
        let cast;
        let samples = if sheet.samples.sample_type() == self.sample {
            &sheet.samples
        } else {
            cast = cast_to(&sheet.samples, self.sample);
            &cast
        };
        self.touch(plane, window)?;
        let (pixels, width) = (self.pixels, self.width);
        let masked = |valid: &Valid| !matches!(valid, Valid::Mask(mask) if mask.len() != window.pixels());
        if samples.len() != window.pixels() || !masked(&sheet.valid) {
            let right = format!("one that fills {window:?} of the array");
            return Err(Error::misuse("", format!("a sheet of {} pixels", samples.len()), right));
        }
        let nodata = empty_samples(self.sample, self.empty.nodata, 1);
        let (told, parts) = (self.empty.told, self.laid.parts(plane, window));
        let filled = if told { None } else { Some(self.filled.entry(plane).or_insert_with(|| Bits::new(pixels))) };
        macro_rules! lay {
            ($($variant:ident)*) => {
                match (&mut self.data, samples, &nodata) {
                    $((Samples::$variant(to), Samples::$variant(from), Samples::$variant(nodata)) => {
                        let mut plane = Plane { to: &mut to[plane * pixels..(plane + 1) * pixels], width, window };
                        match (filled, &sheet.valid) {
                            (None, Valid::Told) if ground == Ground::Fresh => plane.copy(from, window),
                            (None, Valid::Told) => parts.iter().for_each(|(part, ground)| match ground {
                                Ground::Fresh => plane.copy(from, *part),
                                Ground::Shared => plane.fill(from, *part, nodata[0]),
                            }),
                            (Some(filled), Valid::Mask(valid)) => plane.mask(filled, from, |i, _| valid[i] != 0),
                            (Some(filled), Valid::Told) => plane.mask(filled, from, |_, x| !x.is_nan() && x != nodata[0]),
                            // Where all values tell, no sheet has a mask.
                            (None, Valid::Mask(_)) => {}
                        }
                    })*
                    // All were made the same type above.
                    _ => {}
                }
            };
        }
        lay!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64 CI16 CI32 CF32 CF64);
        Ok(())
    }

    /// The samples, and 0 where there is no data if neither a nodata value nor NaN says so.
    pub fn into_parts(mut self, planes: usize) -> (Samples, Option<Vec<u8>>) {
        let bands = self.untouched.len() / planes.max(1);
        (0..planes).for_each(|plane| self.mark(plane, 0..bands));
        if self.empty.told || self.empty.nodata.is_some() || self.sample.is_float() {
            return (self.data, None);
        }
        if (0..planes).all(|p| self.filled.get(&p).is_some_and(Bits::all)) {
            return (self.data, None);
        }
        let mut valid = Vec::with_capacity(planes * self.pixels);
        for plane in 0..planes {
            match self.filled.remove(&plane) {
                Some(filled) => valid.extend((0..self.pixels).map(|i| u8::from(filled.at(i)))),
                None => valid.resize(valid.len() + self.pixels, 0),
            }
        }
        (self.data, Some(valid))
    }
}

/// Writes 'no data' where a pixel is not valid.
pub(super) fn mark_empty(samples: &mut Samples, valid: &[u8], nodata: Option<Nodata>) {
    let empty = empty_samples(samples.sample_type(), nodata, 1);
    macro_rules! mark {
        ($($variant:ident)*) => {
            match (samples, &empty) {
                $((Samples::$variant(to), Samples::$variant(empty)) => {
                    to.iter_mut().zip(valid).for_each(|(to, valid)| *to = if *valid == 0 { empty[0] } else { *to });
                })*
                // Both are of one type.
                _ => {}
            }
        };
    }
    mark!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64 CI16 CI32 CF32 CF64);
}

/// Makes some of the samples mean 'no data'.
fn fill_empty(samples: &mut Samples, range: Range<usize>, nodata: Option<Nodata>) {
    let empty = empty_samples(samples.sample_type(), nodata, 1);
    macro_rules! fill {
        ($($variant:ident)*) => {
            match (samples, &empty) {
                $((Samples::$variant(to), Samples::$variant(empty)) => to[range].fill(empty[0]),)*
                // Both are of one type.
                _ => {}
            }
        };
    }
    fill!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64 CI16 CI32 CF32 CF64);
}

/// Samples that all mean 'no data'.
pub(crate) fn empty_samples(sample: SampleType, nodata: Option<Nodata>, len: usize) -> Samples {
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

    fn masked(samples: Samples, valid: &[u8]) -> Sheet {
        Sheet { samples, valid: Valid::Mask(valid.to_vec()) }
    }

    fn check(sample: SampleType, empty: Empty, sheets: &[(Window, Sheet)], expected: &Samples, valid: Option<&[u8]>) {
        let mut canvas = Canvas::new(sample, empty, 1, Shape { width: 3, height: 2 }).unwrap();
        for (window, sheet) in sheets {
            canvas.lay(0, *window, sheet, Ground::Shared).unwrap();
        }
        let (data, mask) = canvas.into_parts(1);
        assert_eq!((&data, mask.as_deref()), (expected, valid));
    }

    #[test]
    fn the_first_valid_pixel_stays() {
        let nodata = Some(Nodata::Int(-9));
        let samples = [Samples::I16(vec![1, -9, 3, 4]), Samples::I16(vec![20, 21, 22, -9])];
        let [first, second] = samples.clone();
        let both = [(LEFT, masked(first, &[1, 0, 1, 1])), (RIGHT, masked(second, &[1, 1, 1, 0]))];
        let right = Samples::I16(vec![1, 20, 21, 3, 4, -9]);
        check(SampleType::I16, Empty { nodata, told: false }, &both, &right, None);
        check(
            SampleType::I32,
            Empty { nodata: None, told: false },
            &both,
            &Samples::I32(vec![1, 20, 21, 3, 4, 0]),
            Some(&[1, 1, 1, 1, 1, 0]),
        );
        let [first, second] = samples.map(|samples| Sheet { samples, valid: Valid::Told });
        let told = [(LEFT, first), (RIGHT, second)];
        check(SampleType::I16, Empty { nodata, told: true }, &told, &right, None);
        check(SampleType::I16, Empty { nodata, told: false }, &told, &right, None);
    }

    #[test]
    fn rows_in_which_nothing_was_laid_are_empty_all_the_same() {
        let nodata = Some(Nodata::Int(-9));
        let height = 3 * BAND as u32 + 1;
        let mut canvas = Canvas::new(SampleType::I16, Empty { nodata, told: true }, 2, Shape { width: 2, height }).unwrap();
        let window = Window { col: 1, row: BAND as u32 + 3, width: 1, height: 2 };
        let rows = canvas.rows(1, window).unwrap();
        for (row, value) in [5i16, 6].into_iter().enumerate() {
            rows.bytes[row * rows.width * 2..][..2].copy_from_slice(&value.to_ne_bytes());
        }
        let (plane, at) = (2 * height as usize, 2 * (BAND + 3) + 1);
        let mut right = vec![-9i16; 2 * plane];
        (right[plane + at], right[plane + at + 2]) = (5, 6);
        assert!(canvas.into_parts(2).0 == Samples::I16(right));
    }

    #[test]
    fn a_sheet_beyond_the_array_is_refused() {
        let empty = Empty { nodata: None, told: false };
        let mut canvas = Canvas::new(SampleType::U8, empty, 1, Shape { width: 2, height: 2 }).unwrap();
        assert!(canvas.lay(0, RIGHT, &masked(Samples::U8(vec![0; 4]), &[1; 4]), Ground::Fresh).is_err());
    }

    #[test]
    fn nan_beside_another_nodata_value_is_kept_until_there_is_data() {
        for told in [false, true] {
            let empty = Empty { nodata: Some(Nodata::Float(-1.0)), told };
            let mut canvas = Canvas::new(SampleType::F32, empty, 1, Shape { width: 2, height: 2 }).unwrap();
            let first = Sheet { samples: Samples::F32(vec![f32::NAN, f32::NAN, -1.0, 3.0]), valid: Valid::Told };
            let second = Sheet { samples: Samples::F32(vec![-1.0, 5.0, 2.0, 7.0]), valid: Valid::Told };
            canvas.lay(0, LEFT, &first, Ground::Shared).unwrap();
            canvas.lay(0, LEFT, &second, Ground::Shared).unwrap();
            let (Samples::F32(v), None) = canvas.into_parts(1) else { panic!() };
            assert!(v[0].is_nan() && v[1..] == [5.0, 2.0, 3.0], "{told}: {v:?}");
        }
    }
}
