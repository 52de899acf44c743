use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use swath::export::{Output, Overwrite, Provenance, SourceItem, Target, write_file, write_netcdf, write_tif, write_zarr};
use swath::plot::{Plot, draw};
use swath::raster::Bounds;
use swath::raster::crs::Crs;
use swath::raster::warp::Method;
use swath::search::{Limits, search};
use swath::stack::{
    self, Collected, Fetch, GroupBy, OnError, Order, Over, Reduce, Room, StackPlan, StackRequest, StoreFetch, Values, readable_bytes,
};
use swath::store::Store;
use swath::{Error, Family, Result};

use super::cog::bytes_of;
use super::search::Asked;
use crate::{access::Access, exit::Exit, progress::Meter, runtime::block_on, table::count, talk::Talk};

/// Stream an array (time, band, y, x) from a catalog: only the blocks needed are read
#[derive(Args)]
#[command(
    after_help = "Examples:\n  swath stack published --assets B4,B5 --bbox -74.1,40.6,-73.9,40.8 --datetime 2018-01/2018-06 -o x.zarr\n  swath stack published --assets B4 --reduce median -o median.png\n  swath stack published --assets B4 --reduce p90 --over month -o p90.nc\n  swath stack published --assets B4 --crs EPSG:3857 --resolution 100 --explain\n\nWithout -o the array is described. Pixels are copied on the data's own grid unless grids differ or --crs, --resolution or\n--bounds ask for another; --explain says why. Where items of one time step overlap the oldest valid pixel\nstays, of equally old ones that of the first id; --order chooses another."
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
    /// Whose pixel stays where items of one time step overlap: oldest or newest by datetime, or first or last as --sortby has them
    #[arg(long, default_value = "oldest")]
    order: String,
    /// Over time, of the valid pixels: mean, median, min, max, std, p90 (any percentile), count, first or last
    #[arg(long, default_value = "none")]
    reduce: String,
    /// Which times a reduction makes one of: all, year, season, month, day; or season-of-year, month-of-year, all years together
    #[arg(long, default_value = "all")]
    over: String,
    /// A missing or damaged asset: raise ends the run, nodata leaves its pixels empty and lists it
    #[arg(long, default_value = "raise")]
    errors: String,
    /// Apply each band's scale and offset; the result is floating point
    #[arg(long)]
    rescale: bool,
    /// Print the plan, and what it would read, instead of reading
    #[arg(long)]
    explain: bool,
    /// Memory for the array while it is worked on, as 512MiB; what is larger goes part by part through a scratch file beside the output
    #[arg(long, value_name = "SIZE", default_value = "512MiB", value_parser = bytes_of)]
    max_memory: u64,
    /// Largest array to plot or to describe, which needs all of it in memory, in GiB (default: most of the free memory)
    #[arg(long, value_name = "GIB")]
    max_size: Option<f64>,
    /// Title of the plot
    #[arg(long)]
    title: Option<String>,
    /// Where to write: .zarr, .nc (NetCDF-4), .tif (COG, with a STAC item beside it) or .png (plot)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing output
    #[arg(long)]
    overwrite: bool,
}

