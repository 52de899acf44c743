use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;
use swath::publish::{self, Others, Overwrite, Request};
use swath::store::Store;

use crate::access::{Spoken, credentials};
use crate::error::{raised, unread};
use crate::process::wait;

/// How to publish, as the package says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    build: String,
    to: String,
    /// `if-changed`, `never` or `always`.
    overwrite: String,
    mirror: bool,
    prune: bool,
    dry_run: bool,
}

impl Asked {
    fn request(&self) -> swath::Result<Request> {
        let overwrite = match self.overwrite.as_str() {
            "if-changed" => Overwrite::IfChanged,
            "never" => Overwrite::Never,
            "always" => Overwrite::Always,
            other => return Err(swath::Error::misuse("overwrite", format!("{other:?}"), "if-changed, never or always")),
        };
        let others = if self.mirror { Others::Retire } else { Others::Keep };
        Ok(Request { overwrite, others, ..Request::new(&self.build) })
    }
}

/// Uploads a build in safe order; with `dry_run` only says what it would upload.
#[pyfunction(name = "publish")]
pub fn publish_build(py: Python<'_>, asked: &str, access: Spoken) -> PyResult<String> {
    let asked: Asked = serde_json::from_str(asked).map_err(|e| unread("publish", &e))?;
    let request = asked.request().map_err(|e| raised(&e))?;
    wait(py, move || async move {
        let store = Store::open(&asked.to, &credentials(&access)?)?;
        if asked.dry_run {
            let plan = publish::plan_for(&request, &store).await?;
            let uploads: Vec<_> = plan.uploads.iter().map(|u| json!({ "path": u.path, "size": u.size })).collect();
            return Ok(json!({ "to": plan.to, "uploads": uploads, "present": plan.present.len(), "bytes": plan.bytes(),
                "conflicts": plan.conflicts.iter().map(|c| json!({ "path": c.path, "found": c.found, "hint": c.hint })).collect::<Vec<_>>() })
            .to_string());
        }
        let (_, mut report) = publish::publish(&request, &store, &()).await?;
        if asked.prune {
            report.removed = publish::prune(&store).await?;
        }
        Ok(json!(report).to_string())
    })
}
