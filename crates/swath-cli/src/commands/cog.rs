use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use swath::cog::{CogRequest, convert};

use crate::progress::size;
use crate::{exit::Exit, talk::Talk};

/// One raster to a Cloud-Optimized GeoTIFF, with the flags of `rio cogeo create`
#[derive(Args)]
#[command(
    after_help = "Example:\n  swath cog raw.tif cog.tif -p deflate --overview-resampling average\n  swath cog cube.nc b11.tif --variable B11 -b 1"
)]
pub struct Cog {
    input: PathBuf,
    output: PathBuf,
    /// Raster inside the file, where it has several (a NetCDF variable)
    #[arg(long)]
    variable: Option<String>,
    /// Bands to write, from 1: `1,2` or `1..3`
    #[arg(short, long = "bidx", value_name = "BIDX")]
    bidx: Option<String>,
    /// zstd, deflate, lzw, packbits, lerc, lerc_deflate, lerc_zstd, jpeg, webp, raw
    #[arg(short = 'p', long, default_value = "zstd", value_name = "PROFILE")]
    cog_profile: String,
    /// Nodata value of the input: a number or nan
    #[arg(long, allow_hyphen_values = true)]
    nodata: Option<String>,
    /// Write an internal mask made from nodata, alpha or the input's mask
    #[arg(long)]
    add_mask: bool,
    /// Width and height of blocks, a multiple of 16
    #[arg(long, value_name = "N")]
    blocksize: Option<u32>,
    /// Output type: uint8, int16, float32, ...
    #[arg(short = 't', long, value_name = "TYPE")]
    dtype: Option<String>,
    /// How many overviews; without it, down to one block
    #[arg(long, value_name = "N")]
    overview_level: Option<u8>,
    /// nearest, average, mode, bilinear, cubic, rms; without it average, or mode for palettes
    #[arg(long, value_name = "KERNEL")]
    overview_resampling: Option<String>,
    /// GDAL's creation options: COMPRESS, LEVEL, ZLEVEL, ZSTD_LEVEL, PREDICTOR, BLOCKSIZE, BIGTIFF, INTERLEAVE, SPARSE_OK, QUALITY, MAX_Z_ERROR, OVERVIEWS, OVERVIEW_RESAMPLING
    #[arg(long = "co", alias = "profile", value_name = "NAME=VALUE")]
    creation: Vec<String>,
    /// Replace an existing output
    #[arg(long)]
    overwrite: bool,
    /// Threads, or ALL_CPUS
    #[arg(long, value_name = "N")]
    threads: Option<String>,
    #[command(flatten)]
    rio: RioFlags,
}

/// Flags of `rio cogeo create` that need nothing here, or that are refused with the reason.
#[derive(Args)]
struct RioFlags {
    /// Not yet: tiles aligned to the web-mercator grid
    #[arg(short, long)]
    web_optimized: bool,
    #[arg(long, hide = true)]
    zoom_level_strategy: Option<String>,
    #[arg(long, hide = true)]
    zoom_level: Option<u8>,
    #[arg(long, hide = true)]
    aligned_levels: Option<u8>,
    #[arg(short, long, hide = true)]
    resampling: Option<String>,
    #[arg(long, hide = true)]
    tms: Option<PathBuf>,
    /// Only the same as --blocksize
    #[arg(long, hide = true, value_name = "N")]
    overview_blocksize: Option<u32>,
    /// Only 2
    #[arg(long, hide = true, value_name = "N")]
    decimation_base: Option<u32>,
    /// Memory is bounded in any case
    #[arg(long, hide = true)]
    in_memory: bool,
    #[arg(long, hide = true)]
    no_in_memory: bool,
    #[arg(long, hide = true)]
    allow_intermediate_compression: bool,
    /// Band and dataset metadata are always kept
    #[arg(long, hide = true)]
    forward_band_tags: bool,
    #[arg(long, hide = true)]
    forward_ns_tags: bool,
    #[arg(long, hide = true)]
    use_cog_driver: bool,
    /// GDAL's configuration has no effect here
    #[arg(long, hide = true, value_name = "NAME=VALUE")]
    config: Vec<String>,
}

impl RioFlags {
    fn refuse(&self, block_size: u32) -> swath::Result<()> {
        let unsupported =
            |flag: &str, found: &str, hint: &str| Err(swath::Error::new(swath::Family::Unsupported, flag, found, "").hint(hint));
        let aligned = self.web_optimized || self.tms.is_some() || self.zoom_level.is_some() || self.aligned_levels.is_some();
        if aligned {
            return unsupported(
                "--web-optimized",
                "aligning to a web map's tiles is not supported yet",
                "convert on the raster's own grid: leave the flag out",
            );
        }
        if self.overview_blocksize.is_some_and(|n| n != block_size) {
            return unsupported(
                "--overview-blocksize",
                "overviews have blocks of the same size as the full resolution",
                "set --blocksize instead",
            );
        }
        if self.decimation_base.is_some_and(|n| n != 2) {
            return unsupported("--decimation-base", "each overview is half of the level below it", "leave the flag out");
        }
        Ok(())
    }
}

pub fn run(args: &Cog, talk: &Talk) -> swath::Result<Exit> {
    let request = CogRequest {
        variable: args.variable.clone(),
        bands: args.bidx.clone(),
        profile: args.cog_profile.clone(),
        nodata: args.nodata.clone(),
        add_mask: args.add_mask,
        block_size: args.blocksize,
        sample: args.dtype.clone(),
        overview_level: args.overview_level,
        overview_resampling: args.overview_resampling.clone(),
        creation: args.creation.clone(),
        overwrite: args.overwrite,
    };
    args.rio.refuse(args.blocksize.unwrap_or(512))?;
    if let Some(threads) = &args.threads
        && threads != "ALL_CPUS"
    {
        let wrong = || swath::Error::misuse("--threads", format!("{threads:?}"), "a number or ALL_CPUS is expected");
        swath::use_threads(threads.parse().map_err(|_| wrong())?);
    }
    let started = std::time::Instant::now();
    let report = convert(&args.input, &args.output, &request)?;
    let overviews = report.overviews.iter().map(|s| format!("{}x{}", s.width, s.height)).collect::<Vec<_>>();
    let said = format!(
        "{}: {}, {}, overviews {}, {:.2} s",
        args.output.display(),
        size(report.size),
        report.compression.word(),
        if overviews.is_empty() { "none".to_owned() } else { overviews.join(" ") },
        started.elapsed().as_secs_f64()
    );
    talk.say(said);
    let sha256: String = report.sha256.iter().map(|b| format!("{b:02x}")).collect();
    talk.event("cog", json!({ "output": args.output, "size": report.size, "sha256": sha256, "overviews": overviews }));
    Ok(Exit::Done)
}
