use swath_raster::tiff::{Known, Step, Tiff, parse};
use swath_raster::warp::same_crs;
use swath_raster::{Grid, Limits, RasterInfo, Shape, Span};
use swath_store::Start;

use super::fetch::Fetch;
use super::merge::merged;
use super::plan::Source;
use crate::{Error, Family, Result};

/// Fetched at once where a directory lies beyond what was fetched.
const FURTHER: u64 = 16 << 10;
/// A header that needs more rounds than this is not one.
const ROUNDS: usize = 24;

/// Reads the header of a source and holds it against what the metadata says.
///
/// # Errors
/// As the store and the TIFF reader say; Damaged, naming item, asset and field, where file and metadata contradict each other.
pub(super) async fn open(fetch: &dyn Fetch, source: &Source) -> Result<Opened> {
    let named = |e: Error| about(source, e);
    let opened = read(fetch, source).await.map_err(named)?;
    agree(source, opened.tiff.info())?;
    Ok(opened)
}

/// A header, and the version of the file that it is of.
#[derive(Clone)]
pub(super) struct Opened {
    pub tiff: Tiff,
    pub version: Option<String>,
}

/// The same error with item and asset in front of its place.
pub(super) fn about(source: &Source, e: Error) -> Error {
    let at = swath_store::redact(&e.at);
    let at = if at.is_empty() { String::new() } else { format!(": {at}") };
    Error { at: format!("item {}, asset {}{at}", source.item, source.asset), ..e }
}

async fn read(fetch: &dyn Fetch, source: &Source) -> Result<Opened> {
    let wanted = source.header_size.map_or_else(|| likely(source.grid.shape), |h| h.clamp(64, 16 << 20));
    tiff(fetch, &source.href, wanted).await
}

/// Bytes that the header of a COG of this size takes, if it is cut into blocks of 512 pixels; more is asked for where it has more.
fn likely(shape: Shape) -> u64 {
    let blocks = u64::from(shape.width.div_ceil(512)) * u64::from(shape.height.div_ceil(512));
    // Of each block and those of the overviews an offset and a length; the directories and what they say.
    let bytes = 3 * 1024 + blocks.saturating_mul(8) * 4 / 3;
    bytes.next_multiple_of(1024).min(1 << 20)
}

/// The header of a file, `wanted` bytes of it at first.
pub(super) async fn tiff(fetch: &dyn Fetch, href: &str, wanted: u64) -> Result<Opened> {
    let at = href.split('?').next().unwrap_or(href);
    let Start { bytes, version, size } = fetch.start(href, wanted).await?;
    let mut known = Known::new(size);
    known.insert(0, bytes);
    for _ in 0..ROUNDS {
        match parse(at, &known, &Limits::default())? {
            Step::Ready(tiff) => return Ok(Opened { tiff, version }),
            Step::Need(spans) => {
                // What is needed next stands close behind what is known to be needed.
                let further = |s: &Span| s.offset.saturating_add(s.len.max(FURTHER)).min(size.unwrap_or(s.end())).max(s.end());
                let wide: Vec<Span> = spans.iter().map(|s| Span { offset: s.offset, len: further(s) - s.offset }).collect();
                let ranges = merged(&wide);
                let parts = fetch.ranges(href, &ranges, version.as_deref()).await?;
                for (range, part) in ranges.iter().zip(parts) {
                    known.insert(range.start, part);
                }
            }
        }
    }
    Err(Error::new(Family::Damaged, at, format!("its header is still not complete after {ROUNDS} reads"), ""))
}

/// The metadata placed the pixels; the file must say the same.
fn agree(source: &Source, info: &RasterInfo) -> Result<()> {
    let planned = source.grid.grid()?;
    let differs = |field: &str, says: String, holds: String| {
        let at = format!("item {}, asset {}", source.item, source.asset);
        Err(Error::new(Family::Damaged, at, format!("{field} is {says} in the metadata, but {holds} in the file"), "the same in both")
            .hint("`swath check` lists every such contradiction"))
    };
    let (says, holds) = (planned.shape, info.grid.shape);
    if says != holds {
        return differs("the shape", format!("{} x {}", says.width, says.height), format!("{} x {}", holds.width, holds.height));
    }
    if !same_place(&planned, &info.grid) {
        let text = |g: &Grid| format!("{:?}", g.transform.to_array());
        return differs("the transform", text(&planned), text(&info.grid));
    }
    if let (Some(says), Some(holds)) = (&planned.crs, &info.grid.crs)
        && !same_crs(says, holds)
    {
        let name = |c: &swath_raster::crs::Crs| c.code().unwrap_or_else(|| c.name()).to_owned();
        return differs("the CRS", name(says), name(holds));
    }
    if source.data_type != info.sample {
        return differs("data_type", source.data_type.name().into(), info.sample.name().into());
    }
    if let Some(band) = source.bands.iter().find(|b| b.file >= info.bands.len()) {
        return differs("the number of bands", format!("at least {}", band.file + 1), info.bands.len().to_string());
    }
    let holds = source.bands.iter().find_map(|b| info.bands.get(b.file)?.nodata);
    if let (Some(says), Some(holds)) = (source.nodata, holds)
        && says != holds
        && says.as_f64() as f32 != holds.as_f64() as f32
    {
        return differs("nodata", says.to_string(), holds.to_string());
    }
    Ok(())
}

/// All four corners within a thousandth of a pixel.
fn same_place(a: &Grid, b: &Grid) -> bool {
    let Some(inverse) = a.transform.inverse() else { return false };
    let (w, h) = (f64::from(a.shape.width), f64::from(a.shape.height));
    [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].iter().all(|&(col, row)| {
        let (x, y) = b.transform.apply(col, row);
        let (c, r) = inverse.apply(x, y);
        (c - col).abs() < 1e-3 && (r - row).abs() < 1e-3
    })
}
