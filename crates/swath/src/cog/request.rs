use serde::Serialize;
use swath_raster::cog::{Compression, MaskChoice, NodataChoice, OverviewSize, Overviews, Resampling};
use swath_raster::{Nodata, RasterInfo, SampleType};

use super::creation;
use super::settings::{Settings, warp_resampling};
use crate::{Error, Result};

/// What a person asked for, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CogRequest {
    pub variable: Option<String>,
    /// From 1: `1,2` or `1..3`.
    pub bands: Option<String>,
    /// A profile of rio-cogeo, or a codec's word.
    pub profile: String,
    pub nodata: Option<String>,
    pub add_mask: bool,
    pub block_size: Option<u32>,
    pub sample: Option<String>,
    pub overview_level: Option<u8>,
    pub overview_resampling: Option<String>,
    pub overview_block_size: Option<u32>,
    /// How many pixels each way become one of the next overview; none is 2.
    pub decimation: Option<u32>,
    /// GDAL's creation options, `NAME=VALUE`.
    pub creation: Vec<String>,
    pub view: crate::View,
    #[serde(skip)]
    pub overwrite: bool,
    /// Bytes that may be in flight.
    #[serde(skip)]
    pub memory: Option<u64>,
    /// Lay the raster on the tiles of web maps; what follows is for that alone.
    pub web_optimized: bool,
    pub zoom_level: Option<u8>,
    /// `lower`, `upper` or `auto`.
    pub zoom_level_strategy: Option<String>,
    /// Overviews whose blocks are tiles, as rio-cogeo counts them.
    pub aligned_levels: Option<u8>,
    pub resampling: Option<String>,
}

impl CogRequest {
    /// Refuses what is wrong for any raster.
    ///
    /// # Errors
    /// Misuse, naming the flag and what it may be.
    pub(super) fn check(&self) -> Result<()> {
        self.common().map(drop)
    }

    /// The settings that no raster decides.
    fn common(&self) -> Result<Settings> {
        let mut settings = self.web()?;
        let options = &mut settings.options;
        options.compress = profile(&self.profile)?;
        options.memory = self.memory;
        options.overview_block_size = self.overview_block_size;
        if let Some(base) = self.decimation.filter(|&base| base != options.decimation) {
            if base < 2 {
                return Err(Error::misuse("--decimation-base", base.to_string(), "2 or more is expected"));
            }
            options.decimation = base;
            options.overview_size = OverviewSize::Up;
        }
        if let Some(n) = self.overview_level {
            options.overviews = if n == 0 { Overviews::None } else { Overviews::Count(n) };
        }
        if let Some(word) = &self.overview_resampling {
            options.overview_resampling = resampling("--overview-resampling", word)?;
        }
        if let Some(name) = &self.sample {
            options.sample = Some(sample(name)?);
        }
        for option in &self.creation {
            creation::apply(option, &mut settings)?;
        }
        if let Some(flag) = self.said_for_web_maps().filter(|_| !settings.web_optimized) {
            let error = Error::misuse(flag.clone(), "without --web-optimized", "it is for rasters on the tiles of web maps alone");
            return Err(error.hint(format!("add --web-optimized, or leave out {flag}")));
        }
        Ok(settings)
    }

    /// The first flag that means something on the tiles of web maps alone.
    fn said_for_web_maps(&self) -> Option<String> {
        let flags = [
            ("--zoom-level", self.zoom_level.is_some()),
            ("--zoom-level-strategy", self.zoom_level_strategy.is_some()),
            ("--aligned-levels", self.aligned_levels.is_some()),
            ("--resampling", self.resampling.is_some()),
        ];
        let flag = flags.into_iter().find(|(_, said)| *said).map(|(flag, _)| flag.to_owned());
        flag.or_else(|| self.creation.iter().find(|option| creation::is_for_web_maps(option)).map(|option| format!("--co {option}")))
    }

    /// `--nodata` as a value of these samples.
    ///
    /// # Errors
    /// Misuse for what is no number, or none that they can have.
    pub(super) fn nodata(&self, sample: SampleType) -> Result<Option<Nodata>> {
        let Some(text) = &self.nodata else { return Ok(None) };
        let wrong = || Error::misuse("--nodata", format!("{text:?}"), "a number or nan is expected");
        let nodata = Nodata::parse(text, sample).ok_or_else(wrong)?;
        if nodata.fits(sample) || self.view.unscale {
            return Ok(Some(nodata));
        }
        let found = format!("{text} does not fit {} samples", sample.name());
        Err(Error::misuse("--nodata", found, "a value of that type is expected"))
    }

    /// How to lay and to write a raster.
    ///
    /// # Errors
    /// Misuse, naming the flag and what it may be.
    pub(super) fn settings(&self, info: &RasterInfo) -> Result<Settings> {
        let mut settings = self.common()?;
        let options = &mut settings.options;
        // A value of the packed samples is NaN by now.
        let sample = options.sample.unwrap_or(info.sample);
        if let Some(nodata) = self.nodata(sample)?.filter(|_| !self.view.unscale) {
            options.nodata = NodataChoice::Set(nodata);
        }
        if self.add_mask {
            options.mask = MaskChoice::Add;
        }
        if let Some(text) = &self.bands {
            options.bands = Some(bands(text, info.bands.len())?);
        }
        Ok(settings)
    }

