use serde_json::Value;

use super::finding::{Finding, at};
use crate::extension::{KNOWN, fields};
use crate::json::Object;

/// Extensions that are used but not declared, or declared but not used (STAC 1.1.0, "stac_extensions").
pub(super) fn check(path: &str, document: &Object, findings: &mut Vec<Finding>) {
    let declared: Vec<&str> =
        document.get("stac_extensions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = fields(document);
    for extension in KNOWN {
        let used = fields.iter().find(|f| extension.owns(f));
        let said: Vec<&&str> = declared.iter().filter(|d| d.starts_with(extension.family())).collect();
        let place = at(path, &["stac_extensions"]);
        match (used, said.as_slice()) {
            (Some(field), []) => findings.push(
                Finding::error("STAC-EXT-UNDECLARED", place, format!("{field} is used, its extension is not declared"), extension.schema)
                    .fix(format!("add {:?} to stac_extensions", extension.schema)),
            ),
            // The schemas of raster v2 and eo v2 refuse objects without one of their fields.
            (None, [one, ..]) => findings.push(
                Finding::error(
                    "STAC-EXT-UNUSED",
                    place,
                    format!("{one} is declared, none of its fields is used"),
                    "only extensions in use",
                )
                .fix(format!("remove {one:?} from stac_extensions")),
            ),
            (_, [_, _, ..]) => findings.push(
                Finding::error("STAC-EXT-TWICE", place, format!("{} versions of one extension", said.len()), "one version")
                    .fix(format!("keep {:?}", extension.schema)),
            ),
            _ => {}
        }
    }
}
