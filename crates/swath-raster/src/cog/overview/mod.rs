//! Rows of one level into rows of the next.

mod average;
mod axis;
mod convolve;
mod extreme;
mod mode;
mod rms;
mod rows;

use std::ops::Range;

use rayon::prelude::*;

use axis::Taps;

pub(super) use axis::Axis;
pub(super) use rows::{Rows, Valid};

use super::Resampling;
use super::real::{Real, with_type};
use super::strip::Strip;
use crate::{Nodata, Samples};

/// [`Resampling`] once it is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    Nearest,
    Average,
    Mode,
    Bilinear,
    Cubic,
    Rms,
    Min,
    Max,
}

impl From<Resampling> for Kernel {
    fn from(how: Resampling) -> Self {
        match how {
            Resampling::Nearest => Self::Nearest,
            Resampling::Auto | Resampling::Average => Self::Average,
            Resampling::Mode => Self::Mode,
            Resampling::Bilinear => Self::Bilinear,
            Resampling::Cubic => Self::Cubic,
            Resampling::Rms => Self::Rms,
            Resampling::Min => Self::Min,
            Resampling::Max => Self::Max,
        }
    }
}

/// A reduction of one level to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shrink {
    pub x: Axis,
    pub y: Axis,
    pub kernel: Kernel,
    pub nodata: Option<Nodata>,
    /// Which of the bands written is alpha, where there is no mask: pixels where it is 0 do not count in any.
    pub alpha: Option<usize>,
}

impl Shrink {
    /// Fills the rows `rows` of `to` (counted within the level) from `strip` under `above`.
    pub(super) fn run(&self, above: &Strip, strip: &Strip, to: &mut Strip, rows: Range<u32>) {
        let skip = (rows.start - to.row) as usize * to.width as usize;
        let len = rows.len() * to.width as usize;
        let first = rows.start as usize;
        let mask = Rows::mask(above, strip);
        for (band, samples) in to.bands.iter_mut().enumerate() {
            self.band(above, strip, band, samples, skip..skip + len, first);
        }
        if let (Some(mask), Some(to)) = (mask, to.mask.as_mut()) {
            self.mask(mask, &mut to[skip..skip + len], first);
        }
    }

    fn band(&self, above: &Strip, strip: &Strip, band: usize, to: &mut Samples, part: Range<usize>, first: usize) {
        let sample = to.sample_type();
        if self.kernel == Kernel::Nearest || sample.is_complex() {
            return self.nearest_bytes(above, strip, band, to, part, first);
        }
        let mask = Rows::mask(above, strip);
        with_type!(sample, T => {
            let rows = Rows::<T>::band(above, strip, band);
            let alpha = self.alpha.filter(|_| mask.is_none()).map(|a| Rows::<T>::band(above, strip, a));
            let valid = Valid { rows, nodata: self.nodata.and_then(T::of_nodata), mask, alpha };
            let to = &mut bytemuck::cast_slice_mut::<u8, T>(to.as_bytes_mut())[part];
            self.rows(&valid, to, first);
        }, else ())
    }

    fn rows<T: Real>(&self, from: &Valid<'_, T>, to: &mut [T], first: usize) {
        let width = self.x.dst;
        let covers: Vec<_> = (0..width).map(|i| self.x.cover(i)).collect();
        let convolves = matches!(self.kernel, Kernel::Bilinear | Kernel::Cubic);
        let taps: Vec<_> = (0..if convolves { width } else { 0 }).map(|i| Taps::across(&self.x, i, self.kernel)).collect();
        to.par_chunks_mut(width * 8).enumerate().for_each(|(chunk, to)| {
            let first = first + chunk * 8;
            match self.kernel {
                Kernel::Average => average::rows(self, from, &covers, to, first),
                Kernel::Rms => rms::rows(self, from, &covers, to, first),
                Kernel::Mode => mode::rows(self, from, &covers, to, first),
                Kernel::Min => extreme::rows(self, from, &covers, to, first, |new, old| new < old),
                Kernel::Max => extreme::rows(self, from, &covers, to, first, |new, old| new > old),
                Kernel::Bilinear | Kernel::Cubic | Kernel::Nearest => convolve::rows(self, from, &taps, to, first),
            }
        });
    }

    fn nearest_bytes(&self, above: &Strip, strip: &Strip, band: usize, to: &mut Samples, part: Range<usize>, first: usize) {
        let size = to.sample_type().size();
        let columns: Vec<usize> = (0..self.x.dst).map(|i| self.x.nearest(i)).collect();
        let from = Rows::<u8>::bytes(above, strip, band, size);
        let to = &mut to.as_bytes_mut()[part.start * size..part.end * size];
        to.par_chunks_mut(self.x.dst * size).enumerate().for_each(|(i, to)| {
            let row = from.row(self.y.nearest(first + i));
            match size {
                1 => pick::<1>(row, &columns, to),
                2 => pick::<2>(row, &columns, to),
                4 => pick::<4>(row, &columns, to),
                8 => pick::<8>(row, &columns, to),
                _ => pick::<16>(row, &columns, to),
            }
        });
    }

    /// As GDAL reduces a mask: `nearest` and `mode` as any band, else a pixel is valid if anything is made of those that weigh in.
    fn mask(&self, from: Rows<'_, u8>, to: &mut [u8], first: usize) {
        match self.kernel {
            Kernel::Nearest => to.par_chunks_mut(self.x.dst).enumerate().for_each(|(i, to)| {
                let row = from.row(self.y.nearest(first + i));
                to.iter_mut().enumerate().for_each(|(x, to)| *to = row[self.x.nearest(x)]);
            }),
            Kernel::Mode | Kernel::Bilinear | Kernel::Cubic => {
                // A kernel makes nothing where too little is valid; mode counts what is not, too.
                let mask = (self.kernel != Kernel::Mode).then_some(from);
                let valid = Valid { rows: from, nodata: None, mask, alpha: None };
                self.rows(&valid, to, first);
                to.iter_mut().for_each(|v| *v = if *v == 0 { 0 } else { 255 });
            }
            _ => self.any(from, to, first),
        }
    }

    fn any(&self, from: Rows<'_, u8>, to: &mut [u8], first: usize) {
        to.par_chunks_mut(self.x.dst).enumerate().for_each(|(i, to)| {
            let y = self.y.cover(first + i);
            for (x, to) in to.iter_mut().enumerate() {
                let x = self.x.cover(x);
                let any = (y.from..y.to).any(|y| from.row(y)[x.from..x.to].iter().any(|&v| v != 0));
                *to = if any { 255 } else { 0 };
            }
        });
    }

    /// What a pixel becomes that nothing valid made.
    fn fill<T: Real>(&self, nodata: Option<T>) -> T {
        nodata.unwrap_or_else(T::zeroed)
    }
}

fn pick<const N: usize>(row: &[u8], columns: &[usize], to: &mut [u8]) {
    let (row, _) = row.as_chunks::<N>();
    let (to, _) = to.as_chunks_mut::<N>();
    for (to, &x) in to.iter_mut().zip(columns) {
        *to = row[x];
    }
}

/// A value that is not the nodata value.
#[inline(always)]
fn not_nodata<T: Real>(value: T, nodata: Option<T>) -> T {
    match nodata {
        Some(nodata) if value == nodata => value.beside(),
        _ => value,
    }
}
