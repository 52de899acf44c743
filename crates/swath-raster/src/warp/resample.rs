use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::gather::{NONE, absent, from_f64, gather, gather_into, to_f64};
use super::kernel::{Kernel, Plane, Scratch};
use super::{PixelMap, Reach};
use crate::{Error, Nodata, Result, Samples, Window};

/// How the value of a target pixel is made from source pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The pixel that holds the target's centre, unchanged.
    #[default]
    Nearest,
    /// Linear between the four nearest centres; a tent over all that a coarser target pixel spans.
    Bilinear,
    Cubic,
    Average,
    Mode,
    Min,
    Max,
    Median,
}

impl Method {
    pub const ALL: [Self; 8] = [Self::Nearest, Self::Bilinear, Self::Cubic, Self::Average, Self::Mode, Self::Min, Self::Max, Self::Median];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Bilinear => "bilinear",
            Self::Cubic => "cubic",
            Self::Average => "average",
            Self::Mode => "mode",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    fn kernel(self) -> Option<Kernel> {
        Some(match self {
            Self::Nearest => return None,
            Self::Bilinear => Kernel::Weights { half: 1, cubic: false },
            Self::Cubic => Kernel::Weights { half: 2, cubic: true },
            Self::Average => Kernel::Average,
            Self::Mode => Kernel::Mode,
            Self::Min => Kernel::Minimum,
            Self::Max => Kernel::Maximum,
            Self::Median => Kernel::Median,
        })
    }

    /// How far beyond a position source pixels matter when a target pixel spans `density` of them.
    pub fn reach(self, density: Reach) -> Reach {
        match self.kernel() {
            None => Reach { x: 0.0, y: 0.0 },
            Some(kernel) => Reach { x: kernel.reach(density.x), y: kernel.reach(density.y) },
        }
    }
}

/// Source pixels at hand: one band of a window of a source or one of its overviews.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub samples: &'a Samples,
    /// 0 where a pixel must not count.
    pub valid: &'a [u8],
    pub window: Window,
    pub nodata: Option<Nodata>,
}

/// Target pixels of one band: row-major, with 0 in `valid` where nothing was there.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    pub samples: Samples,
    pub valid: Vec<u8>,
}

/// Makes the pixels of `target` (a window of the target grid) for each of the fields, which share their window.
///
/// Only valid source pixels count. Nearest, bilinear and cubic give a valid pixel only where the source pixel at the target's
/// centre is valid; the others where any pixel under it is.
///
/// # Errors
/// Misuse where a field's samples do not fill its window, and for complex samples with anything but nearest.
pub fn resample(fields: &[Field], map: &PixelMap, target: Window, method: Method) -> Result<Vec<Patch>> {
    let Some(first) = fields.first() else { return Ok(Vec::new()) };
    let window = first.window;
    for field in fields {
        let pixels = field.window.pixels();
        if field.window != window || field.samples.len() != pixels || field.valid.len() != pixels {
            return Err(Error::misuse("", format!("{} samples for {pixels} pixels", field.samples.len()), "one sample per pixel"));
        }
    }
    fits(window)?;
    let index = nearest_index(map, target, window);
    let Some(kernel) = method.kernel() else {
        return Ok(fields.iter().map(|field| nearest_patch(field, &index)).collect());
    };
    fields.iter().map(|field| kernel_patch(field, map, target, kernel, &index)).collect()
}

/// The nearest source pixels of `target` for each band of a window of the source; nodata (NaN for floats, else 0, without one) where
/// there is none. What the source pixels mean plays no part.
///
/// # Errors
/// As [`resample`].
pub fn nearest(bands: &[Samples], window: Window, map: &PixelMap, target: Window, nodata: Option<Nodata>) -> Result<Vec<Samples>> {
    if let Some(short) = bands.iter().find(|samples| samples.len() != window.pixels()) {
        return Err(Error::misuse("", format!("{} samples for {} pixels", short.len(), window.pixels()), "one sample per pixel"));
    }
    fits(window)?;
    let absent: Vec<Vec<u8>> = bands.iter().map(|samples| absent(samples.sample_type(), nodata)).collect();
    let mut out: Vec<Samples> = bands.iter().map(|samples| Samples::zeros(samples.sample_type(), target.pixels())).collect();
    let mut index = vec![NONE; target.width as usize];
    for j in 0..target.height {
        map.pick(target.row + j, target.col, window, &mut index);
        for ((from, to), absent) in bands.iter().zip(&mut out).zip(&absent) {
            let row = index.len() * absent.len();
            let first = j as usize * row;
            gather_into(from.as_bytes(), &index, absent, &mut to.as_bytes_mut()[first..first + row]);
        }
    }
    Ok(out)
}

fn fits(window: Window) -> Result<()> {
    if window.pixels() >= NONE as usize {
        return Err(Error::over_limit("", format!("a window of {} pixels", window.pixels()), format!("at most {}", NONE - 1)));
    }
    Ok(())
}

