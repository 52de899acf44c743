use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use swath::export::{Target, write_file, write_tif, write_zarr};
use swath::plot::{Plot, draw};
use swath::raster::Bounds;
use swath::raster::crs::Crs;
use swath::raster::warp::Method;
use swath::search::{Limits, search};
use swath::stack::{self, Fetch, GroupBy, OnError, Outcome, Reduce, StackPlan, StackRequest, StoreFetch, Values, readable_bytes};
use swath::store::Store;
use swath::{Error, Family, Result};

use super::search::Asked;
use crate::{access::Access, exit::Exit, progress::Meter, runtime::block_on, talk::Talk};

/// Stream an array (time, band, y, x) from a catalog: only the blocks needed are read
#[derive(Args)]
#[command(
    after_help = "Examples:\n  swath stack published --assets B4,B5 --bbox -74.1,40.6,-73.9,40.8 --datetime 2018-01/2018-06 -o x.zarr\n  swath stack published --assets B4 --reduce median -o median.png\n  swath stack published --assets B4 --crs EPSG:3857 --resolution 100 --explain\n\nWithout -o the array is described. Pixels are copied on the data's own grid unless grids differ or --crs, --resolution or\n--bounds ask for another; --explain says why. In one time step the first valid pixel stays, by datetime, then id."
)]
pub struct Stack {
    /// A catalog: folder or URL of its root, or one of its documents (.json, .parquet)
    root: String,
    /// Asset keys, band names, or asset:band (default: all)
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    assets: Vec<String>,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    access: Access,
    /// CRS of the array (default: the data's own, or the most common)
    #[arg(long, value_name = "EPSG:CODE")]
    crs: Option<String>,
    /// Pixel size in units of the CRS; two numbers for width and height (default: the data's own, or the finest)
    #[arg(long, value_name = "R|RX,RY")]
    resolution: Option<String>,
    /// Left, bottom, right, top in units of the CRS: the frame of the array
    #[arg(long, value_name = "L,B,R,T", allow_hyphen_values = true)]
    bounds: Option<String>,
    /// CRS, resolution and frame of this raster file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["crs", "resolution", "bounds"])]
    like: Option<PathBuf>,
    /// Where grids differ: nearest, bilinear, cubic, average, mode, min, max or median
    #[arg(long, default_value = "nearest")]
    resampling: String,
    /// Which items share a time step: time, solar_day or none
    #[arg(long, default_value = "time")]
    groupby: String,
    /// Over time: median, mean, min, max, first, last or count
    #[arg(long, default_value = "none")]
    reduce: String,
    /// A missing or damaged asset: raise ends the run, nodata leaves its pixels empty and lists it
    #[arg(long, default_value = "raise")]
    errors: String,
    /// Apply each band's scale and offset; the result is floating point
    #[arg(long)]
    rescale: bool,
    /// Print the plan, and what it would read, instead of reading
    #[arg(long)]
    explain: bool,
    /// Largest array to make, in GiB (default: most of the free memory)
    #[arg(long, value_name = "GIB")]
    max_size: Option<f64>,
    /// Title of the plot
    #[arg(long)]
    title: Option<String>,
    /// Where to write: .tif, .zarr or .png
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(args: &Stack, talk: &Talk) -> Result<Exit> {
    let target = args.output.as_deref().map(Target::of).transpose()?;
    let request = request(args)?;
    block_on(async {
        let started = std::time::Instant::now();
        let (items, fetch) = items(args, talk).await?;
        let plan = stack::prepare(&items, &request, &fetch).await?;
        if args.explain {
            return explain(&plan, &fetch, talk).await;
        }
        talk.say(format!("{} assets of {} items from {}", plan.sources.len(), items.len(), args.root));
        if !plan.native {
            plan.reasons.iter().for_each(|reason| talk.say(reason));
        }
        let meter = Meter::bytes(talk, "stack", plan.work());
        let outcome = stack::run(&plan, &fetch, &|bytes| meter.add(bytes)).await;
        meter.end();
        let outcome = outcome?;
        let cost = fetch.cost();
        talk.say(format!("{} requests, {}, {:.1} s", cost.requests, readable_bytes(cost.bytes), started.elapsed().as_secs_f64()));
        talk.event("cost", json!({ "requests": cost.requests, "bytes": cost.bytes, "seconds": started.elapsed().as_secs_f64() }));
        deliver(args, target, &outcome, talk)
    })
}

/// The items that match, and the way to their bytes.
async fn items(args: &Stack, talk: &Talk) -> Result<(Vec<Value>, StoreFetch)> {
    let credentials = args.access.credentials()?;
    let found = search(&args.root, &credentials, &args.asked.query()?, &Limits::default()).await?;
    for problem in &found.problems {
        talk.say(format!("warning: {}: {}", problem.at, problem.found));
    }
    if let Some(problem) = found.losses().next().filter(|_| args.errors == OnError::Raise.name()) {
        let error = Error::new(Family::Damaged, &problem.at, &problem.found, "every document of the catalog");
        return Err(error.hint("--errors nodata goes on without the items that are missing"));
    }
    if found.matched == 0 {
        let error = Error::new(Family::Absent, swath::store::redact(&args.root), "no item was found", "items to stack");
        return Err(error.hint(args.asked.when_nothing_matches(&found.collections)));
    }
    let plain = args.root.split('?').next().unwrap_or(&args.root);
    let document = [".json", ".geojson", ".parquet"].iter().any(|ending| plain.to_ascii_lowercase().ends_with(ending));
    let store = if document { Store::open_beside(&args.root, &credentials)?.0 } else { Store::open(&args.root, &credentials)? };
    let items = found.items.items.iter().map(|item| item.to_json()).collect();
    Ok((items, StoreFetch::new(store)))
}

fn request(args: &Stack) -> Result<StackRequest> {
    let mut request = StackRequest {
        assets: args.assets.clone(),
        bbox: args.asked.bbox.as_deref().map(|t| bounds("--bbox", t)).transpose()?,
        bounds: args.bounds.as_deref().map(|t| bounds("--bounds", t)).transpose()?,
        crs: args.crs.as_deref().map(Crs::parse).transpose()?,
        resolution: args.resolution.as_deref().map(resolution).transpose()?,
        grid: None,
        resampling: named("--resampling", &args.resampling, Method::parse, &Method::ALL.map(Method::name))?,
        groupby: named("--groupby", &args.groupby, GroupBy::parse, GroupBy::NAMES)?,
        reduce: named("--reduce", &args.reduce, Reduce::parse, Reduce::NAMES)?,
        errors: named("--errors", &args.errors, OnError::parse, OnError::NAMES)?,
        values: if args.rescale { Values::Rescaled } else { Values::Stored },
        limit_bytes: Some(args.max_size.map_or_else(free_memory, |gib| (gib.max(0.0) * f64::from(1u32 << 30)) as u64)),
    };
    if let Some(file) = &args.like {
        like(&mut request, file)?;
    }
    Ok(request)
}

fn like(request: &mut StackRequest, file: &Path) -> Result<()> {
    let rasters = swath::open_raw(file)?;
    let at = file.display().to_string();
    let grid = rasters.first().map(|r| r.info().grid.clone()).ok_or_else(|| Error::misuse(&at, "holds no raster", "one"))?;
    if grid.crs.is_none() || !grid.transform.is_axis_aligned() {
        return Err(Error::misuse(&at, "has no CRS, or is rotated", "a raster with a CRS and a plain grid"));
    }
    request.resolution = Some((grid.transform.a.abs(), grid.transform.e.abs()));
    request.bounds = Some(grid.bounds());
    request.crs = grid.crs;
    Ok(())
}

fn named<T>(flag: &str, name: &str, parse: fn(&str) -> Option<T>, names: &[&str]) -> Result<T> {
    parse(name).ok_or_else(|| Error::misuse(flag, format!("{name:?}"), format!("one of {}", names.join(", "))))
}

fn numbers(flag: &str, text: &str, right: &str) -> Result<Vec<f64>> {
    let parsed: std::result::Result<Vec<f64>, _> = text.split([',', ' ']).filter(|p| !p.is_empty()).map(str::parse).collect();
    parsed.ok().filter(|n| n.iter().all(|v: &f64| v.is_finite())).ok_or_else(|| Error::misuse(flag, format!("{text:?}"), right))
}

fn bounds(flag: &str, text: &str) -> Result<Bounds> {
    let right = "four numbers: west,south,east,north";
    match numbers(flag, text, right)?.as_slice() {
        &[left, bottom, right_edge, top] if bottom < top && left != right_edge => Ok(Bounds { left, bottom, right: right_edge, top }),
        _ => Err(Error::misuse(flag, format!("{text:?}"), right)),
    }
}

fn resolution(text: &str) -> Result<(f64, f64)> {
    let right = "one positive number, or two for width and height";
    match *numbers("--resolution", text, right)?.as_slice() {
        [one] if one > 0.0 => Ok((one, one)),
        [x, y] if x > 0.0 && y != 0.0 => Ok((x, y.abs())),
        _ => Err(Error::misuse("--resolution", format!("{text:?}"), right)),
    }
}

/// Three quarters of what the machine has free; 4 GiB where it does not say.
fn free_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = text.lines().find_map(|l| l.strip_prefix("MemAvailable:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.map_or(4 << 30, |k| (k << 10) / 4 * 3)
}

async fn explain(plan: &StackPlan, fetch: &StoreFetch, talk: &Talk) -> Result<Exit> {
    talk.data(plan.explain());
    let cost = stack::survey(plan, fetch).await?;
    let headers = fetch.cost();
    let files: std::collections::BTreeSet<&str> = plan.sources.iter().map(|s| s.href.as_str()).collect();
    talk.data(format!(
        "reads   {} files in {} requests: {} of headers, {} of blocks",
        files.len(),
        headers.requests + cost.requests,
        readable_bytes(headers.bytes),
        readable_bytes(cost.bytes)
    ));
    talk.event("plan", json!({ "plan": plan, "reads": { "files": files.len(), "bytes": cost.bytes + headers.bytes, "requests": cost.requests + headers.requests } }));
    Ok(Exit::Done)
}

fn deliver(args: &Stack, target: Option<Target>, outcome: &Outcome, talk: &Talk) -> Result<Exit> {
    let made = &outcome.stack;
    match (target, &args.output) {
        (Some(Target::Zarr), Some(path)) => write_zarr(made, path)?,
        (Some(Target::Png), Some(path)) => {
            let source = args.root.split('?').next().map(str::to_owned);
            write_file(path, &draw(made, &Plot { title: args.title.clone(), source })?)?;
        }
        (Some(Target::Tif), Some(path)) => {
            write_tif(made, path)?;
        }
        _ => talk.data(made.summary()),
    }
    if let Some(path) = &args.output {
        talk.say(format!("wrote {}", path.display()));
    }
    let [times, bands, rows, cols] = made.shape();
    talk.event(
        "array",
        json!({ "time": times, "band": bands, "y": rows, "x": cols, "data_type": made.sample().name(), "output": args.output }),
    );
    for failure in &outcome.failures {
        talk.error(&failure.error);
    }
    if outcome.failures.is_empty() {
        return Ok(Exit::Done);
    }
    talk.say(format!("{} assets could not be read; their pixels are empty", outcome.failures.len()));
    Ok(Exit::Partial)
}
