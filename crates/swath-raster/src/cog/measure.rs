use super::ingest::{Ingest, rows_at_once};
use super::plan::plan;
use super::statistics::{Moments, count};
use super::{BandStatistics, CogOptions};
use crate::{ColorInterp, RasterSource, Result};

/// Statistics of every band of a raster, from all of its pixels: those that [`super::write`] would report with default options.
/// `None` for a band without a valid pixel, or of complex samples.
///
/// # Errors
/// What the source says.
pub fn statistics(source: &dyn RasterSource) -> Result<Vec<Option<BandStatistics>>> {
    let info = source.info();
    let options = CogOptions::default();
    let plan = plan(info, &options)?;
    let ingest = Ingest::new(source, &plan, &options);
    let alpha = info.bands.iter().position(|b| b.color == ColorInterp::Alpha);
    let mut moments = vec![Moments::NONE; plan.bands.len()];
    let step = rows_at_once(&plan, info);
    let mut row = 0;
    while row < plan.shape.height {
        let rows = step.min(plan.shape.height - row);
        count(&mut moments, &ingest.read(row, rows, None)?, ingest.marker, alpha);
        row += rows;
    }
    Ok(moments.into_iter().map(Moments::report).collect())
}
