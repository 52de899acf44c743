use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use swath_raster::crs::Crs;
use swath_raster::warp::{self, Approximation, Method, PixelMap, Reach, Wanted};
use swath_raster::{Affine, Grid, Nodata, SampleType, Shape, Window};

use super::facts::{self, AssetFacts, Class, ItemFacts};
use super::select::{self, Picked};
use super::{OnError, Reduce, StackRequest, Values, group, number};
use crate::{Error, Family, Result};

/// Pixels that a position may be off, in source pixels, where the grids' CRS differ.
pub(super) const POSITION_TOLERANCE: f64 = 0.001;

/// What will be read, and what becomes of it: plain data, to be printed, compared, or sent to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackPlan {
    pub grid: PlainGrid,
    /// Every source lies on the target's lattice: pixels are copied.
    pub native: bool,
    /// Why the grid, the type and the rest are as they are.
    pub reasons: Vec<String>,
    pub times: Vec<Time>,
    pub bands: Vec<Band>,
    /// Of the samples read; a reduction or rescaling may change it.
    pub data_type: SampleType,
    #[serde(with = "number")]
    pub nodata: Option<Nodata>,
    pub resampling: Method,
    pub reduce: Reduce,
    pub errors: OnError,
    pub values: Values,
    /// Of the whole array before reduction.
    pub bytes: u64,
    /// In the order in which they fill the array: of two valid pixels the first stays.
    pub sources: Vec<Source>,
}

/// A grid that can be written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlainGrid {
    /// A code, or WKT2 where there is none.
    pub crs: String,
    pub transform: [f64; 6],
    pub shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Time {
    /// Of the first item.
    pub datetime: DateTime<Utc>,
    /// Of the last item, where a reduction made one step of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime<Utc>>,
    /// Start and end of what the items stand for, where that is a day or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub items: Vec<String>,
}

impl Time {
    /// In a few words: the day, or the year or other period that it stands for.
    pub fn label(&self) -> String {
        self.period.map_or_else(|| group::time_label(self.datetime), group::period_label)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    pub name: String,
    pub asset: String,
    pub unit: Option<String>,
    pub scale: Option<f64>,
    pub offset: Option<f64>,
    pub classes: Vec<Class>,
    /// The eo extension's word for its colour, such as `red`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
}

/// One file's part in the array.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub item: String,
    pub asset: String,
    pub href: String,
    /// Bytes of the file and of its header, where the metadata says so.
    pub size: Option<u64>,
    pub header_size: Option<u64>,
    pub grid: PlainGrid,
    pub data_type: SampleType,
    #[serde(with = "number")]
    pub nodata: Option<Nodata>,
    /// Index of the time step.
    pub time: usize,
    pub bands: Vec<BandFrom>,
    /// Pixels of the target that it can fill.
    pub target: Window,
    /// Source pixels per target pixel: an overview may be this much coarser than the full resolution.
    pub coarser: f64,
}

/// Which band of the file becomes which band of the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandFrom {
    pub array: usize,
    pub file: usize,
}

impl PlainGrid {
    pub fn of(grid: &Grid) -> Result<Self> {
        let crs = grid.crs.as_ref().ok_or_else(|| Error::misuse("", "the grid has no CRS", "a grid with one"))?;
        let crs = crs.code().unwrap_or_else(|| crs.wkt2()).to_owned();
        Ok(Self { crs, transform: grid.transform.to_array(), shape: grid.shape })
    }
    pub fn grid(&self) -> Result<Grid> {
        Ok(Grid { crs: Some(Crs::parse(&self.crs)?), transform: Affine::from_array(self.transform), shape: self.shape })
    }
}

impl Source {
    /// Bytes that a window of the target takes, all bands of this source together.
    pub(super) fn bytes(&self, window: Window) -> u64 {
        (window.pixels() as u64).saturating_mul((self.bands.len() * self.data_type.size()) as u64)
    }
}

impl StackPlan {
    /// Bytes of pixels that a run makes, overlaps counted each time.
    pub fn work(&self) -> u64 {
        self.sources.iter().map(|s| s.bytes(s.target)).sum()
    }
}

