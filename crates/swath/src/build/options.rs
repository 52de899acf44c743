//! The plan's `[cog]` words as the writer's options.

use swath_raster::cog::{BigTiff, CogOptions, MaskChoice, NodataChoice, Overviews, Predictor, Resampling, usual_block_size};
use swath_raster::{Interleave, Nodata, RasterInfo, SampleType};

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
        nodata: asset.nodata.map_or(base.nodata, |n| NodataChoice::Set(fitting(n.0, info.sample))),
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