/// For each pixel of the target, where its nearest source pixel stands in the window.
fn nearest_index(map: &PixelMap, target: Window, window: Window) -> Vec<u32> {
    let mut index = vec![NONE; target.pixels()];
    let width = (target.width as usize).max(1);
    // The counter stays below the u32 height of `target`.
    index.par_chunks_mut(width).enumerate().for_each(|(j, row)| map.pick(target.row + j as u32, target.col, window, row));
    index
}

fn nearest_patch(field: &Field, index: &[u32]) -> Patch {
    let valid = index.iter().map(|&i| field.valid.get(i as usize).copied().unwrap_or(0)).collect();
    Patch { samples: gather(field.samples, index), valid }
}

fn kernel_patch(field: &Field, map: &PixelMap, target: Window, kernel: Kernel, index: &[u32]) -> Result<Patch> {
    let sample = field.samples.sample_type();
    let Some(values) = to_f64(field.samples) else {
        return Err(Error::misuse("", format!("{} samples", sample.name()), "complex samples can be resampled by nearest only"));
    };
    let plane = Plane { values: &values, valid: field.valid, window: field.window };
    let density = map.density(target);
    let mut out = vec![0.0; target.pixels()];
    let mut valid = vec![0u8; target.pixels()];
    let width = (target.width as usize).max(1);
    let fresh = || (Scratch::default(), Vec::new());
    out.par_chunks_mut(width).zip(valid.par_chunks_mut(width)).enumerate().for_each_init(
        fresh,
        |(scratch, positions), (j, (out, valid))| {
            positions.resize(out.len(), (0.0, 0.0));
            map.row(target.row + j as u32, target.col, positions);
            for i in 0..out.len() {
                let at = index[j * width + i];
                if kernel.needs_centre() && (at == NONE || field.valid[at as usize] == 0) {
                    continue;
                }
                let (x, y) = positions[i];
                if !x.is_finite() || !y.is_finite() {
                    continue;
                }
                if let Some(value) = kernel.value(&plane, (x, y), (density.x, density.y), scratch) {
                    out[i] = value;
                    valid[i] = 1;
                }
            }
        },
    );
    Ok(Patch { samples: from_f64(&out, sample, field.nodata), valid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Affine, Grid, SampleType, Shape};

    fn grid(left: f64, top: f64, step: f64, width: u32, height: u32) -> Grid {
        Grid { crs: None, transform: Affine::north_up(left, top, step, step), shape: Shape { width, height } }
    }

    fn check(target: &Grid, method: Method, expected: &[i16], valid: &[u8]) {
        let source = grid(0.0, 40.0, 10.0, 4, 4);
        let samples = Samples::I16((0..16).map(|i| i / 4 * 10 + i % 4).collect());
        let mask = [1u8; 16];
        let map = PixelMap::new(target, &source, source.shape, None).unwrap();
        let field = Field { samples: &samples, valid: &mask, window: Window::whole(source.shape), nodata: None };
        let patch = &resample(&[field], &map, Window::whole(target.shape), method).unwrap()[0];
        let got: Vec<i16> = match &patch.samples {
            Samples::I16(v) => v.iter().zip(&patch.valid).map(|(&s, &v)| if v == 0 { -1 } else { s }).collect(),
            other => panic!("{other:?}"),
        };
        assert_eq!((got.as_slice(), patch.valid.as_slice()), (expected, valid), "{}", method.name());
    }

    #[test]
    fn the_same_lattice_copies_and_leaves_the_outside_empty() {
        check(&grid(-10.0, 30.0, 10.0, 3, 1), Method::Nearest, &[-1, 10, 11], &[0, 1, 1]);
        check(&grid(-10.0, 30.0, 10.0, 3, 1), Method::Bilinear, &[-1, 10, 11], &[0, 1, 1]);
    }

    #[test]
    fn half_a_pixel_of_shift_takes_the_next_pixel_or_the_mean() {
        check(&grid(5.0, 40.0, 10.0, 3, 1), Method::Nearest, &[1, 2, 3], &[1, 1, 1]);
        check(&grid(5.0, 35.0, 10.0, 2, 1), Method::Bilinear, &[6, 7], &[1, 1]);
    }

    #[test]
    fn a_coarser_target_takes_what_lies_under_it() {
        check(&grid(0.0, 40.0, 20.0, 2, 2), Method::Max, &[11, 13, 31, 33], &[1; 4]);
        check(&grid(0.0, 40.0, 20.0, 2, 2), Method::Average, &[6, 8, 26, 28], &[1; 4]);
    }

    #[test]
    fn complex_samples_are_refused_by_kernels_and_copied_by_nearest() {
        let (source, samples) = (grid(0.0, 10.0, 10.0, 1, 1), Samples::zeros(SampleType::CF32, 1));
        let map = PixelMap::new(&source, &source, source.shape, None).unwrap();
        let field = Field { samples: &samples, valid: &[1], window: Window::whole(source.shape), nodata: None };
        assert!(resample(&[field], &map, Window::whole(source.shape), Method::Nearest).is_ok());
        assert!(resample(&[field], &map, Window::whole(source.shape), Method::Bilinear).is_err());
    }
}
