use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Value, json};
use swath::Family;
use swath::raster::Window;
use swath::stack::{self, Fetch, Outcome, Part, PlainGrid, Sign, StackPlan, StoreFetch};
use swath::store::redact;

use crate::access::{self, Spoken};
use crate::error::{raised, unread};
use crate::items::taken;
use crate::memory::Memory;
use crate::process::{wait, work};
use crate::request::Asked;

/// What will be read, and what becomes of it. It holds no secret, and pickles.
#[pyclass(frozen, module = "swath._swath")]
pub struct Plan {
    plan: Arc<StackPlan>,
    packed: OnceLock<Vec<u8>>,
}

impl From<StackPlan> for Plan {
    fn from(plan: StackPlan) -> Self {
        Self { plan: Arc::new(plan), packed: OnceLock::new() }
    }
}

/// Plans the array of these items.
#[pyfunction]
pub fn plan(py: Python<'_>, items: &Bound<'_, PyAny>, asked: &str) -> PyResult<Plan> {
    let asked: Asked = serde_json::from_str(asked).map_err(|e| unread("load", &e))?;
    let request = asked.request().map_err(|e| raised(&e))?;
    let items = taken(items)?;
    work(py, move || stack::plan(&items, &request)).map(Plan::from)
}

#[pymethods]
impl Plan {
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        StackPlan::from_bytes(bytes).map(Self::from).map_err(|e| raised(&e))
    }
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        if let Some(packed) = self.packed.get() {
            return Ok(PyBytes::new(py, packed));
        }
        let packed = py.detach(|| self.plan.to_bytes()).map_err(|e| raised(&e))?;
        Ok(PyBytes::new(py, self.packed.get_or_init(|| packed)))
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.get_type::<Self>().getattr("from_bytes")?, (self.to_bytes(py)?,)))
    }
    /// The plan of a part: ranges of times and bands, and a window as row, column, rows, columns.
    fn cut(&self, times: (usize, usize), bands: (usize, usize), window: [u32; 4]) -> PyResult<Self> {
        let [row, col, height, width] = window;
        let part = Part { times: times.0..times.1, bands: bands.0..bands.1, window: Window { col, row, width, height } };
        self.plan.cut(&part).map(Self::from).map_err(|e| raised(&e))
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
fn fetch(root: &str, access: &Spoken, sign: Option<Py<PyAny>>) -> swath::Result<StoreFetch> {
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
