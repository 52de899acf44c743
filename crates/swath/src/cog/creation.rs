//! GDAL's creation options of the COG and GTiff drivers, by their names.

use swath_raster::Interleave;
use swath_raster::cog::{BigTiff, Overviews, Predictor, Sparse, StatisticsTags};
use swath_raster::web::Outside;

use super::request::{codec, resampling};
use super::settings::{Settings, warp_resampling};
use crate::{Error, Result};

/// Applies one `NAME=VALUE`.
///
/// # Errors
/// Misuse for a name or a value that is not known.
pub(super) fn apply(option: &str, settings: &mut Settings) -> Result<()> {
    let (name, value) =
        option.split_once('=').ok_or_else(|| Error::misuse("--co", format!("{option:?}"), "NAME=VALUE is expected, as in PREDICTOR=2"))?;
    let name = name.trim().to_uppercase();
    let flag = format!("--co {name}");
    let upper = value.trim().to_uppercase();
    let wrong = |right: &str| Error::misuse(flag.clone(), format!("{value:?}"), format!("{right} is expected"));
    let options = &mut settings.options;
    match name.as_str() {
        "COMPRESS" => options.compress = codec(&flag, value)?,
        "LEVEL" | "ZLEVEL" | "ZSTD_LEVEL" => options.level = Some(upper.parse().map_err(|_| wrong("a number"))?),
        "QUALITY" | "JPEG_QUALITY" | "WEBP_LEVEL" => options.quality = upper.parse().map_err(|_| wrong("a number from 1 to 100"))?,
        "WEBP_LOSSLESS" => {
            if yes(&upper).ok_or_else(|| wrong("YES or NO"))? {
                options.quality = 100;
            }
        }
        "MAX_Z_ERROR" => options.max_z_error = upper.parse().map_err(|_| wrong("a number"))?,
        "PREDICTOR" => options.predictor = predictor(&upper).ok_or_else(|| wrong("YES, NO, STANDARD, FLOATING_POINT, 1, 2 or 3"))?,
        "BLOCKSIZE" | "BLOCKXSIZE" | "BLOCKYSIZE" => {
            settings.block_size = Some(upper.parse().map_err(|_| wrong("a multiple of 16"))?);
        }
        "BIGTIFF" => options.bigtiff = bigtiff(&upper).ok_or_else(|| wrong("YES, NO, IF_NEEDED or IF_SAFER"))?,
        "INTERLEAVE" => {
            options.interleave = match upper.as_str() {
                "PIXEL" => Interleave::Pixel,
                "BAND" => Interleave::Band,
                _ => return Err(wrong("PIXEL or BAND")),
            }
        }
        "SPARSE_OK" => options.sparse = if yes(&upper).ok_or_else(|| wrong("TRUE or FALSE"))? { Sparse::Empty } else { Sparse::Never },
        "STATISTICS" => {
            options.statistics = match upper.as_str() {
                "AUTO" | "YES" => StatisticsTags::Write,
                "NO" => StatisticsTags::Omit,
                _ => return Err(wrong("AUTO, YES or NO")),
            }
        }
        "OVERVIEWS" => match upper.as_str() {
            "AUTO" | "IGNORE_EXISTING" => options.overviews = Overviews::Auto,
            "NONE" => options.overviews = Overviews::None,
            _ => return Err(wrong("AUTO, IGNORE_EXISTING or NONE")),
        },
        "OVERVIEW_COUNT" => options.overviews = Overviews::Count(upper.parse().map_err(|_| wrong("a number"))?),
        "OVERVIEW_RESAMPLING" | "RESAMPLING" => options.overview_resampling = resampling(&flag, value)?,
        "TILING_SCHEME" => {
            settings.web_optimized = match upper.as_str() {
                "GOOGLEMAPSCOMPATIBLE" | "WEBMERCATORQUAD" => true,
                "CUSTOM" => false,
                _ => return Err(wrong("GoogleMapsCompatible or CUSTOM")),
            }
        }
        "ZOOM_LEVEL" => settings.alignment.zoom_level = Some(upper.parse().map_err(|_| wrong("a number from 0 to 30"))?),
        "ZOOM_LEVEL_STRATEGY" => {
            settings.alignment.strategy =
                serde_json::from_value(value.trim().to_lowercase().into()).map_err(|_| wrong("AUTO, LOWER or UPPER"))?;
        }
        "ALIGNED_LEVELS" => settings.alignment.aligned_levels = upper.parse().map_err(|_| wrong("a number"))?,
        "WARP_RESAMPLING" => settings.alignment.resampling = warp_resampling(&flag, value)?,
        "ADD_ALPHA" => {
            if yes(&upper).ok_or_else(|| wrong("YES or NO"))? {
                return Err(wrong("NO").hint("pixels beside the raster are told by an internal mask: leave the option out"));
            }
            settings.alignment.outside = Outside::Zero;
        }
        // Ours are decided otherwise and change no byte of the result.
        "NUM_THREADS" | "TILED" | "COPY_SRC_OVERVIEWS" | "GEOTIFF_VERSION" => {}
        _ => {
            let known = "COMPRESS, LEVEL, QUALITY, MAX_Z_ERROR, PREDICTOR, BLOCKSIZE, BIGTIFF, INTERLEAVE, SPARSE_OK, STATISTICS, OVERVIEWS, OVERVIEW_COUNT, OVERVIEW_RESAMPLING, TILING_SCHEME, ZOOM_LEVEL, ZOOM_LEVEL_STRATEGY, ALIGNED_LEVELS, WARP_RESAMPLING, ADD_ALPHA";
            return Err(Error::misuse("--co", format!("creation option {name}"), format!("known: {known}")));
        }
    }
    Ok(())
}

