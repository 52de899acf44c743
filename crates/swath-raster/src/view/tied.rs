use std::sync::Arc;

use crate::{ControlPoints, Georeference, RasterInfo, RasterSource, Result, Samples, Window};

/// A raster whose two-dimensional or uneven coordinates go with it as ground control points.
struct Tied {
    source: Arc<dyn RasterSource>,
    info: RasterInfo,
}

/// `source` with its control points for a georeference; itself where it has none.
///
/// # Errors
/// As [`RasterSource::control_points`].
pub fn tied(source: Arc<dyn RasterSource>) -> Result<Arc<dyn RasterSource>> {
    let Some(ControlPoints { crs, points }) = source.control_points()?.filter(|c| c.points.len() >= 3) else { return Ok(source) };
    let mut info = source.info().clone();
    info.georeference = Georeference::Gcps(points);
    info.grid.crs = Some(crs);
    Ok(Arc::new(Tied { source, info }))
}

impl RasterSource for Tied {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        self.source.read(bands, window)
    }
    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
        self.source.read_mask(window)
    }
    fn control_points(&self) -> Result<Option<ControlPoints>> {
        self.source.control_points()
    }
}
