use std::sync::Arc;

use swath_raster::{RasterInfo, RasterSource, Result, Samples, Window};

/// A raster whose header is as the plan says: named bands, units, nodata, CRS. The pixels are the source's own.
pub(crate) struct Described {
    inner: Arc<dyn RasterSource>,
    info: RasterInfo,
}

impl Described {
    pub(crate) fn new(inner: Arc<dyn RasterSource>, info: RasterInfo) -> Self {
        Self { inner, info }
    }
}

impl RasterSource for Described {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        self.inner.read(bands, window)
    }
    fn read_into(&self, bands: &[usize], window: Window, samples: &mut Vec<Samples>) -> Result<()> {
        self.inner.read_into(bands, window, samples)
    }
    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
        self.inner.read_mask(window)
    }
}