/// Whether an option says how a raster is laid on the tiles of web maps; `ADD_ALPHA=NO` is left out, which many give to be sure.
pub(super) fn is_for_web_maps(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or_default().trim().to_uppercase();
    ["ZOOM_LEVEL", "ZOOM_LEVEL_STRATEGY", "ALIGNED_LEVELS", "WARP_RESAMPLING"].contains(&name.as_str())
}

fn predictor(word: &str) -> Option<Predictor> {
    match word {
        "YES" | "AUTO" => Some(Predictor::Auto),
        "1" | "NO" => Some(Predictor::None),
        "2" | "STANDARD" => Some(Predictor::Horizontal),
        "3" | "FLOATING_POINT" => Some(Predictor::Float),
        _ => None,
    }
}

fn bigtiff(word: &str) -> Option<BigTiff> {
    match word {
        "YES" => Some(BigTiff::Always),
        "NO" => Some(BigTiff::Never),
        "IF_NEEDED" | "IF_SAFER" => Some(BigTiff::IfNeeded),
        _ => None,
    }
}

fn yes(word: &str) -> Option<bool> {
    match word {
        "YES" | "TRUE" | "ON" | "1" => Some(true),
        "NO" | "FALSE" | "OFF" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swath_raster::cog::Compression;

    #[test]
    fn options_of_gdal_are_understood() {
        let mut settings = Settings::default();
        for option in ["COMPRESS=LERC_ZSTD", "predictor=2", "BLOCKSIZE=256", "BIGTIFF=YES", "SPARSE_OK=TRUE", "NUM_THREADS=ALL_CPUS"] {
            apply(option, &mut settings).unwrap();
        }
        let options = &settings.options;
        assert_eq!((options.compress, options.predictor, settings.block_size), (Compression::LercZstd, Predictor::Horizontal, Some(256)));
        assert_eq!((options.bigtiff, options.sparse), (BigTiff::Always, Sparse::Empty));
    }

    #[test]
    fn an_unknown_option_is_refused_with_the_known_ones() {
        let error = apply("COMPRES=ZSTD", &mut Settings::default()).unwrap_err();
        assert!(error.to_string().contains("COMPRESS"), "{error}");
    }
}
