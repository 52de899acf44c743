use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use swath::raster::{Nodata, SampleType, Shape};
use swath::stack::{self, GroupBy, Known, OnError, StackPlan, StackRequest};
use swath::{Error, Result};

use crate::access::Spoken;
use crate::error::{raised, unread};
use crate::items::for_each;
use crate::names::Names;
use crate::plan::{Plan, fetch};
use crate::process::{wait, work};
use crate::request::Asked;
use crate::said;

/// Items that say enough to plan arrays with, taken once for all the plans of one call.
#[pyclass(frozen, module = "swath._swath")]
pub struct Material {
    known: Arc<Known>,
    reasons: Vec<String>,
    /// How files whose headers were read are cut, by href.
    blocks: HashMap<String, Shape>,
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
    let (mut known, mut resolved) = (Known::default(), Names::new(&wanted.assets));
    for_each(items, |part| {
        let part = wanted.told(part);
        resolved.look(&part);
        py.detach(|| swath::on_own_threads(|| known.add(&part))).map_err(|e| raised(&e))
    })?;
    let names = resolved.into_names();
    let errors = if wanted.lenient { OnError::Nodata } else { OnError::Raise };
    let request = StackRequest { assets: names.clone(), errors, ..StackRequest::default() };
    if known.is_enough(&request) {
        return Ok(Material { known: Arc::new(known), reasons: Vec::new(), blocks: HashMap::new(), names });
    }
    // Then they are needed whole, to be filled in.
    let mut whole = Vec::new();
    for_each(items, |part| {
        whole.extend(wanted.told(part).into_owned());
        Ok(())
    })?;
    let first = known.first_href().map(|href| href.split(['?', '#']).next().unwrap_or(href).to_owned());
    let root = wanted.root.or(first).unwrap_or_else(|| ".".to_owned());
    let fetch = fetch(&root, &access, sign).map_err(|e| raised(&e))?;
    wait(py, move || async move {
        let filled = stack::filled(&whole, &request, &fetch).await?;
        let (known, reasons, blocks) = match filled {
            Some(filled) => (Known::read(&filled.items)?, filled.reasons, filled.blocks),
            None => (known, Vec::new(), HashMap::new()),
        };
        Ok(Material { known: Arc::new(known), reasons, blocks, names })
    })
}

impl Wanted {
    /// Items with what a person says of them.
    fn told<'a>(&self, items: Cow<'a, [Value]>) -> Cow<'a, [Value]> {
        let Some(config) = &self.config else { return items };
        let mut items = items.into_owned();
        said::fill(&mut items, config);
        Cow::Owned(items)
    }
}

#[pymethods]
impl Material {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }
    fn ids(&self) -> Vec<String> {
        self.known.ids().map(str::to_owned).collect()
    }
    /// The places of the items of each step of time, in the order in which they fill it.
    fn steps(&self, py: Python<'_>, groupby: &str) -> Vec<Vec<usize>> {
        py.detach(|| self.known.steps(GroupBy::parse(groupby).unwrap_or_default()))
    }
    /// Plans the array of these items.
    fn plan(&self, py: Python<'_>, asked: &str) -> PyResult<Plan> {
        let mut asked: Asked = serde_json::from_str(asked).map_err(|e| unread("load", &e))?;
        let other = Other { data_type: asked.data_type.take(), nodata: asked.nodata.take() };
        let request = asked.request().map_err(|e| raised(&e))?;
        let (known, reasons, blocks) = (Arc::clone(&self.known), self.reasons.clone(), self.blocks.clone());
        work(py, move |_| {
            let mut plan = known.plan(&request)?;
            plan.blocks = plan.sources.first().and_then(|source| blocks.get(&source.href).copied());
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
