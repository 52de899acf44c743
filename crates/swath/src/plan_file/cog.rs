use serde::Serialize;

use super::section::Section;
use crate::{Error, Result};

/// How files are written: `[cog]`, or `[dataset.cog]` over it. What is left out takes swath's default.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CogTable {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compress: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictor: Option<&'static str>,
    /// Columns and rows of a block: a multiple of 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overview_resampling: Option<&'static str>,
    /// How many overviews; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overview_level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interleave: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_mask: Option<bool>,
    /// LERC: the greatest error of a value; 0 is lossless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bigtiff: Option<&'static str>,
    /// On the tiles of web maps (EPSG:3857, WebMercatorQuad), blocks of 256 unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_optimized: Option<bool>,
    /// Of full resolution, where `web_optimized`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoom_level: Option<u8>,
    /// How many levels, full resolution included, have blocks that are tiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aligned_levels: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warp_resampling: Option<&'static str>,
}

const COMPRESS: &[&str] = &["none", "lzw", "deflate", "zstd", "lerc", "lerc-deflate", "lerc-zstd", "packbits", "jpeg", "webp"];
const PREDICTOR: &[&str] = &["auto", "none", "horizontal", "float"];
const RESAMPLING: &[&str] = &["auto", "average", "mode", "nearest", "bilinear"];
const WARP: &[&str] = &["nearest", "bilinear", "cubic", "average", "mode", "min", "max", "median"];
const INTERLEAVE: &[&str] = &["auto", "pixel", "band"];

impl CogTable {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self> {
        let narrow = |n: i64| u8::try_from(n).ok();
        let table = Self {
            compress: section.word("compress", COMPRESS)?,
            level: section.whole("level", 0..101)?.and_then(narrow),
            predictor: section.word("predictor", PREDICTOR)?,
            block_size: section.whole("block_size", 16..65_537)?.and_then(|n| u32::try_from(n).ok()),
            overview_resampling: section.word("overview_resampling", RESAMPLING)?,
            overview_level: section.whole("overview_level", 0..31)?.and_then(narrow),
            interleave: section.word("interleave", INTERLEAVE)?,
            add_mask: section.flag("add_mask")?,
            max_error: section.number("max_error")?,
            bigtiff: section.word("bigtiff", &["auto", "yes", "no"])?,
            web_optimized: section.flag("web_optimized")?,
            zoom_level: section.whole("zoom_level", 0..31)?.and_then(narrow),
            aligned_levels: section.whole("aligned_levels", 0..11)?.and_then(narrow),
            warp_resampling: section.word("warp_resampling", WARP)?,
        };
        let place = section.place();
        let name = section.name.clone();
        section.finish()?;
        if let Some(size) = table.block_size.filter(|s| s % 16 != 0) {
            return Err(Error::misuse(place, format!("`block_size` in {name} is {size}"), "a multiple of 16 is expected, as in 512"));
        }
        Ok(table)
    }

    /// The first key that means something on the tiles of web maps alone.
    pub(super) fn web_key(&self) -> Option<&'static str> {
        let keys = [
            ("zoom_level", self.zoom_level.is_some()),
            ("aligned_levels", self.aligned_levels.is_some()),
            ("warp_resampling", self.warp_resampling.is_some()),
        ];
        keys.into_iter().find(|(_, set)| *set).map(|(key, _)| key)
    }

    /// This over `base`: what is set here wins.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        // A level belongs to the codec it was written beside.
        let level = if self.compress.is_some() && self.compress != base.compress { self.level } else { self.level.or(base.level) };
        Self {
            compress: self.compress.or(base.compress),
            level,
            predictor: self.predictor.or(base.predictor),
            block_size: self.block_size.or(base.block_size),
            overview_resampling: self.overview_resampling.or(base.overview_resampling),
            overview_level: self.overview_level.or(base.overview_level),
            interleave: self.interleave.or(base.interleave),
            add_mask: self.add_mask.or(base.add_mask),
            max_error: self.max_error.or(base.max_error),
            bigtiff: self.bigtiff.or(base.bigtiff),
            web_optimized: self.web_optimized.or(base.web_optimized),
            zoom_level: self.zoom_level.or(base.zoom_level),
            aligned_levels: self.aligned_levels.or(base.aligned_levels),
            warp_resampling: self.warp_resampling.or(base.warp_resampling),
        }
    }
}
