use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::{Value, json};
use swath::Stop;
use swath::cog::{CogRequest, Going, ManyRequest, convert};
use swath::raster::cog::CogReport;

use super::cog_many::many;
use crate::progress::{Meter, size};
use crate::{exit::Exit, talk::Talk};

/// Rasters to Cloud-Optimized GeoTIFFs, with the flags of `rio cogeo create`
///
/// One file: IN OUT. Many: --out-dir DIR and any number of files, or folders, which stand for every raster below them. DIR/NAME.tif is
/// written for each. Running it again does only what is left: what is whole and was made of the same input with the same options is
/// kept (DIR/.swath remembers). One bad file does not stop the others.
#[derive(Args)]
#[command(
    override_usage = "swath cog [OPTIONS] IN OUT\n       swath cog [OPTIONS] --out-dir DIR IN...",
    after_help = "Example:\n  swath cog raw.tif cog.tif -p deflate --overview-resampling average\n  swath cog cube.nc b11.tif --variable B11 -b 1\n  swath cog era5.nc t2m.tif --variable t2m --unscale --wrap-longitude\n  swath cog scene.tif web.tif --web-optimized\n  swath cog --out-dir cogs/ raw/*.tif"
)]
pub struct Cog {
    /// IN OUT, or with --out-dir any number of files and folders
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Write NAME.tif for each input into this folder, which is made where it is not there
    #[arg(long, value_name = "DIR")]
    pub(super) out_dir: Option<PathBuf>,
    /// Most memory for what is in flight, as 256MiB or 1GiB; without it 256MiB for many files, for one what its rows need
    #[arg(long, value_name = "SIZE", env = "SWATH_MEMORY", value_parser = bytes_of)]
    memory: Option<u64>,
    /// Raster inside the file, where it has several (a NetCDF variable)
    #[arg(long)]
    variable: Option<String>,
    /// Bands to write, from 1: `1,2` or `1..3`
    #[arg(short, long = "bidx", value_name = "BIDX")]
    bidx: Option<String>,
    /// zstd, deflate, lzw, packbits, lerc, lerc_deflate, lerc_zstd, jpeg, webp, raw
    #[arg(short = 'p', long, default_value = "zstd", value_name = "PROFILE")]
    cog_profile: String,
    /// Apply scale and offset: float32 or float64 as the file says (or -t), nodata becomes NaN
    #[arg(long)]
    unscale: bool,
    /// Roll columns from longitudes 0..360 to -180..180; `centre` where a column lies across 180
    #[arg(long, value_name = "HOW", value_enum, num_args = 0..=1, default_missing_value = "exact")]
    wrap_longitude: Option<WrapWord>,
    /// Rasters on no regular grid (curvilinear, uneven): `gcps` keeps the array with ground control points, `refuse` does not
    #[arg(long, value_name = "HOW", value_enum, default_value = "gcps")]
    geolocation: GeolocationWord,
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
    /// Width and height of the blocks of overviews; without it --blocksize
    #[arg(long, value_name = "N")]
    overview_blocksize: Option<u32>,
    /// How many pixels each way become one of the next overview; sizes that do not divide round up, but for 2
    #[arg(long, value_name = "N", default_value_t = 2)]
    decimation_base: u32,
    /// nearest, average, mode, bilinear, cubic, rms, min, max; without it average, or mode for palettes
    #[arg(long, value_name = "KERNEL")]
    overview_resampling: Option<String>,
    /// GDAL's creation options: COMPRESS, LEVEL, ZLEVEL, ZSTD_LEVEL, PREDICTOR, BLOCKSIZE, BIGTIFF, INTERLEAVE, SPARSE_OK, QUALITY, MAX_Z_ERROR, OVERVIEWS, OVERVIEW_RESAMPLING, TILING_SCHEME, ZOOM_LEVEL, ZOOM_LEVEL_STRATEGY, ALIGNED_LEVELS, WARP_RESAMPLING
    #[arg(long = "co", alias = "profile", value_name = "NAME=VALUE")]
    creation: Vec<String>,
    /// Replace an existing output; with --out-dir convert every input again
    #[arg(long)]
    overwrite: bool,
    /// Threads, or ALL_CPUS
    #[arg(long, value_name = "N")]
    threads: Option<String>,
    #[command(flatten)]
    rio: RioFlags,
    #[command(flatten)]
    web: Web,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum WrapWord {
    Exact,
    Centre,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum GeolocationWord {
    Gcps,
    Refuse,
}

/// Where the raster is laid on the tiles of web maps.
#[derive(Args)]
#[command(next_help_heading = "Web maps")]
struct Web {
    /// Lay the raster on the tiles of web maps (EPSG:3857, WebMercatorQuad), blocks of 256; pixels beside it are nodata or masked
    #[arg(short, long)]
    web_optimized: bool,
    /// Zoom level of full resolution; without it the one that fits the raster's own
    #[arg(long, value_name = "N")]
    zoom_level: Option<u8>,
    /// Of the two zoom levels around the raster's own resolution: lower, upper, or auto for the nearer
    #[arg(long, value_name = "STRATEGY")]
    zoom_level_strategy: Option<String>,
    /// How many overviews have blocks that are tiles too
    #[arg(long, value_name = "N")]
    aligned_levels: Option<u8>,
    /// How pixels are warped: nearest, bilinear, cubic, average, mode, min, max, median; without it nearest
    #[arg(short, long, value_name = "KERNEL")]
    resampling: Option<String>,
}

/// Flags of `rio cogeo create` that need nothing here, or that are refused with the reason.
#[derive(Args)]
struct RioFlags {
    #[arg(long, hide = true)]
    tms: Option<PathBuf>,
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
    fn refuse(&self) -> swath::Result<()> {
        let unsupported =
            |flag: &str, found: &str, hint: &str| Err(swath::Error::new(swath::Family::Unsupported, flag, found, "").hint(hint));
        if self.tms.is_some() {
            return unsupported("--tms", "WebMercatorQuad is the only tiling scheme", "use --web-optimized for it");
        }
        Ok(())
    }
}

/// `256MiB`, `1GB`, `512M` (1024s unless it says MB or GB).
pub(super) fn bytes_of(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let factor = match unit.trim().to_lowercase().as_str() {
        "kib" | "k" => 1_u64 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err("a number and its unit are expected, as in 256MiB or 1GiB".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| "a number and its unit are expected, as in 256MiB or 1GiB".to_owned())?;
    Ok((number * factor as f64) as u64)
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
        overview_block_size: args.overview_blocksize,
        decimation: Some(args.decimation_base),
        creation: args.creation.clone(),
        view: swath::View {
            unscale: args.unscale,
            wrap_longitude: args.wrap_longitude.map(|word| match word {
                WrapWord::Exact => swath::raster::view::Wrap::Exact,
                WrapWord::Centre => swath::raster::view::Wrap::Centre,
            }),
            geolocation: match args.geolocation {
                GeolocationWord::Gcps => swath::Geolocation::Gcps,
                GeolocationWord::Refuse => swath::Geolocation::Refuse,
            },
        },
        overwrite: args.overwrite,
        memory: args.memory,
        web_optimized: args.web.web_optimized,
        zoom_level: args.web.zoom_level,
        zoom_level_strategy: args.web.zoom_level_strategy.clone(),
        aligned_levels: args.web.aligned_levels,
        resampling: args.web.resampling.clone(),
    };
    args.rio.refuse()?;
    if let Some(threads) = &args.threads
        && threads != "ALL_CPUS"
    {
        let wrong = || swath::Error::misuse("--threads", format!("{threads:?}"), "a number or ALL_CPUS is expected");
        swath::use_threads(threads.parse().map_err(|_| wrong())?);
    }
    match (&args.out_dir, args.paths.as_slice()) {
        (Some(out_dir), inputs) => many(ManyRequest { inputs: inputs.to_vec(), out_dir: out_dir.clone(), cog: request }, talk),
        (None, [input, output]) => one(input, output, &request, talk),
        (None, paths) => {
            let found = if paths.len() == 1 { "an input without an output".to_owned() } else { format!("{} paths", paths.len()) };
            let error = swath::Error::misuse("swath cog", found, "IN OUT, or --out-dir DIR IN...");
            Err(error.hint("--out-dir DIR writes DIR/NAME.tif for each input"))
        }
    }
}

fn one(input: &Path, output: &Path, request: &CogRequest, talk: &Talk) -> swath::Result<Exit> {
    let started = Instant::now();
    let bytes = std::fs::metadata(input).map_or(0, |m| m.len());
    let meter = Meter::bytes(talk, "cog", bytes);
    let told = std::cell::Cell::new(0);
    let share = |pixels: u64, total: u64| {
        let part = (bytes as f64 * pixels as f64 / total.max(1) as f64) as u64;
        meter.add(part.saturating_sub(told.replace(part)));
    };
    let report = convert(input, output, request, &Going { progress: &share, stop: &Stop::default() });
    meter.end();
    let report = report?;
    talk.say(line(output, &report, started.elapsed().as_secs_f64()));
    talk.event("cog", facts(input, output, &report));
    Ok(Exit::Done)
}

/// What a person wants to know of a finished file.
pub(super) fn line(output: &Path, report: &CogReport, seconds: f64) -> String {
    let overviews = overviews(report);
    let overviews = if overviews.is_empty() { "none".to_owned() } else { overviews.join(" ") };
    format!("{}: {}, {}, overviews {overviews}, {seconds:.2} s", output.display(), size(report.size), report.compression.word())
}

pub(super) fn facts(input: &Path, output: &Path, report: &CogReport) -> Value {
    let sha256: String = report.sha256.iter().map(|b| format!("{b:02x}")).collect();
    json!({ "input": input, "output": output, "status": "converted", "size": report.size, "sha256": sha256, "overviews": overviews(report) })
}

fn overviews(report: &CogReport) -> Vec<String> {
    report.overviews.iter().map(|s| format!("{}x{}", s.width, s.height)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_need_their_unit() {
        for (text, right) in [("256MiB", Some(256 << 20)), ("1.5G", Some(3 << 29)), ("2MB", Some(2_000_000)), ("256", None), ("MiB", None)]
        {
            assert_eq!(bytes_of(text).ok(), right, "{text}");
        }
    }
}
