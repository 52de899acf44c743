use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Value, json};
use swath::Family;
use swath::raster::Window;
use swath::stack::{self, Fetch, Outcome, Part, PlainGrid, Sign, StackPlan, StoreFetch};
use swath::store::redact;

use crate::access::{self, Spoken};
use crate::error::{raised, unread};
use crate::memory::Memory;
use crate::pins::{Pinned, Pins};
use crate::process::wait;

/// How long a header may take that only makes chunks fit better.
const SOON: Duration = Duration::from_secs(5);

/// What will be read, and what becomes of it. It holds no secret, and pickles.
#[pyclass(frozen, module = "swath._swath")]
pub struct Plan {
    plan: Arc<StackPlan>,
    packed: OnceLock<Vec<u8>>,
    /// Shared with the plans of its parts.
    pins: Arc<Pins>,
}

impl From<StackPlan> for Plan {
    fn from(plan: StackPlan) -> Self {
        Self::new(plan, Arc::default())
    }
}

impl Plan {
    fn new(plan: StackPlan, pins: Arc<Pins>) -> Self {
        Self { plan: Arc::new(plan), packed: OnceLock::new(), pins }
    }
}

/// What a plan is made of again: its bytes and [`Plan::pinned`].
type Packed<'py> = (Bound<'py, PyBytes>, String);

#[pymethods]
impl Plan {
    /// A plan of its bytes and, as JSON, the versions of its files that are known: pairs of a source's place and its version.
    #[staticmethod]
    #[pyo3(signature = (bytes, pins="[]"))]
    fn from_bytes(bytes: &[u8], pins: &str) -> PyResult<Self> {
        let plan = StackPlan::from_bytes(bytes).map_err(|e| raised(&e))?;
        let pins: Vec<(usize, String)> = serde_json::from_str(pins).map_err(|e| unread("pins", &e))?;
        let named = pins.into_iter().filter_map(|(index, version)| Some((plan.sources.get(index)?.href.clone(), version)));
        let pins = Pins::of(named);
        Ok(Self::new(plan, Arc::new(pins)))
    }
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        if let Some(packed) = self.packed.get() {
            return Ok(PyBytes::new(py, packed));
        }
        let packed = py.detach(|| self.plan.to_bytes()).map_err(|e| raised(&e))?;
        Ok(PyBytes::new(py, self.packed.get_or_init(|| packed)))
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Packed<'py>)> {
        Ok((py.get_type::<Self>().getattr("from_bytes")?, (self.to_bytes(py)?, self.pinned())))
    }
    /// The versions of files that are known, as JSON: pairs of a source's place and its version.
    fn pinned(&self) -> String {
        if self.pins.count() == 0 {
            return "[]".to_owned();
        }
        let mut seen = HashSet::new();
        let sources = self.plan.sources.iter().enumerate().filter(|(_, source)| seen.insert(source.href.as_str()));
        let pairs: Vec<(usize, String)> = sources.filter_map(|(index, source)| Some((index, self.pins.version(&source.href)?))).collect();
        json!(pairs).to_string()
    }
    /// Reads the header of every file, so that all of the array is of the versions that are there now; how many are known then.
    #[pyo3(signature = (root, access, sign=None))]
    fn pin(&self, py: Python<'_>, root: &str, access: Spoken, sign: Option<Py<PyAny>>) -> PyResult<usize> {
        let (plan, fetch) = (Arc::clone(&self.plan), fetch(root, &access, sign).map_err(|e| raised(&e))?);
        let fetch = Pinned::new(fetch, &self.pins);
        wait(py, move || async move { stack::survey(&plan, &fetch).await.map(drop) })?;
        Ok(self.pins.count())
    }
    /// The plan, knowing how its first file is cut into blocks: its header is read, unless it is known. Of a file that does not answer soon
    /// nothing is known; a read will tell.
    #[pyo3(signature = (root, access, sign=None))]
    fn with_blocks(&self, py: Python<'_>, root: &str, access: Spoken, sign: Option<Py<PyAny>>) -> PyResult<Self> {
        let plan = StackPlan::clone(&self.plan);
        let Ok(fetch) = fetch(root, &access, sign) else { return Ok(Self::new(plan, Arc::clone(&self.pins))) };
        let (same, fetch) = (plan.clone(), Pinned::new(fetch, &self.pins));
        let known = wait(py, move || async move {
            let reading = stack::with_blocks(plan, &fetch);
            Ok(tokio::time::timeout(SOON, reading).await.unwrap_or(same))
        })?;
        Ok(Self::new(known, Arc::clone(&self.pins)))
    }
    /// Where the files of each step lie in a part: step, row, column, rows and columns, in the order of the steps.
    fn touched(&self, times: (usize, usize), band: usize, window: [u32; 4]) -> Vec<[usize; 5]> {
        let [row, col, height, width] = window;
        let within = |from: u32, len: u32, first: u32, count: u32| {
            let (low, high) = (from.max(first), from.saturating_add(len).min(first.saturating_add(count)));
            (low < high).then(|| ((low - first) as usize, (high - first) as usize))
        };
        let mut around: BTreeMap<usize, [usize; 4]> = BTreeMap::new();
        for source in &self.plan.sources {
            let here = (times.0..times.1).contains(&source.time) && source.bands.iter().any(|b| b.array == band);
            let rows = within(source.target.row, source.target.height, row, height);
            let cols = within(source.target.col, source.target.width, col, width);
            if let (true, Some((top, bottom)), Some((left, right))) = (here, rows, cols) {
                let known = around.entry(source.time).or_insert([top, left, bottom, right]);
                *known = [known[0].min(top), known[1].min(left), known[2].max(bottom), known[3].max(right)];
            }
        }
        around.into_iter().map(|(time, [top, left, bottom, right])| [time, top, left, bottom - top, right - left]).collect()
    }
    /// The plan of a part: ranges of times and bands, and a window as row, column, rows, columns.
    fn cut(&self, times: (usize, usize), bands: (usize, usize), window: [u32; 4]) -> PyResult<Self> {
        let [row, col, height, width] = window;
        let part = Part { times: times.0..times.1, bands: bands.0..bands.1, window: Window { col, row, width, height } };
        self.plan.cut(&part).map(|cut| Self::new(cut, Arc::clone(&self.pins))).map_err(|e| raised(&e))
    }
    /// Lengths of chunks of about so many rows and columns, whose edges are those of blocks.
    fn chunks(&self, rows: u32, cols: u32) -> (Vec<u32>, Vec<u32>) {
        let chunks = self.plan.chunks(rows, cols);
        (chunks.rows, chunks.cols)
    }
    /// The grids of the items, the finest of each, as JSON, with how many items have it.
    fn grids(&self) -> String {
        grids(&self.plan).to_string()
    }
    /// Everything but the sources, as JSON.
    fn facts(&self) -> String {
        facts(&self.plan).to_string()
    }
    /// The plan in words.
    fn explain(&self) -> String {
        self.plan.explain()
    }
    /// Reads the whole array: its samples, and what could not be read, as JSON.
    ///
    /// `sign` turns hrefs into ones that may be read, just now.
    #[pyo3(signature = (root, access, sign=None))]
    fn read(&self, py: Python<'_>, root: &str, access: Spoken, sign: Option<Py<PyAny>>) -> PyResult<(Memory, String)> {
        let (plan, fetch) = (Arc::clone(&self.plan), fetch(root, &access, sign).map_err(|e| raised(&e))?);
        let fetch = Pinned::new(fetch, &self.pins);
        let Outcome { stack, failures } = wait(py, move || async move { stack::run(&plan, &fetch, &|_| ()).await })?;
        let failures = failures.iter().map(|f| json!({ "item": f.item, "asset": f.asset, "found": f.error.to_string() }));
        Ok((Memory::new(stack.data), Value::from_iter(failures).to_string()))
    }
    /// Requests and bytes that a read of the whole would take, headers included, as JSON.
    #[pyo3(signature = (root, access, sign=None))]
    fn survey(&self, py: Python<'_>, root: &str, access: Spoken, sign: Option<Py<PyAny>>) -> PyResult<String> {
        let (plan, fetch) = (Arc::clone(&self.plan), fetch(root, &access, sign).map_err(|e| raised(&e))?);
        wait(py, move || async move {
            let blocks = stack::survey(&plan, &fetch).await?;
            let headers = fetch.cost();
            Ok(json!({ "requests": blocks.requests + headers.requests, "bytes": blocks.bytes + headers.bytes }).to_string())
        })
    }
    /// Where the first file lies, without its query: what a plan without a catalog is read from.
    fn first_href(&self) -> Option<&str> {
        self.plan.sources.first().map(|s| s.href.split(['?', '#']).next().unwrap_or(&s.href))
    }
}