pub fn run(args: &Stack, talk: &Talk) -> Result<Exit> {
    let overwrite = if args.overwrite { Overwrite::Replace } else { Overwrite::Never };
    let output = args.output.as_deref().map(|path| Output::new(path, overwrite)).transpose()?;
    let request = request(args)?;
    block_on(async {
        let started = std::time::Instant::now();
        let (items, fetch) = items(args, talk).await?;
        let plan = stack::prepare(&items, &request, &fetch).await?;
        let provenance = provenance(args, &plan, &items);
        if args.explain {
            return explain(&plan, &fetch, talk).await;
        }
        let root = swath::store::redact(args.root.split('?').next().unwrap_or_default());
        let (assets, items) = (count(plan.sources.len(), "asset"), count(items.len(), "item"));
        talk.say(format!("{assets} of {items} from {root}: {}", plan.size()));
        // On its own grid there is nothing to explain but what may surprise.
        plan.reasons.iter().filter(|reason| !plan.native || reason.starts_with("nodata differs")).for_each(|reason| talk.say(reason));
        let meter = Meter::bytes(talk, "stack", plan.work());
        let scratch = output.as_ref().map_or_else(std::env::temp_dir, |o| o.folder().to_path_buf());
        let room = Room { memory: args.max_memory, scratch };
        let collected = stack::collect(&plan, &fetch, &room, &|bytes| meter.add(bytes)).await;
        meter.end();
        let collected = collected?;
        let cost = fetch.cost();
        talk.say(format!("{} requests, {}, {:.1} s", cost.requests, readable_bytes(cost.bytes), started.elapsed().as_secs_f64()));
        talk.event("cost", json!({ "requests": cost.requests, "bytes": cost.bytes, "seconds": started.elapsed().as_secs_f64() }));
        deliver(args, output.as_ref(), collected, &provenance, talk)
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
        let error = Error::new(Family::Absent, swath::store::redact(&args.root), "no item was found", "at least one to stack");
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
        steps: None,
        order: named("--order", &args.order, Order::parse, Order::NAMES)?,
        reduce: named("--reduce", &args.reduce, Reduce::parse, Reduce::NAMES)?,
        over: named("--over", &args.over, Over::parse, Over::NAMES)?,
        errors: named("--errors", &args.errors, OnError::parse, OnError::NAMES)?,
        values: if args.rescale { Values::Rescaled } else { Values::Stored },
        limit_bytes: limit(args),
    };
    if request.over != Over::All && request.reduce == Reduce::None {
        let error = Error::misuse("--over", format!("{:?} without --reduce", args.over), "a reduction");
        return Err(error.hint(format!("--reduce median --over {}", args.over)));
    }
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

/// An array that goes to a file part by part has no limit but the disk's; a reduced one is held to it when its size is known.
fn limit(args: &Stack) -> Option<u64> {
    let whole = args.output.as_deref().is_none_or(|path| Target::of(path).is_ok_and(|t| t == Target::Png));
    (whole && args.reduce == "none" && !args.explain).then(|| most_bytes(args))
}

/// Three quarters of what the machine has free; 4 GiB where it does not say.
fn free_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = text.lines().find_map(|l| l.strip_prefix("MemAvailable:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.map_or(4 << 30, |k| (k << 10) / 4 * 3)
}

/// Bytes of an array up to which its requests are counted.
const COUNTED: u64 = 1 << 34;

async fn explain(plan: &StackPlan, fetch: &StoreFetch, talk: &Talk) -> Result<Exit> {
    talk.data(plan.explain());
    if plan.work() > COUNTED {
        talk.data("reads   not counted: that many pixels are read part by part");
        talk.event("plan", json!({ "plan": plan }));
        return Ok(Exit::Done);
    }
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

/// From which items, and by which request.
fn provenance(args: &Stack, plan: &StackPlan, items: &[Value]) -> Provenance {
    let used: std::collections::HashSet<&str> = plan.sources.iter().map(|s| s.item.as_str()).collect();
    let of = items.iter().filter(|item| item["id"].as_str().is_some_and(|id| used.contains(id)));
    let mut request = json!({
        "assets": plan.bands.iter().map(|b| &b.name).collect::<Vec<_>>(),
        "groupby": args.groupby,
        "order": plan.order.name(),
        "reduce": plan.reduce.name(),
        "over": plan.over.name(),
        "resampling": plan.resampling.name(),
        "rescale": args.rescale,
    });
    if plan.reduce == Reduce::None
        && let Some(object) = request.as_object_mut()
    {
        object.remove("reduce");
        object.remove("over");
    }
    Provenance {
        catalog: swath::store::redact(args.root.split('?').next().unwrap_or_default()),
        items: of.map(SourceItem::of).collect(),
        request: request.as_object().cloned().unwrap_or_default(),
    }
}

fn deliver(args: &Stack, output: Option<&Output>, collected: Collected, provenance: &Provenance, talk: &Talk) -> Result<Exit> {
    let failures = collected.failures.clone();
    let (head, array) = (collected.array.head().clone_head(), collected.array.as_ref());
    match output.map(|o| (o.target, o)) {
        Some((Target::Zarr, output)) => write_zarr(array, output, &provenance.history(&head))?,
        Some((Target::NetCdf, output)) => write_netcdf(array, output, &provenance.history(&head))?,
        Some((Target::Png, output)) => {
            let source = args.root.split('?').next().map(str::to_owned);
            let made = collected.into_stack(most_bytes(args))?;
            write_file(&output.path, &draw(&made, &Plot { title: args.title.clone(), source })?)?;
        }
        Some((Target::Tif, output)) => drop(write_tif(array, output, provenance)?),
        None => talk.data(head.summary()),
    }
    if let Some(output) = output {
        let item = output.item_path().map(|p| format!(", with its item {}", p.display())).unwrap_or_default();
        talk.say(format!("wrote {}{item}", output.path.display()));
    }
    let [times, bands, rows, cols] = head.shape();
    talk.event(
        "array",
        json!({ "time": times, "band": bands, "y": rows, "x": cols, "data_type": head.sample().name(), "output": args.output }),
    );
    for failure in &failures {
        talk.error(&failure.error);
    }
    if failures.is_empty() {
        return Ok(Exit::Done);
    }
    talk.say(format!("{} assets could not be read; their pixels are empty", failures.len()));
    Ok(Exit::Partial)
}

/// Bytes that an array may take which must be in memory as a whole.
fn most_bytes(args: &Stack) -> u64 {
    args.max_size.map_or_else(free_memory, |gib| (gib.max(0.0) * f64::from(1u32 << 30)) as u64)
}
