use serde_json::Value;

use super::finding::{Finding, Severity};
use super::schema::Schemas;
use super::{collection, declared, item, secrets, text};

/// Everything that one document says of itself; links and neighbours are the business of [`super::tree`].
///
/// ```
/// let findings = swath_stac::check::document("a.json", r#"{"type": "Feature", "bbox": [NaN]}"#);
/// assert_eq!(findings[0].rule, "STAC-JSON-NAN");
/// ```
pub fn document(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    read(path, text, &mut Schemas::new(), &mut findings);
    findings
}

/// Checks a document and gives what could be read of it.
pub(super) fn read(path: &str, text: &str, schemas: &mut Schemas, findings: &mut Vec<Finding>) -> Option<Value> {
    let value = text::read(path, text, findings)?;
    let before = findings.len();
    secrets::check(path, &value, findings);
    if let Some(object) = value.as_object() {
        declared::check(path, object, findings);
        match object.get("type").and_then(Value::as_str) {
            Some("Feature") => item::check(path, object, findings),
            Some("Collection") => collection::check(path, object, findings),
            _ => {}
        }
    }
    let mut of_schema = Vec::new();
    schemas.check(path, &value, &mut of_schema);
    // Where a rule has said the same thing readably, a schema's "not valid under any of" adds nothing.
    let told = findings[before..].iter().any(|f| f.severity == Severity::Error);
    of_schema.retain(|f| !(told && f.found.contains("is not valid under any of")));
    findings.extend(of_schema);
    Some(value)
}