/// Plans the array of these items (STAC items as JSON, asset hrefs absolute).
///
/// # Errors
/// Misuse where the request meets no pixel or an item lacks `proj:` fields; Damaged where an item contradicts itself;
/// OverLimit, with what to ask instead, where the array would be larger than the limit.
pub fn plan(items: &[Value], request: &StackRequest) -> Result<StackPlan> {
    let items: Vec<ItemFacts> = items.iter().map(facts::read).collect::<Result<_>>()?;
    if items.is_empty() {
        return Err(Error::new(Family::Absent, "", "no item was found", "items to stack").hint("ask for more items"));
    }
    let picked = select::pick(&items, &request.assets)?;
    let used = used(&items, &picked);
    let grids: Vec<Grid> = used.iter().map(|(item, asset)| grid_of(item, asset)).collect::<Result<_>>()?;
    let wanted = Wanted { crs: request.crs.clone(), resolution: request.resolution, bounds: request.bounds, crop: request.bbox };
    let choice = match &request.grid {
        Some(grid) => warp::exactly(&grids, grid)?,
        None => warp::choose(&grids, &wanted)?,
    };
    let mut reasons = choice.reasons;
    let (data_type, nodata) = common_type(&used, &picked, &mut reasons)?;
    let bands = bands(&used, &picked);
    if !choice.native {
        classes_stay(&used, &picked, request.resampling)?;
    }
    let positions = positions(&grids, &choice.grid)?;
    let steps = group::group(&items, request.groupby);
    let (times, sources) = sources(&items, &steps, &picked, &choice.grid, &positions, &mut reasons)?;
    let shape = choice.grid.shape;
    let samples =
        (times.len() as u64).saturating_mul(bands.len() as u64).saturating_mul(u64::from(shape.width)).saturating_mul(shape.height.into());
    let plan = StackPlan {
        grid: PlainGrid::of(&choice.grid)?,
        native: choice.native,
        reasons,
        times,
        bands,
        data_type,
        nodata,
        resampling: request.resampling,
        reduce: request.reduce,
        errors: request.errors,
        values: request.values,
        bytes: samples.saturating_mul(data_type.size() as u64),
        sources,
    };
    within_limit(&plan, request.limit_bytes)?;
    Ok(plan)
}

/// The (item, asset) pairs that have a part in the array.
fn used<'a>(items: &'a [ItemFacts], picked: &[Picked]) -> Vec<(&'a ItemFacts, &'a AssetFacts)> {
    let wanted = |key: &str| picked.iter().any(|p| p.asset == key);
    items.iter().flat_map(|item| item.assets.iter().filter(|a| wanted(&a.key)).map(move |a| (item, a))).collect()
}

fn grid_of(item: &ItemFacts, asset: &AssetFacts) -> Result<Grid> {
    asset.grid.clone().ok_or_else(|| {
        let at = format!("item {}, asset {}", item.id, asset.key);
        Error::misuse(at, "the metadata has no proj:code, proj:transform or proj:shape", "all three").hint("`swath build` writes them")
    })
}

fn bands(used: &[(&ItemFacts, &AssetFacts)], picked: &[Picked]) -> Vec<Band> {
    picked
        .iter()
        .map(|p| {
            let facts = used.iter().filter(|(_, a)| a.key == p.asset).find_map(|(_, a)| a.bands.get(p.band)).cloned().unwrap_or_default();
            Band {
                name: p.label.clone(),
                asset: p.asset.clone(),
                unit: facts.unit,
                scale: facts.scale,
                offset: facts.offset,
                classes: facts.classes,
                common_name: facts.common_name,
            }
        })
        .collect()
}

/// A method that computes values between those of classes would make classes that nobody meant.
fn classes_stay(used: &[(&ItemFacts, &AssetFacts)], picked: &[Picked], method: Method) -> Result<()> {
    if !matches!(method, Method::Bilinear | Method::Cubic | Method::Average | Method::Median) {
        return Ok(());
    }
    let classed = |p: &&Picked| used.iter().any(|(_, a)| a.key == p.asset && a.bands.get(p.band).is_some_and(|b| !b.classes.is_empty()));
    picked.iter().find(classed).map_or(Ok(()), |p| {
        let found = format!("{} would make values between the classes of {:?}", method.name(), p.label);
        Err(Error::misuse("--resampling", found, "nearest or mode")
            .hint("`--resampling nearest`, or `--resampling mode` for coarser pixels"))
    })
}

