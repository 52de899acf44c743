//! Options that cannot be obeyed together, said before anything is read.

use super::{CogOptions, Compression, NodataChoice, Predictor, Resampling, real::nodata_bytes};
use crate::{ColorInterp, Error, Interleave, RasterInfo, Result, SampleType};

/// # Errors
/// Misuse, naming the option, what would be right, and a way out.
pub(super) fn refuse(info: &RasterInfo, options: &CogOptions, bands: &[usize], sample: SampleType) -> Result<()> {
    block_size("block_size", options.block_size)?;
    if let Some(size) = options.overview_block_size {
        block_size("overview_block_size", size)?;
    }
    if options.decimation < 2 {
        return Err(Error::misuse("decimation", options.decimation.to_string(), "2 or more"));
    }
    band_choice(info, bands)?;
    codec_levels(options)?;
    predictor(options, sample)?;
    picture_codec(options, bands.len(), sample)?;
    resampling(options, sample)?;
    if let NodataChoice::Set(value) = options.nodata
        && !sample.is_complex()
        && nodata_bytes(value, sample).is_none()
    {
        return Err(Error::misuse("nodata", format!("{value} is no {} value", sample.name()), "a value the samples can have")
            .hint("choose another nodata value or another sample type"));
    }
    Ok(())
}

fn block_size(name: &str, size: u32) -> Result<()> {
    match size {
        n if n % 16 == 0 && (16..=8192).contains(&n) => Ok(()),
        n => {
            let near = (n.div_ceil(16) * 16).clamp(16, 8192);
            Err(Error::misuse(name, n.to_string(), "a multiple of 16 from 16 to 8192 (TIFF 6.0, section 15)").hint(format!("try {near}")))
        }
    }
}

fn band_choice(info: &RasterInfo, bands: &[usize]) -> Result<()> {
    let shape = info.grid.shape;
    if shape.width == 0 || shape.height == 0 {
        return Err(Error::misuse("", format!("{} x {} pixels", shape.width, shape.height), "at least one pixel"));
    }
    match bands.iter().find(|&&b| b >= info.bands.len()) {
        Some(band) => Err(Error::misuse("bands", format!("band {band}"), format!("0 to {}", info.bands.len().saturating_sub(1)))),
        None if bands.is_empty() => Err(Error::misuse("bands", "none", "at least one band")),
        None if bands.len() > usize::from(u16::MAX) => {
            Err(Error::misuse("bands", bands.len().to_string(), "at most 65535 bands in a TIFF").hint("write an item per time step"))
        }
        None => Ok(()),
    }
}

fn codec_levels(options: &CogOptions) -> Result<()> {
    let word = options.compress.word();
    match (options.level, options.compress.levels()) {
        (Some(level), Some((least, _, most))) if !(least..=most).contains(&level) => {
            Err(Error::misuse("level", format!("{level} for {word}"), format!("{least} to {most}")))
        }
        (Some(level), None) => {
            Err(Error::misuse("level", format!("{level} for {word}"), "no level: only deflate and zstd have one")
                .hint("leave the level out"))
        }
        _ => Ok(()),
    }?;
    if !(1..=100).contains(&options.quality) {
        return Err(Error::misuse("quality", options.quality.to_string(), "1 to 100"));
    }
    if !(options.max_z_error >= 0.0 && options.max_z_error.is_finite()) {
        return Err(Error::misuse("max_z_error", options.max_z_error.to_string(), "0 or a positive number"));
    }
    Ok(())
}

fn predictor(options: &CogOptions, sample: SampleType) -> Result<()> {
    let (word, name) = (options.compress.word(), sample.name());
    match options.predictor {
        Predictor::Auto | Predictor::None => Ok(()),
        _ if !options.compress.takes_predictor() => {
            Err(Error::misuse("predictor", format!("a predictor with {word}"), "one with lzw, deflate or zstd")
                .hint("use predictor `auto`"))
        }
        Predictor::Float if !sample.is_float() => {
            Err(Error::misuse("predictor", format!("float for {name}"), "float for float32 and float64").hint("use predictor `auto`"))
        }
        Predictor::Horizontal if sample.is_complex() => {
            Err(Error::misuse("predictor", format!("horizontal for {name}"), "none for complex samples").hint("use predictor `auto`"))
        }
        _ => Ok(()),
    }
}

fn picture_codec(options: &CogOptions, bands: usize, sample: SampleType) -> Result<()> {
    let word = options.compress.word();
    let bad = |right: &str, hint: &str| {
        let found = format!(
            "{bands} band(s) of {}, interleave {}",
            sample.name(),
            if options.interleave == Interleave::Pixel { "pixel" } else { "band" }
        );
        Err(Error::misuse(format!("compress {word}"), found, right).hint(hint))
    };
    match options.compress {
        Compression::Jpeg if sample != SampleType::U8 => bad("uint8", "use zstd or deflate, or convert to uint8"),
        Compression::Jpeg if options.interleave == Interleave::Pixel && bands != 1 && bands != 3 => {
            bad("1 or 3 pixel-interleaved bands", "choose bands, turn alpha into a mask, or interleave by band")
        }
        Compression::Webp if sample != SampleType::U8 => bad("uint8", "use zstd or deflate, or convert to uint8"),
        Compression::Webp if options.interleave != Interleave::Pixel || !(3..=4).contains(&bands) => {
            bad("3 or 4 pixel-interleaved bands", "use jpeg for one band")
        }
        c if c.is_lerc() && (sample.is_complex() || matches!(sample, SampleType::U64 | SampleType::I64)) => {
            bad("integers up to 32 bits, float32 or float64", "use zstd or deflate")
        }
        _ => Ok(()),
    }
}

fn resampling(options: &CogOptions, sample: SampleType) -> Result<()> {
    match options.overview_resampling {
        Resampling::Auto | Resampling::Nearest => Ok(()),
        how if sample.is_complex() => {
            Err(Error::misuse("overview_resampling", format!("{} for {}", how.word(), sample.name()), "nearest for complex samples"))
        }
        _ => Ok(()),
    }
}

/// Bands that are colours or data, without a trailing alpha.
pub(super) fn alpha_of(info: &RasterInfo, bands: &[usize]) -> Option<usize> {
    bands.iter().copied().find(|&b| info.bands.get(b).is_some_and(|band| band.color == ColorInterp::Alpha))
}
