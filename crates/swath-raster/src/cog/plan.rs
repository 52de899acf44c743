use serde::Serialize;

use super::memory::fits;
use super::real::nodata_bytes;
use super::refuse::{alpha_of, refuse};
use super::{
    BigTiff, CogOptions, Compression, MaskChoice, NodataChoice, OverviewSize, Overviews, Predictor, Resampling, Sparse, StatisticsTags,
    Tiling,
};
use crate::{Interleave, MaskKind, Nodata, RasterInfo, Result, SampleType, Shape};

/// What [`super::write`] will write, decided from the source's header alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CogPlan {
    pub shape: Shape,
    pub block: Shape,
    pub overview_block: Shape,
    /// Of the source, 0-based, in the order written.
    pub bands: Vec<usize>,
    pub sample: SampleType,
    pub interleave: Interleave,
    pub compress: Compression,
    /// Only for the codecs that have one.
    pub level: Option<u8>,
    pub quality: u8,
    pub max_z_error: f64,
    /// Never `Auto`.
    pub predictor: Predictor,
    /// Finest first.
    pub overviews: Vec<Shape>,
    /// Never `Auto`.
    pub overview_resampling: Resampling,
    pub mask: MaskPlan,
    /// The value that is written into the header.
    #[serde(serialize_with = "as_text")]
    pub nodata: Option<Nodata>,
    pub bigtiff: BigTiff,
    pub sparse: Sparse,
    pub statistics: StatisticsTags,
    /// Bytes that may be in flight.
    pub memory: Option<u64>,
    pub tiling: Option<Tiling>,
}

impl CogPlan {
    /// Whether the file has an internal mask.
    pub fn has_mask(&self) -> bool {
        self.mask != MaskPlan::None
    }
}

/// Where the internal mask comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskPlan {
    None,
    /// The source's own mask.
    Source,
    /// A band of the source, 0-based: valid where it is not 0.
    Alpha(usize),
    /// Valid where any band has a value that is neither the nodata value nor NaN.
    Values,
}

/// Decides what would be written.
///
/// # Errors
/// Misuse where the options contradict each other or the raster, saying what would be right.
pub fn plan(info: &RasterInfo, options: &CogOptions) -> Result<CogPlan> {
    let mut bands = options.bands.clone().unwrap_or_else(|| (0..info.bands.len()).collect());
    let sample = options.sample.unwrap_or(info.sample);
    let mask = mask_plan(info, options, &bands);
    if let MaskPlan::Alpha(alpha) = mask
        && bands.len() > 1
    {
        bands.retain(|&b| b != alpha);
    }
    refuse(info, options, &bands, sample)?;
    let block = Shape { width: options.block_size, height: options.block_size };
    let nodata = match mask {
        MaskPlan::Values | MaskPlan::Alpha(_) => None,
        _ => nodata_of(info, options, &bands, sample)?,
    };
    let plan = CogPlan {
        shape: info.grid.shape,
        block,
        overview_block: options.overview_block_size.map_or(block, |side| Shape { width: side, height: side }),
        sample,
        interleave: if bands.len() == 1 { Interleave::Pixel } else { options.interleave },
        compress: options.compress,
        level: options.compress.levels().map(|(_, usual, _)| options.level.unwrap_or(usual)),
        quality: options.quality,
        max_z_error: options.max_z_error,
        predictor: predictor(options, sample),
        overviews: overviews(info.grid.shape, options),
        overview_resampling: resampling(info, options, &bands, sample),
        mask,
        nodata,
        bigtiff: options.bigtiff,
        sparse: options.sparse,
        statistics: options.statistics,
        memory: options.memory,
        tiling: options.tiling,
        bands,
    };
    fits(info, &plan)?;
    Ok(plan)
}

/// The nodata value that marks pixels of a band of the source, under these options.
pub(super) fn source_nodata(info: &RasterInfo, options: &CogOptions, band: usize) -> Option<Nodata> {
    match options.nodata {
        NodataChoice::Keep => info.bands.get(band).and_then(|b| b.nodata),
        NodataChoice::Remove => None,
        NodataChoice::Set(value) => Some(value),
    }
}

fn nodata_of(info: &RasterInfo, options: &CogOptions, bands: &[usize], sample: SampleType) -> Result<Option<Nodata>> {
    let Some(value) = bands.iter().find_map(|&b| source_nodata(info, options, b)) else { return Ok(None) };
    if sample.is_complex() || nodata_bytes(value, sample).is_some() {
        return Ok(Some(value));
    }
    if sample == info.sample {
        return Ok(None);
    }
    Err(crate::Error::misuse("nodata", format!("the source's {value} is no {} value", sample.name()), "a value the samples can have")
        .hint("name a nodata value that fits the new sample type"))
}

fn mask_plan(info: &RasterInfo, options: &CogOptions, bands: &[usize]) -> MaskPlan {
    match (options.mask, info.mask) {
        (MaskChoice::Keep | MaskChoice::Add, MaskKind::PerDataset) => MaskPlan::Source,
        (MaskChoice::Add, _) => alpha_of(info, bands).filter(|_| bands.len() > 1).map_or(MaskPlan::Values, MaskPlan::Alpha),
        _ => MaskPlan::None,
    }
}

fn predictor(options: &CogOptions, sample: SampleType) -> Predictor {
    match options.predictor {
        Predictor::Auto if !options.compress.takes_predictor() || sample.is_complex() => Predictor::None,
        Predictor::Auto if sample.is_float() => Predictor::Float,
        Predictor::Auto => Predictor::Horizontal,
        said => said,
    }
}

fn resampling(info: &RasterInfo, options: &CogOptions, bands: &[usize], sample: SampleType) -> Resampling {
    let classes = bands.iter().filter_map(|&b| info.bands.get(b)).any(|b| b.palette.is_some() || !b.categories.is_empty());
    match options.overview_resampling {
        Resampling::Auto if sample.is_complex() => Resampling::Nearest,
        Resampling::Auto if classes => Resampling::Mode,
        Resampling::Auto => Resampling::Average,
        said => said,
    }
}

fn overviews(shape: Shape, options: &CogOptions) -> Vec<Shape> {
    let base = options.decimation.max(2);
    let smaller = |n: u32| match options.overview_size {
        OverviewSize::Down => (n / base).max(1),
        OverviewSize::Up => n.div_ceil(base),
    };
    let mut all = Vec::new();
    let mut now = shape;
    loop {
        let enough = match options.overviews {
            Overviews::Auto => now.width <= options.block_size && now.height <= options.block_size,
            Overviews::None => true,
            Overviews::Count(n) => all.len() >= usize::from(n) || (now.width == 1 && now.height == 1),
        };
        if enough {
            return all;
        }
        now = Shape { width: smaller(now.width), height: smaller(now.height) };
        all.push(now);
    }
}

fn as_text<S: serde::Serializer>(nodata: &Option<Nodata>, to: S) -> std::result::Result<S::Ok, S::Error> {
    match nodata {
        Some(value) => to.serialize_some(&value.to_string()),
        None => to.serialize_none(),
    }
}