/// The type that holds all bands, and the value that means nothing in it.
fn common_type(used: &[(&ItemFacts, &AssetFacts)], picked: &[Picked], reasons: &mut Vec<String>) -> Result<(SampleType, Option<Nodata>)> {
    let mut common: Option<SampleType> = None;
    let mut nodata: Vec<Option<Nodata>> = Vec::new();
    for p in picked {
        for (item, asset) in used.iter().filter(|(_, a)| a.key == p.asset) {
            let Some(band) = asset.bands.get(p.band) else { continue };
            let Some(sample) = band.sample else {
                let at = format!("item {}, asset {}", item.id, asset.key);
                return Err(Error::misuse(at, "the metadata has no data_type", "one").hint("`swath build` writes it"));
            };
            common = Some(match common {
                None => sample,
                Some(known) => promote(known, sample),
            });
            if !nodata.contains(&band.nodata) {
                nodata.push(band.nodata);
            }
        }
    }
    let common = common.ok_or_else(|| Error::misuse("", "no band was picked", "at least one"))?;
    if used.iter().flat_map(|(_, a)| &a.bands).any(|b| b.sample.is_some_and(|s| s != common)) {
        reasons.push(format!("type {}: the smallest that holds every band", common.name()));
    }
    let chosen = nodata.iter().flatten().next().copied();
    if nodata.len() > 1 {
        let all: Vec<String> = nodata.iter().map(|n| n.map_or("none".into(), |n| n.to_string())).collect();
        reasons.push(format!("nodata differs ({}): the array uses {}", all.join(", "), chosen.map_or("none".into(), |n| n.to_string())));
    } else if chosen.is_none() && !common.is_float() {
        reasons.push("no nodata value is declared: where there is no data the array holds 0".into());
    }
    Ok((common, chosen))
}