/// The way to the files; what `sign` says is asked for when one is read.
pub fn fetch(root: &str, access: &Spoken, sign: Option<Py<PyAny>>) -> swath::Result<StoreFetch> {
    let store = access::store(root, access)?;
    let Some(sign) = sign else { return Ok(StoreFetch::new(store)) };
    let hook: Sign = Arc::new(move |href: &str| {
        Python::attach(|py| {
            let signed = sign.call1(py, (href,)).and_then(|signed| signed.extract::<String>(py));
            signed.map_err(|e| swath::Error::new(Family::Refused, redact(href), format!("could not be signed: {e}"), "a URL"))
        })
    });
    StoreFetch::signing(store, hook)
}

fn grids(plan: &StackPlan) -> Value {
    let mut finest: BTreeMap<(usize, &str), &PlainGrid> = BTreeMap::new();
    let step = |grid: &PlainGrid| grid.transform[0].abs().min(grid.transform[4].abs());
    for source in &plan.sources {
        let known = finest.entry((source.time, &source.item)).or_insert(&source.grid);
        if step(&source.grid) < step(known) {
            *known = &source.grid;
        }
    }
    let mut counted: Vec<(&PlainGrid, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for grid in finest.into_values() {
        let place = *places.entry(format!("{grid:?}")).or_insert_with(|| {
            counted.push((grid, 0));
            counted.len() - 1
        });
        counted[place].1 += 1;
    }
    let one = |(grid, count): (&PlainGrid, usize)| json!({ "crs": grid.crs, "transform": grid.transform, "shape": [grid.shape.height, grid.shape.width], "count": count });
    counted.into_iter().map(one).collect()
}

fn facts(plan: &StackPlan) -> Value {
    let bands = plan.bands.iter().enumerate().map(|(index, band)| {
        let own = plan.sources.iter().find(|s| s.bands.iter().any(|b| b.array == index));
        json!({
            "name": band.name, "asset": band.asset, "unit": band.unit, "scale": band.scale, "offset": band.offset,
            "data_type": own.map(|s| s.data_type.name()), "nodata": own.and_then(|s| s.nodata).map(|n| n.to_string()),
        })
    });
    json!({
        "grid": plan.grid, "native": plan.native, "reasons": plan.reasons, "times": plan.times, "bands": bands.collect::<Vec<_>>(),
        "data_type": plan.data_type.name(), "nodata": plan.nodata.map(|n| n.to_string()), "resampling": plan.resampling.name(),
        "bytes": plan.bytes, "sources": plan.sources.len(),
    })
}
