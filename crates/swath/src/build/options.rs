//! The plan's `[cog]` words as the writer's options.

use std::sync::Arc;

use swath_raster::cog::{BigTiff, CogOptions, MaskChoice, NodataChoice, OverviewSize, Overviews, Predictor, Resampling, usual_block_size};
use swath_raster::warp::Method;
use swath_raster::web::{Aligned, Alignment};
use swath_raster::{Interleave, Nodata, RasterInfo, RasterSource, SampleType};

use crate::lattice::ResolvedAsset;
use crate::{Error, Result};

/// # Errors
/// Misuse, naming the word, for one that the writer does not know.
pub(crate) fn options(asset: &ResolvedAsset, info: &RasterInfo) -> Result<CogOptions> {
    let cog = &asset.cog;
    let base = CogOptions::default();
    Ok(CogOptions {
        compress: word("compress", cog.compress)?.unwrap_or(base.compress),
        level: cog.level,
        max_z_error: cog.max_error.unwrap_or(base.max_z_error),
        predictor: word::<Predictor>("predictor", cog.predictor)?.unwrap_or(base.predictor),
        block_size: cog.block_size.unwrap_or_else(|| usual_block_size(info.grid.shape)),
        overviews: cog.overview_level.map_or(base.overviews, |n| if n == 0 { Overviews::None } else { Overviews::Count(n) }),
        overview_resampling: resampling(asset, info, word("overview_resampling", cog.overview_resampling)?),
        interleave: word::<Interleave>("interleave", cog.interleave.filter(|w| *w != "auto"))?.unwrap_or(base.interleave),
        // Once unpacked, the packed samples' nodata is NaN.
        nodata: asset.nodata.filter(|_| !asset.view.unscale).map_or(base.nodata, |n| NodataChoice::Set(fitting(n.0, info.sample))),
        mask: if cog.add_mask == Some(true) { MaskChoice::Add } else { base.mask },
        bigtiff: match cog.bigtiff {
            Some("yes") => BigTiff::Always,
            Some("no") => BigTiff::Never,
            _ => base.bigtiff,
        },
        bands: Some(asset.bands.clone()),
        ..base
    })
}

/// The raster as it will lie in the file: its own grid, or the tiles of web maps.
///
/// # Errors
/// Misuse or Unsupported for a raster that cannot be laid on them.
pub(crate) fn lay(source: Arc<dyn RasterSource>, asset: &ResolvedAsset, options: &mut CogOptions) -> Result<Arc<dyn RasterSource>> {
    let cog = &asset.cog;
    if cog.web_optimized != Some(true) {
        return Ok(source);
    }
    let base = Alignment::default();
    let alignment = Alignment {
        zoom_level: cog.zoom_level,
        aligned_levels: cog.aligned_levels.unwrap_or(base.aligned_levels),
        block_size: cog.block_size.unwrap_or(base.block_size),
        resampling: cog.warp_resampling.and_then(Method::parse).unwrap_or(base.resampling),
        nodata: options.nodata,
        ..base
    };
    let aligned = Aligned::new(source, &alignment)?;
    options.block_size = alignment.block_size;
    options.overview_size = OverviewSize::Up;
    options.tiling = Some(aligned.tiling());
    Ok(Arc::new(aligned))
}

fn word<T: serde::de::DeserializeOwned>(key: &str, word: Option<&str>) -> Result<Option<T>> {
    let Some(word) = word else { return Ok(None) };
    let parsed = serde_json::from_value(word.into());
    parsed.map(Some).map_err(|e| Error::misuse("[cog]", format!("`{key} = {word:?}`: {e}"), ""))
}

/// Classes are never averaged.
fn resampling(asset: &ResolvedAsset, info: &RasterInfo, asked: Option<Resampling>) -> Resampling {
    match asked.unwrap_or(Resampling::Auto) {
        Resampling::Auto if asset.categorical && !info.sample.is_complex() => Resampling::Mode,
        other => other,
    }
}

/// A whole number for integer samples, a float for the others.
fn fitting(nodata: Nodata, sample: SampleType) -> Nodata {
    match nodata {
        Nodata::Int(v) if !sample.is_integer() => Nodata::Float(v as f64),
        Nodata::Uint(v) if !sample.is_integer() => Nodata::Float(v as f64),
        other => other,
    }
}