    fn web(&self) -> Result<Settings> {
        let mut settings = Settings { web_optimized: self.web_optimized, block_size: self.block_size, ..Settings::default() };
        let alignment = &mut settings.alignment;
        alignment.zoom_level = self.zoom_level;
        // GDAL counts full resolution too.
        alignment.aligned_levels = self.aligned_levels.filter(|&n| n > 0).map_or(0, |n| n.saturating_add(1));
        if let Some(word) = &self.resampling {
            alignment.resampling = warp_resampling("--resampling", word)?;
        }
        if let Some(word) = &self.zoom_level_strategy {
            alignment.strategy = serde_json::from_value(word.to_lowercase().into())
                .map_err(|_| Error::misuse("--zoom-level-strategy", format!("{word:?}"), "lower, upper or auto is expected"))?;
        }
        Ok(settings)
    }
}

fn profile(word: &str) -> Result<Compression> {
    let lower = word.to_lowercase().replace('_', "-");
    let word = if lower == "raw" { "none" } else { lower.as_str() };
    codec("--cog-profile", word)
}

pub(super) fn codec(flag: &str, word: &str) -> Result<Compression> {
    let known = ["none", "lzw", "deflate", "zstd", "packbits", "lerc", "lerc-deflate", "lerc-zstd", "jpeg", "webp"];
    serde_json::from_value(word.to_lowercase().replace('_', "-").into())
        .map_err(|_| Error::misuse(flag, format!("{word:?}"), format!("one of {} is expected", known.join(", "))))
}

pub(super) fn resampling(flag: &str, word: &str) -> Result<Resampling> {
    let known = "nearest, average, mode, bilinear, cubic, rms, min, max";
    serde_json::from_value(word.to_lowercase().into())
        .map_err(|_| Error::misuse(flag, format!("{word:?}"), format!("one of {known} is expected")))
}

fn sample(name: &str) -> Result<SampleType> {
    let word = if name == "ubyte" || name == "byte" { "uint8" } else { name };
    let known = || SampleType::ALL.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    SampleType::parse(word).ok_or_else(|| Error::misuse("--dtype", format!("{name:?}"), format!("one of {} is expected", known())))
}

fn bands(text: &str, count: usize) -> Result<Vec<usize>> {
    let wrong = || Error::misuse("--bidx", format!("{text:?}"), format!("bands from 1 to {count} are expected, as in 1,2 or 1..3"));
    let number = |t: &str| t.trim().parse::<usize>().ok().filter(|n| (1..=count).contains(n)).ok_or_else(wrong);
    let mut out = Vec::new();
    for part in text.split(',') {
        match part.split_once("..") {
            Some((from, to)) => out.extend((number(from)?..=number(to)?).map(|n| n - 1)),
            None => out.push(number(part)? - 1),
        }
    }
    if out.is_empty() { Err(wrong()) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn band_lists_are_read_as_rio_does() {
        let check = |text: &str, right: Option<&[usize]>| assert_eq!(bands(text, 4).ok().as_deref(), right, "{text}");
        check("1", Some(&[0]));
        check("3,1", Some(&[2, 0]));
        check("1..3", Some(&[0, 1, 2]));
        check("0", None);
        check("5", None);
        check("", None);
    }

    #[test]
    fn flags_for_web_maps_are_refused_for_other_files() {
        let plain = || CogRequest { profile: "zstd".to_owned(), ..CogRequest::default() };
        let given = |options: &[&str]| CogRequest { creation: options.iter().map(ToString::to_string).collect(), ..plain() };
        for (request, flag) in [
            (CogRequest { zoom_level: Some(9), ..plain() }, "--zoom-level"),
            (CogRequest { zoom_level_strategy: Some("upper".to_owned()), ..plain() }, "--zoom-level-strategy"),
            (CogRequest { aligned_levels: Some(2), ..plain() }, "--aligned-levels"),
            (CogRequest { resampling: Some("cubic".to_owned()), ..plain() }, "--resampling"),
            (given(&["warp_resampling=cubic"]), "--co warp_resampling=cubic"),
        ] {
            let error = request.check().unwrap_err();
            assert_eq!((error.family, error.at.as_str()), (crate::Family::Misuse, flag), "{error}");
            assert!(CogRequest { web_optimized: true, ..request }.check().is_ok(), "{flag}");
        }
        assert!(given(&["ADD_ALPHA=NO"]).check().is_ok());
        assert!(given(&["ZOOM_LEVEL=9", "TILING_SCHEME=GoogleMapsCompatible"]).check().is_ok());
    }

    #[test]
    fn profiles_of_rio_cogeo_are_known() {
        for name in ["jpeg", "webp", "zstd", "lzw", "deflate", "packbits", "lerc", "lerc_deflate", "lerc_zstd", "raw", "DEFLATE"] {
            assert!(profile(name).is_ok(), "{name}");
        }
        assert!(profile("lzma").unwrap_err().to_string().contains("one of none"));
    }
}
