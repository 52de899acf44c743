use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use swath_raster::crs::Crs;
use swath_raster::warp::{self, Method, Wanted};
use swath_raster::{Affine, Bounds, Grid, Nodata, SampleType, Shape, Window};

use super::common::common_type;
use super::facts::{AssetFacts, Class, ItemFacts};
use super::place::{GridKey, Placed, place_all};
use super::reduce::possible;
use super::select::{self, Picked};
use super::{Known, OnError, Order, Over, Reduce, StackRequest, Values, group, number};
use crate::{Error, Family, Result};

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
    #[serde(default)]
    pub over: Over,
    /// In which the items of a step fill it; `sources` are in this order already.
    #[serde(default)]
    pub order: Order,
    pub errors: OnError,
    pub values: Values,
    /// Of the whole array before reduction.
    pub bytes: u64,
    /// Of the first file, where its header was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Shape>,
    /// In the order in which they fill the array: of two valid pixels the first stays.
    pub sources: Vec<Source>,
    /// Where this is a part of another array: its place in that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Whole>,
}

/// The grid that a part was cut from, and the part's first pixel in it: positions are computed on the whole, so that a part is made
/// exactly as the whole is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Whole {
    pub transform: [f64; 6],
    pub shape: Shape,
    pub col: u32,
    pub row: u32,
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
    /// Full resolution pixels per target pixel, across and down, where the target is finest.
    pub density: [f64; 2],
    /// Turns of 360 degrees that move it onto the target, where that goes on beyond the antimeridian.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub turns: i8,
}

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(turns: &i8) -> bool {
    *turns == 0
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
    /// Full resolution pixels per target pixel: what decides which overview is read.
    pub fn coarser(&self) -> f64 {
        self.density[0].min(self.density[1])
    }

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

    /// The grid on which positions are computed.
    pub(super) fn whole_grid(&self) -> Result<Grid> {
        let grid = self.grid.grid()?;
        Ok(match self.whole {
            Some(whole) => Grid { transform: Affine::from_array(whole.transform), shape: whole.shape, ..grid },
            None => grid,
        })
    }

    /// The same pixels, counted on [`StackPlan::whole_grid`].
    pub(super) fn in_whole(&self, window: Window) -> Window {
        let (col, row) = self.whole.map_or((0, 0), |w| (w.col, w.row));
        Window { col: window.col.saturating_add(col), row: window.row.saturating_add(row), ..window }
    }

    /// Pixels of [`StackPlan::whole_grid`], counted on this plan's own grid.
    pub(super) fn in_part(&self, window: Window) -> Window {
        let (col, row) = self.whole.map_or((0, 0), |w| (w.col, w.row));
        Window { col: window.col.saturating_sub(col), row: window.row.saturating_sub(row), ..window }
    }

    /// Bytes of all pixels.
    pub(super) fn array_bytes(&self) -> u64 {
        let Shape { width, height } = self.grid.shape;
        let sizes = [self.times.len() as u64, self.bands.len() as u64, width.into(), height.into(), self.data_type.size() as u64];
        sizes.into_iter().fold(1, u64::saturating_mul)
    }
}

/// Plans the array of these items (STAC items as JSON, asset hrefs absolute).
///
/// # Errors
/// Misuse where the request meets no pixel or an item lacks `proj:` fields; Damaged where an item contradicts itself;
/// OverLimit, with what to ask instead, where the array would be larger than the limit.
pub fn plan(items: &[Value], request: &StackRequest) -> Result<StackPlan> {
    Known::read(items)?.plan(request)
}

/// The same, of what was read of them.
pub(super) fn of_facts(items: &[ItemFacts], request: &StackRequest) -> Result<StackPlan> {
    if items.is_empty() {
        return Err(Error::new(Family::Absent, "", "no item was found", "at least one to stack").hint("ask for more items"));
    }
    let picked = select::pick(items, &request.assets)?;
    let used = used(items, &picked);
    let grids: Vec<Grid> = used.iter().map(|(item, asset)| grid_of(item, asset)).collect::<Result<_>>()?;
    let wanted = Wanted { crs: request.crs.clone(), resolution: request.resolution, bounds: request.bounds, crop: request.bbox };
    let choice = match &request.grid {
        Some(grid) => warp::exactly(&grids, grid)?,
        None => warp::choose(&grids, &wanted)?,
    };
    let mut reasons = choice.reasons;
    let (data_type, nodata) = common_type(&used, &picked, &mut reasons)?;
    possible(request.reduce, data_type)?;
    let bands = bands(&used, &picked);
    if !choice.native {
        classes_stay(&used, &picked, request.resampling)?;
    }
    let placed = place_all(&choice.grid, &grids.iter().collect::<Vec<_>>())?;
    let steps = match &request.steps {
        Some(steps) => group::given(steps, items.len())?,
        None => group::group(items, request.groupby, request.order),
    };
    let steps = Steps { places: &steps, kept: request.steps.is_some() };
    let (times, sources) = sources(items, &steps, &picked, &placed, &mut reasons)?;
    if sources.is_empty() {
        return Err(apart(&choice.grid, request.bounds, &grids));
    }
    let mut plan = StackPlan {
        grid: PlainGrid::of(&choice.grid)?,
        native: choice.native,
        reasons,
        times,
        bands,
        data_type,
        nodata,
        resampling: request.resampling,
        reduce: request.reduce,
        over: request.over,
        order: request.order,
        errors: request.errors,
        values: request.values,
        bytes: 0,
        blocks: None,
        sources,
        whole: None,
    };
    plan.bytes = plan.array_bytes();
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

/// Which items make a step of time.
struct Steps<'a> {
    places: &'a [Vec<usize>],
    /// Those too that no file is in.
    kept: bool,
}

