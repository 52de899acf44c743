use serde_json::Value;

use super::finding::{Finding, at};

/// Signed tokens and keys in any text of a document; what was found is never repeated.
pub(super) fn check(path: &str, document: &Value, findings: &mut Vec<Finding>) {
    let mut place = Vec::new();
    walk(path, document, &mut place, findings);
}

fn walk<'a>(path: &str, value: &'a Value, place: &mut Vec<std::borrow::Cow<'a, str>>, findings: &mut Vec<Finding>) {
    match value {
        Value::String(text) if holds_secret(text) => {
            let parts: Vec<&str> = place.iter().map(AsRef::as_ref).collect();
            findings.push(
                Finding::error("STAC-SECRET", at(path, &parts), "a signed token or an account key", "an address without a token")
                    .fix("remove the query from the address, and revoke the token: it must count as known"),
            );
        }
        Value::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                place.push(i.to_string().into());
                walk(path, value, place, findings);
                place.pop();
            }
        }
        Value::Object(object) => {
            for (key, value) in object {
                place.push(key.as_str().into());
                walk(path, value, place, findings);
                place.pop();
            }
        }
        _ => {}
    }
}

fn holds_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let parameter = |name: &str| lower.match_indices(name).any(|(i, _)| i == 0 || b"?&; ".contains(&lower.as_bytes()[i - 1]));
    ["sig=", "x-amz-signature=", "x-goog-signature="].iter().any(|name| parameter(name)) || lower.contains("accountkey=")
}