/// numpy's rule for two types that meet.
pub(super) fn promote(a: SampleType, b: SampleType) -> SampleType {
    use SampleType::{CF32, CF64, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    if a == b {
        return a;
    }
    if a.is_complex() || b.is_complex() {
        let wide = [a, b].iter().any(|s| matches!(s, SampleType::CI32 | CF64 | F64 | U32 | I32 | U64 | I64));
        return if wide { CF64 } else { CF32 };
    }
    if a.is_float() || b.is_float() {
        let wide = [a, b].iter().any(|s| *s == F64 || (s.is_integer() && s.size() > 2));
        return if wide { F64 } else { F32 };
    }
    let unsigned = |s: SampleType| matches!(s, U8 | U16 | U32 | U64);
    if unsigned(a) == unsigned(b) {
        return if a.size() >= b.size() { a } else { b };
    }
    let (plain, signed) = if unsigned(a) { (a, b) } else { (b, a) };
    let bits = if plain.size() < signed.size() { signed.size() } else { plain.size() * 2 };
    match bits {
        1 => I8,
        2 => I16,
        4 => I32,
        8 => I64,
        _ => F64,
    }
}

/// Where the target's pixels lie in each of the other CRS.
pub(super) type Positions = Vec<(Crs, Arc<Approximation>)>;

fn positions(sources: &[Grid], target: &Grid) -> Result<Positions> {
    let mut finest: Vec<(Crs, f64)> = Vec::new();
    for source in sources {
        let Some(crs) = &source.crs else { continue };
        if target.crs.as_ref().is_some_and(|t| warp::same_crs(t, crs)) {
            continue;
        }
        let t = source.transform;
        let pixel = t.a.hypot(t.d).min(t.b.hypot(t.e));
        match finest.iter_mut().find(|(known, _)| known == crs) {
            Some((_, size)) => *size = size.min(pixel),
            None => finest.push((crs.clone(), pixel)),
        }
    }
    finest
        .into_iter()
        .map(|(crs, pixel)| Ok((crs.clone(), Arc::new(Approximation::between(target, &crs, pixel * POSITION_TOLERANCE)?))))
        .collect()
}

/// The positions for every source of a plan, computed anew.
pub(super) fn positions_of(plan: &StackPlan) -> Result<Positions> {
    let grids: Vec<Grid> = plan.sources.iter().map(|s| s.grid.grid()).collect::<Result<_>>()?;
    positions(&grids, &plan.grid.grid()?)
}

pub(super) fn map_to(target: &Grid, source: &Grid, level: Shape, positions: &Positions) -> Result<PixelMap> {
    let position = source.crs.as_ref().and_then(|crs| positions.iter().find(|(known, _)| known == crs)).map(|(_, p)| Arc::clone(p));
    PixelMap::new(target, source, level, position).ok_or_else(|| Error::misuse("", "a transform that cannot be inverted", "one that can"))
}

fn sources(
    items: &[ItemFacts],
    steps: &[Vec<usize>],
    picked: &[Picked],
    target: &Grid,
    positions: &Positions,
    reasons: &mut Vec<String>,
) -> Result<(Vec<Time>, Vec<Source>)> {
    let mut assets: Vec<&str> = Vec::new();
    for p in picked {
        if !assets.contains(&p.asset.as_str()) {
            assets.push(&p.asset);
        }
    }
    let (mut times, mut sources, mut outside) = (Vec::new(), Vec::new(), 0);
    let mut windows: HashMap<String, Option<(Window, f64)>> = HashMap::new();
    for step in steps {
        let before = sources.len();
        for asset in &assets {
            for &i in step {
                let item = &items[i];
                let Some(facts) = item.assets.iter().find(|a| a.key == *asset) else { continue };
                let grid = grid_of(item, facts)?;
                let key = format!("{:?}", PlainGrid::of(&grid)?);
                let place = match windows.get(&key) {
                    Some(known) => *known,
                    None => *windows.entry(key).or_insert(place(target, &grid, positions)?),
                };
                match place {
                    Some((window, coarser)) => sources.push(source(item, facts, &grid, picked, times.len(), window, coarser)?),
                    None => outside += 1,
                }
            }
        }
        if sources.len() > before {
            let names = step.iter().map(|&i| items[i].id.clone()).collect();
            let first = &items[step[0]];
            let period = first.period.filter(|_| step.iter().all(|&i| items[i].period == first.period));
            times.push(Time { datetime: first.datetime, end: None, period, items: names });
        }
    }
    if outside > 0 {
        reasons.push(format!("{outside} assets lie outside of the grid and are left out"));
    }
    if sources.is_empty() {
        return Err(Error::misuse("", "no asset meets the grid", "--bbox or --bounds around some of the data"));
    }
    Ok((times, sources))
}

/// The part of the target that a source can fill, and how many of its pixels make one of the target.
fn place(target: &Grid, source: &Grid, positions: &Positions) -> Result<Option<(Window, f64)>> {
    let map = map_to(target, source, source.shape, positions)?;
    let whole = Window::whole(target.shape);
    if map.source_window(whole, Reach { x: 0.0, y: 0.0 }).is_none() {
        return Ok(None);
    }
    let (Some(own), Some(aim)) = (&source.crs, &target.crs) else { return Ok(None) };
    let window = if warp::same_crs(own, aim) {
        warp::covered_by(target, source.bounds(), 0.0)
    } else {
        let transformer = swath_raster::crs::Transformer::new(own, aim)?;
        let mut failure = None;
        let around = warp::project_bounds(source.bounds(), &mut |points| failure = transformer.points(points).err());
        if let Some(e) = failure {
            return Err(e.into());
        }
        around.and_then(|b| warp::covered_by(target, b, 1.0))
    };
    let Some(window) = window else { return Ok(None) };
    let density = map.density(window);
    Ok(Some((window, density.x.min(density.y))))
}

fn source(
    item: &ItemFacts,
    asset: &AssetFacts,
    grid: &Grid,
    picked: &[Picked],
    time: usize,
    target: Window,
    coarser: f64,
) -> Result<Source> {
    let bands: Vec<BandFrom> = picked
        .iter()
        .enumerate()
        .filter(|(_, p)| p.asset == asset.key && p.band < asset.bands.len())
        .map(|(array, p)| BandFrom { array, file: p.band })
        .collect();
    let first = bands.first().and_then(|b| asset.bands.get(b.file)).cloned().unwrap_or_default();
    let data_type = first.sample.ok_or_else(|| Error::misuse(format!("item {}, asset {}", item.id, asset.key), "no data_type", "one"))?;
    Ok(Source {
        item: item.id.clone(),
        asset: asset.key.clone(),
        href: asset.href.clone(),
        size: asset.size,
        header_size: asset.header_size,
        grid: PlainGrid::of(grid)?,
        data_type,
        nodata: first.nodata,
        time,
        bands,
        target,
        coarser,
    })
}

fn within_limit(plan: &StackPlan, limit: Option<u64>) -> Result<()> {
    let Some(limit) = limit.filter(|l| plan.bytes > *l) else { return Ok(()) };
    let shape = plan.grid.shape;
    let found = format!(
        "the array would take {}: {} times x {} bands x {} rows x {} columns of {}",
        super::explain::bytes(plan.bytes),
        plan.times.len(),
        plan.bands.len(),
        shape.height,
        shape.width,
        plan.data_type.name()
    );
    Err(Error::new(Family::OverLimit, "", found, format!("at most {}", super::explain::bytes(limit)))
        .hint("take less with --bbox, --datetime or --assets, or coarser pixels with --resolution"))
}
