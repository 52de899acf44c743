use std::sync::Arc;

use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use swath::raster::{Nodata, SampleType};
use swath::stack::{self, GroupBy, OnError, StackPlan, StackRequest};
use swath::{Error, Result};

use crate::access::Spoken;
use crate::error::{raised, unread};
use crate::items::taken;
use crate::plan::{Plan, fetch};
use crate::process::{wait, work};
use crate::request::Asked;
use crate::{names, said};

/// Items that say enough to plan arrays with, taken once for all the plans of one call.
#[pyclass(frozen, module = "swath._swath")]
pub struct Material {
    items: Arc<Vec<Value>>,
    reasons: Vec<String>,
    /// The assets that were asked for, by names that the engine knows.
    names: Vec<String>,
}

/// What is wanted of items, as the package says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    assets: Vec<String>,
    /// The catalog, where there is one.
    root: Option<String>,
    /// `stac_cfg` of odc-stac.
    config: Option<Value>,
    /// Leave out what cannot be read.
    lenient: bool,
}

/// Takes items; where they do not say enough, the headers of their files are read.
#[pyfunction]
#[pyo3(signature = (items, wanted, access, sign=None))]
pub fn material(py: Python<'_>, items: &Bound<'_, PyAny>, wanted: &str, access: Spoken, sign: Option<Py<PyAny>>) -> PyResult<Material> {
    let wanted: Wanted = serde_json::from_str(wanted).map_err(|e| unread("items", &e))?;
    let mut items = taken(items)?;
    if let Some(config) = &wanted.config {
        let own: &mut Vec<Value> = Arc::make_mut(&mut items);
        said::fill(own, config);
    }
    let names = names::resolved(&items, &wanted.assets);
    let root = wanted.root.or_else(|| first_href(&items)).unwrap_or_else(|| ".".to_owned());
    let fetch = fetch(&root, &access, sign).map_err(|e| raised(&e))?;
    let errors = if wanted.lenient { OnError::Nodata } else { OnError::Raise };
    let request = StackRequest { assets: names.clone(), errors, ..StackRequest::default() };
    wait(py, move || async move {
        let filled = stack::filled(&items, &request, &fetch).await?;
        Ok(match filled {
            Some(filled) => Material { items: Arc::new(filled.items), reasons: filled.reasons, names },
            None => Material { items, reasons: Vec::new(), names },
        })
    })
}

/// Where the first file of items lies, without its query.
fn first_href(items: &[Value]) -> Option<String> {
    let mut assets = items.iter().filter_map(|item| item.get("assets")?.as_object()).flat_map(|assets| assets.values());
    let href = assets.find_map(|asset| asset.get("href")?.as_str())?;
    Some(href.split(['?', '#']).next().unwrap_or(href).to_owned())
}

#[pymethods]
impl Material {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }
    fn ids(&self) -> Vec<String> {
        self.items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
    /// The places of the items of each step of time, in the order in which they fill it.
    fn steps(&self, py: Python<'_>, groupby: &str) -> PyResult<Vec<Vec<usize>>> {
        let by = GroupBy::parse(groupby).unwrap_or_default();
        py.detach(|| stack::steps(&self.items, by)).map_err(|e| raised(&e))
    }
    /// Plans the array of these items.
    fn plan(&self, py: Python<'_>, asked: &str) -> PyResult<Plan> {
        let mut asked: Asked = serde_json::from_str(asked).map_err(|e| unread("load", &e))?;
        let other = Other { data_type: asked.data_type.take(), nodata: asked.nodata.take() };
        let request = asked.request().map_err(|e| raised(&e))?;
        let (items, reasons) = (Arc::clone(&self.items), self.reasons.clone());
        work(py, move |_| {
            let mut plan = stack::plan(&items, &request)?;
            plan.reasons.extend(reasons);
            other.change(&mut plan)?;
            Ok(Plan::from(plan))
        })
    }
}

/// What the array holds in the stead of what the files say.
struct Other {
    data_type: Option<String>,
    nodata: Option<String>,
}

impl Other {
    fn change(&self, plan: &mut StackPlan) -> Result<()> {
        if let Some(name) = &self.data_type {
            let wrong = || Error::misuse("dtype", format!("{name:?}"), "a type of numbers that files have");
            let wanted = SampleType::ALL.iter().copied().find(|s| s.name() == name).ok_or_else(wrong)?;
            plan.bytes = plan.bytes / plan.data_type.size() as u64 * wanted.size() as u64;
            plan.data_type = wanted;
            plan.reasons.push(format!("type {name}: asked for"));
        }
        if let Some(text) = &self.nodata {
            let held = Nodata::parse(text, plan.data_type).filter(|nodata| nodata.fits(plan.data_type));
            let wrong =
                || Error::misuse("nodata", text.as_str(), format!("a value of {}", plan.data_type.name())).hint("say dtype= as well");
            plan.nodata = Some(held.ok_or_else(wrong)?);
            plan.reasons.push(format!("nodata {text}: asked for"));
        }
        Ok(())
    }
}
