//! A raster in memory, and COGs written of it.

use std::{
    collections::BTreeMap,
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use swath_raster::{
    Affine, BandInfo, Format, Georeference, Grid, Interleave, Limits, MaskKind, Nodata, RasterInfo, RasterSource, Result, SampleType,
    Samples, Shape, Sidecars, Window,
    cog::{CogOptions, CogReport, write},
    crs::Crs,
    tiff::{Level, LocalTiff},
};

pub struct Memory {
    pub info: RasterInfo,
    pub bands: Vec<Samples>,
    pub mask: Option<Vec<u8>>,
    /// The most rows that were asked for at once.
    pub tallest: AtomicU32,
}

impl Memory {
    pub fn new(shape: Shape, bands: Vec<Samples>) -> Self {
        let info = RasterInfo {
            name: String::new(),
            format: Format::Tiff,
            grid: Grid { crs: Some(Crs::parse("EPSG:32633").expect("a CRS")), transform: Affine::north_up(5e5, 5e6, 10.0, 20.0), shape },
            georeference: Georeference::Affine,
            sample: bands[0].sample_type(),
            bands: vec![BandInfo::default(); bands.len()],
            block: Shape { width: shape.width, height: 1 },
            compression: "none".to_owned(),
            interleave: Interleave::Band,
            overviews: Vec::new(),
            mask: MaskKind::AllValid,
            pixel_is_point: false,
            metadata: BTreeMap::new(),
            domains: BTreeMap::new(),
        };
        Self { info, bands, mask: None, tallest: AtomicU32::new(0) }
    }
    pub fn nodata(mut self, value: f64) -> Self {
        self.info.bands.iter_mut().for_each(|band| band.nodata = Some(Nodata::Float(value)));
        self.info.mask = MaskKind::Nodata;
        self
    }
    /// Sets some pixels to `value`.
    pub fn holes(mut self, value: f64) -> Self {
        for band in &mut self.bands {
            swath_raster::with_real!(band, v => v.iter_mut().enumerate().filter(|(i, _)| i * 5 % 13 < 4).for_each(|(_, v)| *v = value as _), else ());
        }
        self
    }
    pub fn masked(mut self, mask: Vec<u8>) -> Self {
        self.info.mask = MaskKind::PerDataset;
        self.mask = Some(mask);
        self
    }
    /// Noise with a few long runs, the same for the same seed.
    pub fn noise(shape: Shape, bands: usize, sample: SampleType, seed: u64) -> Self {
        let len = shape.width as usize * shape.height as usize;
        Self::new(shape, (0..bands as u64).map(|band| noise(sample, len, seed * 64 + band)).collect())
    }
    fn cut(&self, window: Window, from: &[u8], size: usize) -> Vec<u8> {
        let line = self.info.grid.shape.width as usize * size;
        let rows = window.row as usize..(window.row + window.height) as usize;
        rows.flat_map(|row| from[row * line + window.col as usize * size..][..window.width as usize * size].iter().copied()).collect()
    }
}

pub fn noise(sample: SampleType, len: usize, seed: u64) -> Samples {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut kept = 0.0;
    let mut values = (0..len).map(|_| {
        let word = word();
        kept = if word % 5 < 2 { kept } else { (word >> 20) as f64 % 4000.0 - 1000.0 };
        kept
    });
    macro_rules! fill {
        ($variant:ident, $ty:ty) => {
            Samples::$variant(values.map(|v| v as $ty).collect())
        };
        ($variant:ident, $ty:ty, 2) => {
            Samples::$variant(values.map(|v| [v as $ty, (v / 7.0) as $ty]).collect())
        };
    }
    match sample {
        SampleType::U8 => Samples::U8(values.map(|v| (v as i32 & 255) as u8).collect()),
        SampleType::I8 => Samples::I8(values.map(|v| (v as i32 & 255) as i8).collect()),
        SampleType::U16 => fill!(U16, u16),
        SampleType::I16 => fill!(I16, i16),
        SampleType::U32 => fill!(U32, u32),
        SampleType::I32 => fill!(I32, i32),
        SampleType::U64 => Samples::U64(values.map(|v| u64::MAX / 3 * (v as i64 & 3) as u64 + v as u64).collect()),
        SampleType::I64 => Samples::I64(values.map(|v| i64::MIN / 3 + v as i64).collect()),
        SampleType::F32 => Samples::F32(values.map(|v| v as f32 / 7.0).collect()),
        SampleType::F64 => Samples::F64(values.by_ref().map(|v| v / 7.0).collect()),
        SampleType::CI16 => fill!(CI16, i16, 2),
        SampleType::CI32 => fill!(CI32, i32, 2),
        SampleType::CF32 => fill!(CF32, f32, 2),
        SampleType::CF64 => fill!(CF64, f64, 2),
    }
}

impl RasterSource for Memory {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        self.tallest.fetch_max(window.height, Ordering::Relaxed);
        let one = |band: &Samples| Samples::from_bytes(band.sample_type(), &self.cut(window, band.as_bytes(), band.sample_type().size()));
        Ok(bands.iter().map(|&band| one(&self.bands[band])).collect())
    }
    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
        Ok(self.mask.as_ref().map(|mask| self.cut(window, mask, 1)))
    }
}

pub fn to_cog(source: &dyn RasterSource, options: &CogOptions) -> Result<(Bytes, CogReport)> {
    let mut out = Vec::new();
    let report = write(source, options, &mut Cursor::new(Vec::new()), &mut out, &|_| ())?;
    Ok((Bytes::from(out), report))
}

pub fn read_back(bytes: &Bytes) -> LocalTiff {
    LocalTiff::open("cog", Arc::new(bytes.clone()), &Sidecars::default(), &Limits::default()).expect("a TIFF")
}

/// All bands of a level.
pub fn pixels(tiff: &LocalTiff, level: &Level) -> Vec<Samples> {
    let bands: Vec<usize> = (0..level.bands()).collect();
    tiff.read_level(level, &bands, Window::whole(level.shape())).expect("pixels")
}
