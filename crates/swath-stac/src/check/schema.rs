//! The core schemas, from the copies that are compiled in: nothing is fetched.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::Value;

use super::finding::{Finding, clip};

/// Compiled once, used for every document.
pub(super) struct Schemas(Option<stac_validate::Validator>);

impl Schemas {
    pub fn new() -> Self {
        Self(now(stac_validate::Validator::new()).and_then(Result::ok))
    }

    /// Every error of the core schema, as findings.
    pub fn check(&mut self, path: &str, document: &Value, findings: &mut Vec<Finding>) {
        let (Some(validator), Some(object)) = (&mut self.0, document.as_object()) else { return };
        let known = matches!(object.get("type").and_then(Value::as_str), Some("Feature" | "Collection" | "Catalog"))
            && matches!(object.get("stac_version").and_then(Value::as_str), Some("1.0.0" | "1.1.0"));
        if !known {
            findings.push(
                Finding::error(
                    "STAC-SCHEMA",
                    path,
                    "no STAC type or version",
                    "type Feature, Collection or Catalog and stac_version 1.1.0",
                )
                .fix("remove the file from the tree, or build it again"),
            );
            return;
        }
        // Extensions have rules of their own here; their schemas would have to be fetched.
        let mut core = object.clone();
        core.shift_remove("stac_extensions");
        if let Some(Err(stac_validate::Error::Validation(errors))) = now(validator.validate_value(Value::Object(core))) {
            for error in errors {
                let said = error.into_json();
                let said = said.get("error").and_then(Value::as_str).unwrap_or_default();
                findings.push(Finding::error("STAC-SCHEMA", path, readable(said), "what the STAC core schema asks for"));
            }
        }
    }
}

/// Runs to its end what never waits; `None` if it would wait after all.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The schema's own words; where they begin with the whole document, only their end.
fn readable(said: &str) -> String {
    match said.rfind("} ").or_else(|| said.rfind("] ")) {
        Some(end) if said.len() > 200 => format!("the document {}", clip(&said[end + 2..], 200)),
        _ => clip(said, 200),
    }
}
