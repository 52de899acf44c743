use bytes::Bytes;

use crate::{ControlPoints, RasterInfo, Result, Samples, Window};

/// A stretch of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub offset: u64,
    pub len: u64,
}

impl Span {
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.len)
    }
}

/// Bytes that are at hand: a local file, or memory. Implemented by whoever may open things.
pub trait ByteSource: Send + Sync {
    fn len(&self) -> u64;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Exactly `span.len` bytes.
    ///
    /// # Errors
    /// `UnexpectedEof` where the span reaches past the end, else what the medium says.
    fn read(&self, span: Span) -> std::io::Result<Bytes>;
}

impl ByteSource for Bytes {
    fn len(&self) -> u64 {
        Bytes::len(self) as u64
    }
    fn read(&self, span: Span) -> std::io::Result<Bytes> {
        let eof = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let start = usize::try_from(span.offset).map_err(|_| eof())?;
        let end = usize::try_from(span.end()).map_err(|_| eof())?;
        if end > Bytes::len(self) || start > end {
            return Err(eof());
        }
        Ok(self.slice(start..end))
    }
}

/// Decoded pixels on demand: what every raw-format reader is, and what the COG writer drinks from.
pub trait RasterSource: Send + Sync {
    fn info(&self) -> &RasterInfo;
    /// Samples of `window` for each of `bands` (0-based), in that order, each row-major of `window.width * window.height`.
    /// Raw values: scale and offset are not applied.
    ///
    /// # Errors
    /// Misuse for a band or window outside the raster; Damaged, Unsupported or Unreadable from the file.
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>>;
    /// As [`RasterSource::read`], into samples that were used before, so that memory need not be found anew for every strip.
    ///
    /// # Errors
    /// As [`RasterSource::read`].
    fn read_into(&self, bands: &[usize], window: Window, samples: &mut Vec<Samples>) -> Result<()> {
        *samples = self.read(bands, window)?;
        Ok(())
    }
    /// 0 where masked, 255 where valid, for a raster with [`crate::MaskKind::PerDataset`]; `None` for any other.
    ///
    /// # Errors
    /// As [`RasterSource::read`].
    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>>;
    /// Points that tie the raster to the ground where two-dimensional or uneven coordinates do and no affine map; `None` for any other.
    ///
    /// # Errors
    /// As [`RasterSource::read`], for the coordinates.
    fn control_points(&self) -> Result<Option<ControlPoints>> {
        Ok(None)
    }
    /// That all pixels can lie in the file, as far as its header tells without reading any.
    ///
    /// # Errors
    /// Damaged for the first block outside the file, as of one that was copied in part.
    fn check_extent(&self) -> Result<()> {
        Ok(())
    }
}
