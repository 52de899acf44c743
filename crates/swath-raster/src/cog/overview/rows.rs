use bytemuck::Pod;

use super::super::real::{Real, is_nodata};
use super::super::strip::Strip;
use crate::wide::{Loop, wide};

/// Rows of one level by number, where the first few come from the strip before.
#[derive(Debug, Clone, Copy)]
pub(in crate::cog) struct Rows<'a, T> {
    above: &'a [T],
    here: &'a [T],
    /// Number of the first row of each.
    above_row: usize,
    here_row: usize,
    width: usize,
}

impl<'a, T: Pod> Rows<'a, T> {
    pub(in crate::cog) fn band(above: &'a Strip, here: &'a Strip, band: usize) -> Self {
        Self {
            above: above.bands.get(band).map_or(&[], |s| bytemuck::cast_slice(s.as_bytes())),
            here: bytemuck::cast_slice(here.bands[band].as_bytes()),
            above_row: above.row as usize,
            here_row: here.row as usize,
            width: here.width as usize,
        }
    }
    pub(in crate::cog) fn row(&self, y: usize) -> &'a [T] {
        let (rows, y) = if y < self.here_row { (self.above, y - self.above_row) } else { (self.here, y - self.here_row) };
        &rows[y * self.width..(y + 1) * self.width]
    }
}

impl<'a> Rows<'a, u8> {
    pub(in crate::cog) fn mask(above: &'a Strip, here: &'a Strip) -> Option<Self> {
        Some(Self {
            above: above.mask.as_deref().unwrap_or(&[]),
            here: here.mask.as_deref()?,
            above_row: above.row as usize,
            here_row: here.row as usize,
            width: here.width as usize,
        })
    }
    /// Samples of any type as rows of bytes.
    pub(in crate::cog) fn bytes(above: &'a Strip, here: &'a Strip, band: usize, size: usize) -> Self {
        let rows = Self::band(above, here, band);
        Self { width: rows.width * size, ..rows }
    }
}

/// Rows of a band, with all that says which of its pixels count.
#[derive(Clone, Copy)]
pub(in crate::cog) struct Valid<'a, T> {
    pub rows: Rows<'a, T>,
    pub nodata: Option<T>,
    pub mask: Option<Rows<'a, u8>>,
    pub alpha: Option<Rows<'a, T>>,
}

impl<T: Real> Valid<'_, T> {
    /// Whether every pixel of every row counts, whatever it holds.
    pub(in crate::cog) fn always(&self) -> bool {
        self.nodata.is_none() && self.mask.is_none() && self.alpha.is_none()
    }

    /// Sets `out` to 1 where a pixel of the row counts and to 0 elsewhere.
    pub(in crate::cog) fn fill(&self, y: usize, out: &mut [u8]) {
        wide(Fill { valid: self, y, out });
    }

    #[inline(always)]
    fn mark(&self, y: usize, out: &mut [u8]) {
        out.fill(1);
        if let Some(nodata) = self.nodata {
            out.iter_mut().zip(self.rows.row(y)).for_each(|(to, &v)| *to = u8::from(!is_nodata(v, nodata)));
        }
        if let Some(mask) = &self.mask {
            out.iter_mut().zip(mask.row(y)).for_each(|(to, &v)| *to &= u8::from(v != 0));
        }
        if let Some(alpha) = &self.alpha {
            out.iter_mut().zip(alpha.row(y)).for_each(|(to, &v)| *to &= u8::from(v != T::zeroed()));
        }
    }
}

struct Fill<'a, 'r, T> {
    valid: &'a Valid<'r, T>,
    y: usize,
    out: &'a mut [u8],
}

impl<T: Real> Loop for Fill<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.valid.mark(self.y, self.out);
    }
}
