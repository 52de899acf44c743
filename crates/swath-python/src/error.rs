use pyo3::prelude::*;
use pyo3::types::PyDict;
use swath::store::redact;

/// The same error as one of the classes of `swath._errors`: the family is the class.
pub fn raised(error: &swath::Error) -> PyErr {
    Python::attach(|py| instance(py, error).map_or_else(|e| e, PyErr::from_value))
}

fn instance<'py>(py: Python<'py>, error: &swath::Error) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("swath._errors")?.getattr(format!("{:?}", error.family))?;
    let fields = PyDict::new(py);
    fields.set_item("where", argument(&redact(&error.at)))?;
    fields.set_item("found", redact(&error.found))?;
    fields.set_item("expected", redact(&error.right))?;
    fields.set_item("hint", error.hint.as_deref().map(redact))?;
    class.call((), Some(&fields))
}

/// What the command line calls `--assets` is `bands=` here, and else of the same name.
fn argument(at: &str) -> String {
    match at.strip_prefix("--") {
        Some("assets") => "bands".to_owned(),
        Some(flag) => flag.replace('-', "_"),
        None => at.to_owned(),
    }
}

/// JSON between the package and this module that does not fit: a mistake of ours, told as one.
pub fn unread(what: &str, error: &serde_json::Error) -> PyErr {
    raised(&swath::Error::misuse(what, error.to_string(), ""))
}
