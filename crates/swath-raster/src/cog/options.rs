use serde::{Deserialize, Serialize};

use super::{MaskChoice, NodataChoice, Overviews};
use crate::{Interleave, SampleType};

/// How a COG is to be written; the default is what a plan without a `[cog]` section means.
///
/// ```
/// use swath_raster::cog::{CogOptions, Compression};
/// let options = CogOptions { level: Some(9), ..CogOptions::default() };
/// assert_eq!(options.compress, Compression::Zstd);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CogOptions {
    pub compress: Compression,
    /// DEFLATE 1 to 12 (6 unless said), ZSTD 1 to 22 (3 unless said); no other codec has one. A promise of size, kept to 0.9 %: where
    /// pixels are such that a cheaper level does as well, that one is used.
    pub level: Option<u8>,
    /// JPEG and WebP, 1 to 100; WebP at 100 is lossless.
    pub quality: u8,
    /// LERC: the largest error of a sample; 0 is lossless.
    pub max_z_error: f64,
    pub predictor: Predictor,
    /// Width and height of a block, a multiple of 16.
    pub block_size: u32,
    pub overviews: Overviews,
    /// Of the blocks of overviews, a multiple of 16; none is `block_size`.
    pub overview_block_size: Option<u32>,
    /// How many pixels each way become one of the next overview; 2 and more.
    pub decimation: u32,
    pub overview_size: OverviewSize,
    pub overview_resampling: Resampling,
    pub interleave: Interleave,
    pub nodata: NodataChoice,
    pub mask: MaskChoice,
    /// Convert to this type, rounding and clamping; none keeps the source's.
    pub sample: Option<SampleType>,
    /// Bands to write, 0-based, in this order; none is all.
    pub bands: Option<Vec<usize>>,
    pub bigtiff: BigTiff,
    pub sparse: Sparse,
    pub statistics: StatisticsTags,
    /// How many bytes may be in flight; none leaves it to the writer. It changes no byte of the file.
    pub memory: Option<u64>,
    /// The tiles of a web map that the raster lies on already, to be said in the file.
    pub tiling: Option<Tiling>,
}

/// Which tiles of WebMercatorQuad blocks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiling {
    pub zoom_level: u8,
    /// How many levels, full resolution included, have blocks that are tiles; 0 says nothing of it.
    pub aligned_levels: u8,
}

impl Default for CogOptions {
    fn default() -> Self {
        Self {
            compress: Compression::Zstd,
            level: None,
            quality: 75,
            max_z_error: 0.0,
            predictor: Predictor::Auto,
            block_size: 512,
            overviews: Overviews::Auto,
            overview_block_size: None,
            decimation: 2,
            overview_size: OverviewSize::Down,
            overview_resampling: Resampling::Auto,
            interleave: Interleave::Pixel,
            nodata: NodataChoice::Keep,
            mask: MaskChoice::Keep,
            sample: None,
            bands: None,
            bigtiff: BigTiff::IfNeeded,
            sparse: Sparse::Never,
            statistics: StatisticsTags::Write,
            memory: None,
            tiling: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    None,
    Lzw,
    Deflate,
    Zstd,
    Packbits,
    Lerc,
    LercDeflate,
    LercZstd,
    Jpeg,
    Webp,
}

impl Compression {
    /// The word of a plan: `zstd`, `lerc-deflate`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lzw => "lzw",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
            Self::Packbits => "packbits",
            Self::Lerc => "lerc",
            Self::LercDeflate => "lerc-deflate",
            Self::LercZstd => "lerc-zstd",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }
    /// Tag 259.
    pub(crate) const fn tag(self) -> u16 {
        match self {
            Self::None => 1,
            Self::Lzw => 5,
            Self::Jpeg => 7,
            Self::Deflate => 8,
            Self::Packbits => 32773,
            Self::Lerc | Self::LercDeflate | Self::LercZstd => 34887,
            Self::Zstd => 50000,
            Self::Webp => 50001,
        }
    }
    pub(crate) const fn takes_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstd)
    }
    pub(crate) const fn is_lerc(self) -> bool {
        matches!(self, Self::Lerc | Self::LercDeflate | Self::LercZstd)
    }
    /// Lowest, default and highest level, where the codec has levels.
    pub(crate) const fn levels(self) -> Option<(u8, u8, u8)> {
        match self {
            Self::Deflate | Self::LercDeflate => Some((1, 6, 12)),
            // Less than the library's own: on predicted pixels the result is as small, in two thirds of the time.
            Self::Zstd => Some((1, 2, 22)),
            Self::LercZstd => Some((1, 3, 22)),
            _ => None,
        }
    }
}

/// Tag 317.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predictor {
    /// `horizontal` for integers and `float` for floats where the codec takes one.
    Auto,
    None,
    Horizontal,
    Float,
}

/// How many pixels become one. All but `min` and `max` are GDAL's kernels of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resampling {
    /// `mode` for palettes and classes, `nearest` for complex samples, else `average`.
    Auto,
    Nearest,
    Average,
    Mode,
    Bilinear,
    Cubic,
    Rms,
    Min,
    Max,
}

impl Resampling {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Nearest => "nearest",
            Self::Average => "average",
            Self::Mode => "mode",
            Self::Bilinear => "bilinear",
            Self::Cubic => "cubic",
            Self::Rms => "rms",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

/// Size of an overview of a number of pixels that does not divide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverviewSize {
    /// As GDAL's COG driver: 513 becomes 256.
    Down,
    /// As gdaladdo and rio-cogeo: 513 becomes 257.
    Up,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BigTiff {
    /// Only where the file passes 4 GiB; its size is known before its first byte is written.
    IfNeeded,
    Always,
    Never,
}

/// Whether a block that holds nothing but nodata (0 without nodata) is left out of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sparse {
    Never,
    Empty,
}

/// Whether the statistics that a report always has are also written into the file (`STATISTICS_MINIMUM`, ...).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatisticsTags {
    Write,
    Omit,
}
