use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Value, json};
use swath::raster::Window;
use swath::stack::{self, Fetch, Outcome, Part, PlainGrid, Source, StackPlan};

use crate::access::{self, Spoken};
use crate::catalog::Found;
use crate::error::{raised, unread};
use crate::memory::Memory;
use crate::part;
use crate::process::{wait, work};
use crate::request::Asked;

/// What will be read, and what becomes of it. It holds no secret, and pickles.
#[pyclass(frozen, module = "swath._swath")]
pub struct Plan(Arc<StackPlan>);

/// Items of a search, or the JSON text of a list of them.
#[derive(FromPyObject)]
pub enum Items<'py> {
    Found(Bound<'py, Found>),
    Text(String),
}

/// Plans the array of these items.
#[pyfunction]
pub fn plan(py: Python<'_>, items: Items<'_>, asked: &str) -> PyResult<Plan> {
    let asked: Asked = serde_json::from_str(asked).map_err(|e| unread("load", &e))?;
    let request = asked.request().map_err(|e| raised(&e))?;
    let items = match items {
        Items::Found(found) => found.get().items.clone(),
        Items::Text(text) => py.detach(|| serde_json::from_str(&text)).map_err(|e| unread("items", &e))?,
    };
    Ok(Plan(Arc::new(work(py, move || stack::plan(&items, &request))?)))
}

#[pymethods]
impl Plan {
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let plan = serde_json::from_slice(bytes).map_err(|e| unread("plan", &e))?;
        Ok(Self(Arc::new(plan)))
    }
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = serde_json::to_vec(&*self.0).map_err(|e| unread("plan", &e))?;
        Ok(PyBytes::new(py, &bytes))
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.get_type::<Self>().getattr("from_bytes")?, (self.to_bytes(py)?,)))
    }
    /// The plan of a part: ranges of times and bands, and a window as row, column, rows, columns.
    fn cut(&self, times: (usize, usize), bands: (usize, usize), window: [u32; 4]) -> PyResult<Self> {
        let [row, col, height, width] = window;
        let part = Part { times: times.0..times.1, bands: bands.0..bands.1, window: Window { col, row, width, height } };
        Ok(Self(Arc::new(self.0.cut(&part).map_err(|e| raised(&e))?)))
    }
    /// Lengths of chunks of about so many rows and columns.
    fn chunks(&self, rows: u32, cols: u32) -> (Vec<u32>, Vec<u32>) {
        let shape = self.0.grid.shape;
        (part::even(shape.height, rows), part::even(shape.width, cols))
    }
    /// The grids of the items, the finest of each, as JSON, with how many items have it.
    fn grids(&self) -> String {
        grids(&self.0).to_string()
    }
    /// Everything but the sources, as JSON.
    fn facts(&self) -> String {
        facts(&self.0).to_string()
    }
    /// The plan in words.
    fn explain(&self) -> String {
        self.0.explain()
    }
    /// Reads the whole array: its samples, and what could not be read, as JSON.
    ///
    /// `sign` turns hrefs into ones that may be read, just now.
    #[pyo3(signature = (root, access, sign=None))]
    fn read(&self, py: Python<'_>, root: &str, access: Spoken, sign: Option<Bound<'_, PyAny>>) -> PyResult<(Memory, String)> {
        let plan = match sign {
            Some(sign) => Arc::new(signed(&self.0, &sign)?),
            None => Arc::clone(&self.0),
        };
        let fetch = access::fetch(root, &access).map_err(|e| raised(&e))?;
        let Outcome { stack, failures } = wait(py, move || async move { stack::run(&plan, fetch.as_ref(), &|_| ()).await })?;
        let failures = failures.iter().map(|f| json!({ "item": f.item, "asset": f.asset, "found": f.error.to_string() }));
        Ok((Memory::new(stack.data), Value::from_iter(failures).to_string()))
    }
    /// Requests and bytes that a read of the whole would take, headers included, as JSON.
    fn survey(&self, py: Python<'_>, root: &str, access: Spoken) -> PyResult<String> {
        let (plan, fetch) = (Arc::clone(&self.0), access::fetch(root, &access).map_err(|e| raised(&e))?);
        let before = fetch.cost();
        wait(py, move || async move {
            let blocks = stack::survey(&plan, fetch.as_ref()).await?;
            let headers = fetch.cost();
            let headers = (headers.requests - before.requests, headers.bytes - before.bytes);
            Ok(json!({ "requests": blocks.requests + headers.0, "bytes": blocks.bytes + headers.1 }).to_string())
        })
    }
    /// Where the first file lies, without its query: what a plan without a catalog is read from.
    fn first_href(&self) -> Option<&str> {
        self.0.sources.first().map(|s| s.href.split(['?', '#']).next().unwrap_or(&s.href))
    }
}

/// The same plan with every href as `sign` gives it, each asked for once.
fn signed(plan: &StackPlan, sign: &Bound<'_, PyAny>) -> PyResult<StackPlan> {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    for Source { href, .. } in &plan.sources {
        if !known.contains_key(href.as_str()) {
            known.insert(href, sign.call1((href,))?.extract()?);
        }
    }
    let sources = plan.sources.iter().map(|s| Source { href: known[s.href.as_str()].clone(), ..s.clone() }).collect();
    Ok(StackPlan { sources, ..plan.clone() })
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
