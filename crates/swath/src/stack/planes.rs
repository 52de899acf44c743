use swath_raster::{Samples, Window};

use super::Stack;
use crate::{Error, Result};

/// An array with coordinates whose samples are read window by window: what is written down as Zarr, NetCDF or a COG.
pub trait Planes: Sync {
    /// Coordinates, type and nodata. Its own samples may lie elsewhere.
    fn head(&self) -> &Stack;
    /// Samples of a window of one (time, band) plane, row-major.
    ///
    /// # Errors
    /// Misuse for a window or plane outside; Disk where they lie on one.
    fn read(&self, plane: usize, window: Window) -> Result<Samples>;
    /// 0 where there is no data; `None` where the values tell.
    ///
    /// # Errors
    /// As [`Planes::read`].
    fn valid(&self, plane: usize, window: Window) -> Result<Option<Vec<u8>>>;
}

impl Planes for Stack {
    fn head(&self) -> &Stack {
        self
    }
    fn read(&self, plane: usize, window: Window) -> Result<Samples> {
        let mut out = Samples::zeros(self.sample(), window.pixels());
        let (size, all) = (self.sample().size(), self.data.as_bytes());
        let rows = rows_of(self, plane, window)?;
        for (to, from) in out.as_bytes_mut().chunks_mut((window.width as usize * size).max(1)).zip(rows) {
            to.copy_from_slice(all.get(from.start * size..from.end * size).ok_or_else(|| outside(plane, window))?);
        }
        Ok(out)
    }
    fn valid(&self, plane: usize, window: Window) -> Result<Option<Vec<u8>>> {
        let Some(valid) = &self.valid else { return Ok(None) };
        let mut out = Vec::with_capacity(window.pixels());
        for row in rows_of(self, plane, window)? {
            out.extend_from_slice(valid.get(row).ok_or_else(|| outside(plane, window))?);
        }
        Ok(Some(out))
    }
}

/// Where each row of a window of a plane lies among the samples of the whole array.
pub(super) fn rows_of(head: &Stack, plane: usize, window: Window) -> Result<impl Iterator<Item = std::ops::Range<usize>> + use<>> {
    let [times, bands, rows, cols] = head.shape();
    let (col, row, width, height) = (window.col as usize, window.row as usize, window.width as usize, window.height as usize);
    if col + width > cols || row + height > rows || plane >= times * bands {
        return Err(outside(plane, window));
    }
    let start = plane * rows * cols;
    Ok((row..row + height).map(move |r| start + r * cols + col..start + r * cols + col + width))
}

fn outside(plane: usize, window: Window) -> Error {
    Error::misuse("", format!("{window:?} of plane {plane}"), "a window and plane of the array")
}
