use std::sync::Arc;

use swath_raster::RasterSource;
use swath_raster::cog::{CogOptions, OverviewSize, usual_block_size};
use swath_raster::warp::Method;
use swath_raster::web::{Aligned, Alignment};

use crate::{Error, Result};

/// A request once its words are understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub options: CogOptions,
    /// As said; otherwise 512, or 256 on the tiles of web maps.
    pub block_size: Option<u32>,
    pub web_optimized: bool,
    /// For `web_optimized` alone.
    pub alignment: Alignment,
}

impl Settings {
    /// The raster as it will lie in the file, and how it will be written.
    ///
    /// # Errors
    /// Misuse or Unsupported for a raster that cannot be laid on the tiles of web maps.
    pub(super) fn lay(self, source: &Arc<dyn RasterSource>) -> Result<(Arc<dyn RasterSource>, CogOptions)> {
        let mut options = self.options;
        if !self.web_optimized {
            options.block_size = self.block_size.unwrap_or_else(|| usual_block_size(source.info().grid.shape));
            return Ok((source.clone(), options));
        }
        let alignment = Alignment { block_size: self.block_size.unwrap_or(256), nodata: options.nodata, ..self.alignment };
        let aligned = Aligned::new(source.clone(), &alignment)?;
        options.block_size = alignment.block_size;
        options.overview_size = OverviewSize::Up;
        options.tiling = Some(aligned.tiling());
        Ok((Arc::new(aligned), options))
    }
}

pub(super) fn warp_resampling(flag: &str, word: &str) -> Result<Method> {
    let lower = word.trim().to_lowercase();
    let known = || Method::ALL.map(Method::name).join(", ");
    Method::parse(&lower).ok_or_else(|| Error::misuse(flag, format!("{word:?}"), format!("one of {} is expected", known())))
}
