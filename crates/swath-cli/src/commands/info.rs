use std::path::PathBuf;

use clap::Args;
use swath::raster::{BandInfo, Georeference, Interleave, MaskKind, RasterInfo};
use swath::raster_facts;

use crate::access::Access;
use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

/// Describe a raster: structure, georeference, bands, statistics
#[derive(Args)]
#[command(after_help = "Example:\n  swath info raw/LC08_B4.TIF\n  swath info --stats cube.nc")]
pub struct Info {
    /// A raster file (GeoTIFF, BigTIFF or NetCDF, whatever its name), or the address of a GeoTIFF
    file: PathBuf,
    /// Read every pixel for minimum, maximum, mean and standard deviation
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    access: Access,
}

/// How many bands are listed before the rest is only counted.
const LISTED: usize = 24;

pub fn run(args: &Info, talk: &Talk) -> swath::Result<Exit> {
    if let Some(url) = args.file.to_str().filter(|f| f.contains("://")) {
        let credentials = args.access.credentials()?;
        let info = block_on(swath::describe(url, &credentials))?;
        talk.data(text(url, &info));
        for (index, band) in info.bands.iter().enumerate().take(LISTED) {
            talk.data(band_line(index, band));
        }
        talk.event("raster", raster_facts(url, &info, &[]));
        return Ok(Exit::Done);
    }
    for raster in swath::open_raw(&args.file)? {
        let info = raster.info();
        let statistics = if args.stats { Some(swath::raster::cog::statistics(raster.as_ref())?) } else { None };
        talk.data(text(&args.file.display().to_string(), info));
        for (index, band) in info.bands.iter().enumerate().take(LISTED) {
            talk.data(band_line(index, band));
            if let Some(s) = statistics.as_ref().and_then(|all| all.get(index)).and_then(Option::as_ref) {
                talk.data(format!(
                    "           min {}  max {}  mean {:.6}  std {:.6}  valid {:.2} %",
                    s.minimum,
                    s.maximum,
                    s.mean,
                    s.stddev,
                    s.valid_percent()
                ));
            }
        }
        if info.bands.len() > LISTED {
            talk.data(format!("    ... and {} more bands", info.bands.len() - LISTED));
        }
        let statistics = statistics.unwrap_or_default();
        talk.event_of("raster", || raster_facts(&args.file.display().to_string(), info, &statistics));
    }
    Ok(Exit::Done)
}

fn text(file: &str, info: &RasterInfo) -> String {
    let shape = info.grid.shape;
    let mut lines = vec![if info.name.is_empty() { file.to_owned() } else { format!("{file} : {}", info.name) }];
    let mut line = |name: &str, value: String| lines.push(format!("  {name:<11}{value}"));
    let interleave = if info.interleave == Interleave::Pixel { "pixel" } else { "band" };
    line(
        "size",
        format!(
            "{} columns x {} rows, {} band{}, {}",
            shape.width,
            shape.height,
            info.bands.len(),
            plural(info.bands.len()),
            info.sample.name()
        ),
    );
    line(
        "stored",
        format!(
            "{}, {}, blocks {} x {}, {interleave}-interleaved",
            info.format.name(),
            info.compression,
            info.block.width,
            info.block.height
        ),
    );
    line("crs", crs_text(info));
    match &info.georeference {
        Georeference::Affine => {
            let b = info.grid.bounds();
            let t = info.grid.transform;
            line("pixel", format!("{} x {}{}", t.a.abs(), t.e.abs(), if t.is_axis_aligned() { "" } else { " (rotated or sheared)" }));
            line("transform", format!("{:?} (a b c d e f)", t.to_array()));
            line("bounds", format!("{} {} {} {} (left bottom right top)", b.left, b.bottom, b.right, b.top));
        }
        Georeference::Gcps(points) => line("tied by", format!("{} ground control points, no affine transform", points.len())),
        Georeference::Curvilinear { x, y } => line("tied by", format!("two-dimensional coordinates {x}, {y}")),
        Georeference::Uneven { axis } => line("tied by", format!("axes of which {axis} has uneven steps")),
        Georeference::None => line("tied by", "nothing: no georeference found".into()),
    }
    for text in info.metadata.iter().filter(|(key, _)| key.starts_with("SWATH_")).map(|(_, text)| text) {
        line("note", text.clone());
    }
    if matches!(info.georeference, Georeference::Curvilinear { .. } | Georeference::Uneven { .. }) {
        line("note", "on no regular grid: `swath cog` and `build` keep the array with ground control points".into());
    }
    let mask = match info.mask {
        MaskKind::AllValid => "none: every pixel is valid",
        MaskKind::Nodata => "by the nodata value",
        MaskKind::PerDataset => "a mask of the whole dataset",
        MaskKind::Alpha => "an alpha band",
    };
    line("mask", mask.into());
    let overviews = info.overviews.iter().map(|s| format!("{}x{}", s.width, s.height)).collect::<Vec<_>>();
    line("overviews", if overviews.is_empty() { "none".into() } else { overviews.join(", ") });
    lines.join("\n")
}

fn crs_text(info: &RasterInfo) -> String {
    match &info.grid.crs {
        Some(crs) => match crs.code() {
            Some(code) => format!("{code}, {} (unit: {})", crs.name(), crs.unit()),
            None => format!("{} (no EPSG code; unit: {})", crs.name(), crs.unit()),
        },
        None => "none".into(),
    }
}

fn band_line(index: usize, band: &BandInfo) -> String {
    let mut parts = vec![format!("  band {:<4}", index + 1)];
    parts.extend(band.name.iter().cloned());
    parts.extend(band.time.iter().map(|t| t.label.clone()));
    parts.extend(band.unit.iter().map(|u| format!("unit {u}")));
    parts.extend(band.nodata.iter().map(|n| format!("nodata {n}")));
    parts.extend(band.scale.iter().map(|s| format!("scale {s}")));
    parts.extend(band.offset.iter().map(|o| format!("offset {o}")));
    parts.extend(band.palette.iter().map(|p| format!("palette of {}", p.len())));
    if !band.categories.is_empty() {
        parts.push(format!("{} named classes", band.categories.iter().filter(|c| !c.is_empty()).count()));
    }
    parts.push(format!("{:?}", band.color).to_lowercase());
    parts.join("  ")
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}
