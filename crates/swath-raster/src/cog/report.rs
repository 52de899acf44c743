use serde::Serialize;

use super::Compression;
use crate::{Nodata, SampleType, Shape};

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct CogReport {
    /// Bytes of the file.
    pub size: u64,
    pub sha256: [u8; 32],
    /// The CRC-64 of the file, of the kind that NVMe and Azure use.
    pub crc64: u64,
    /// Bytes before the first block: header, directories and block offsets.
    pub header_size: u64,
    pub sample: SampleType,
    pub nodata: Option<Nodata>,
    pub compression: Compression,
    pub block: Shape,
    /// Finest first.
    pub overviews: Vec<Shape>,
    pub has_mask: bool,
    /// One for each band written; `None` where no pixel is valid or the samples are complex.
    pub bands: Vec<Option<BandStatistics>>,
}

/// Over the pixels that are neither nodata, nor masked, nor NaN or infinite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandStatistics {
    pub minimum: f64,
    pub maximum: f64,
    pub mean: f64,
    /// Of the population, as GDAL's.
    pub stddev: f64,
    pub valid: u64,
    pub total: u64,
}

impl BandStatistics {
    /// Of all pixels, those that count.
    pub fn valid_percent(&self) -> f64 {
        if self.total == 0 { 0.0 } else { 100.0 * self.valid as f64 / self.total as f64 }
    }
}
