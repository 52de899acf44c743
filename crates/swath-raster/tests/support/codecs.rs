//! Which codecs give back what they were given.

use swath_raster::cog::Compression;

/// Of any number of bands; WebP is lossless too, but takes three or four of uint8 alone.
pub const LOSSLESS: &[Compression] = &[
    Compression::None,
    Compression::Lzw,
    Compression::Deflate,
    Compression::Zstd,
    Compression::Packbits,
    Compression::Lerc,
    Compression::LercDeflate,
    Compression::LercZstd,
];
