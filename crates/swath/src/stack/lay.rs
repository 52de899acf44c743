//! How one sheet meets what lies in the array already.

use swath_raster::Window;

/// A window of a plane of the array.
pub(super) struct Plane<'a, T> {
    pub to: &'a mut [T],
    /// Of the plane, in pixels.
    pub width: usize,
    pub window: Window,
}

impl<T: Sample> Plane<'_, T> {
    /// The rows of a part of the window: where they begin in the plane, there, and in the sheet.
    fn rows<'a>(&'a mut self, from: &'a [T], part: Window) -> impl Iterator<Item = (usize, &'a mut [T], &'a [T])> {
        let (cols, col, width) = (part.width as usize, part.col as usize, self.width);
        let (skipped, row) = ((part.col - self.window.col) as usize, part.row as usize);
        let from = from.chunks((self.window.width as usize).max(1)).skip((part.row - self.window.row) as usize);
        let rows = self.to.chunks_mut(width.max(1)).skip(row).take(part.height as usize).zip(from);
        rows.enumerate().map(move |(j, (to, from))| ((row + j) * width + col, &mut to[col..col + cols], &from[skipped..skipped + cols]))
    }

    /// A part in which nothing lies yet.
    pub fn copy(&mut self, from: &[T], part: Window) {
        self.rows(from, part).for_each(|(_, to, from)| to.copy_from_slice(from));
    }

    /// Fills what is empty; a NaN beside another nodata value is no data either, and stays what it is.
    pub fn fill(&mut self, from: &[T], part: Window, nodata: T) {
        for (_, to, from) in self.rows(from, part) {
            for (to, &from) in to.iter_mut().zip(from) {
                let empty = *to == nodata || to.is_nan();
                *to = if empty && from != nodata { from } else { *to };
            }
        }
    }

    /// Fills what is not marked as filled, and marks it.
    pub fn mask(&mut self, filled: &mut Bits, from: &[T], valid: impl Fn(usize, T) -> bool) {
        let (window, cols) = (self.window, self.window.width as usize);
        for (j, (start, to, from)) in self.rows(from, window).enumerate() {
            for (i, (to, &from)) in to.iter_mut().zip(from).enumerate() {
                if !filled.at(start + i) {
                    if valid(j * cols + i, from) {
                        *to = from;
                        filled.set(start + i);
                    } else if from.is_nan() {
                        *to = from;
                    }
                }
            }
        }
    }
}

pub(super) trait Sample: Copy + PartialEq {
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

/// One bit for each pixel.
pub(super) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }
    pub fn at(&self, i: usize) -> bool {
        self.words[i / 64] >> (i % 64) & 1 != 0
    }
    pub fn set(&mut self, i: usize) {
        self.words[i / 64] |= 1 << (i % 64);
    }
    pub fn all(&self) -> bool {
        self.words.iter().map(|w| w.count_ones() as usize).sum::<usize>() == self.len
    }
}