/// Time steps and, in the order in which they fill the array, the files.
fn sources(
    items: &[ItemFacts],
    steps: &Steps<'_>,
    picked: &[Picked],
    placed: &HashMap<GridKey, Vec<Placed>>,
    reasons: &mut Vec<String>,
) -> Result<(Vec<Time>, Vec<Source>)> {
    let mut assets: Vec<&str> = Vec::new();
    for p in picked {
        if !assets.contains(&p.asset.as_str()) {
            assets.push(&p.asset);
        }
    }
    let (mut times, mut sources, mut outside) = (Vec::new(), Vec::new(), 0);
    for step in steps.places {
        let before = sources.len();
        for asset in &assets {
            for &i in step {
                let item = &items[i];
                let Some(facts) = item.assets.iter().find(|a| a.key == *asset) else { continue };
                let grid = grid_of(item, facts)?;
                let places = placed.get(&GridKey::of(&grid)).map(Vec::as_slice).unwrap_or_default();
                for place in places {
                    sources.push(source(item, facts, &grid, picked, times.len(), *place)?);
                }
                outside += usize::from(places.is_empty());
            }
        }
        if sources.len() > before || steps.kept {
            let names = step.iter().map(|&i| items[i].id.clone()).collect();
            // Which of them lies on top does not change when the step is.
            let first = step.iter().map(|&i| &items[i]).min_by_key(|item| item.datetime).unwrap_or(&items[step[0]]);
            let period = first.period.filter(|_| step.iter().all(|&i| items[i].period == first.period));
            times.push(Time { datetime: first.datetime, end: None, period, items: names });
        }
    }
    if outside > 0 {
        reasons.push(format!("{outside} assets lie outside of the grid and are left out"));
    }
    Ok((times, sources))
}

/// Rasters looked at to say where the data lies.
const LOOKED_AT: usize = 1000;

/// None of the rasters meets the frame.
fn apart(frame: &Grid, asked: Option<Bounds>, grids: &[Grid]) -> Error {
    let crs = frame.crs.as_ref().map(|crs| crs.code().unwrap_or_else(|| crs.name())).unwrap_or_default();
    let text = |b: Bounds| [b.left, b.bottom, b.right, b.top].map(super::explain::coordinate).join(",");
    let own = asked.unwrap_or_else(|| frame.bounds());
    let there = frame.crs.as_ref().and_then(|crs| warp::extent(&grids[..grids.len().min(LOOKED_AT)], crs).ok());
    let there = there.map_or(String::new(), |b| format!(": the data lies within {}", text(b)));
    let error =
        Error::misuse("", format!("no asset meets the frame {} of {crs}", text(own)), format!("one around some of the data{there}"));
    let degrees = [own.left, own.bottom, own.right, own.top].iter().all(|v| v.abs() <= 360.0);
    if degrees && frame.crs.as_ref().is_some_and(|crs| !crs.is_geographic()) {
        return error.hint(format!("--bounds is in units of {crs}; --bbox takes degrees"));
    }
    error
}

fn source(item: &ItemFacts, asset: &AssetFacts, grid: &Grid, picked: &[Picked], time: usize, place: Placed) -> Result<Source> {
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
        target: place.window,
        density: place.density,
        turns: place.turns,
    })
}

/// More bytes than this no array has that anybody meant.
const IMAGINABLE: u64 = 1 << 50;

fn within_limit(plan: &StackPlan, limit: Option<u64>) -> Result<()> {
    let Some(limit) = [limit, Some(IMAGINABLE)].into_iter().flatten().min().filter(|l| plan.bytes > *l) else { return Ok(()) };
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
    let error = Error::new(Family::OverLimit, "", found, format!("at most {}", super::explain::bytes(limit)));
    if limit == IMAGINABLE {
        let [a, _, _, _, e, _] = plan.grid.transform;
        return Err(error.hint(format!("its pixels are {} x {}: --resolution is in units of the CRS", a.abs(), e.abs())));
    }
    Err(error.hint("take less with --bbox, --datetime or --assets, or coarser pixels with --resolution"))
}
