//! JSON as STAC writes it: two spaces, the order of fields kept, never a bare NaN.

use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result};

/// A JSON object that keeps the order of its fields.
pub type Object = serde_json::Map<String, Value>;

/// The text of a document: two spaces, lists of numbers on one line, a last line feed.
///
/// # Errors
/// Damaged where the value cannot be written as JSON.
///
/// ```
/// # use serde_json::json;
/// let text = swath_stac::pretty(&json!({"bbox": [0.5, 1], "roles": ["data"], "links": []})).unwrap();
/// assert_eq!(text, "{\n  \"bbox\": [0.5, 1],\n  \"roles\": [\n    \"data\"\n  ],\n  \"links\": []\n}\n");
/// ```
pub fn pretty(value: &impl Serialize) -> Result<String> {
    let value = serde_json::to_value(value).map_err(|e| Error::damaged("", e.to_string(), "a JSON value"))?;
    let mut text = String::new();
    write(&value, 0, &mut text);
    text.push('\n');
    Ok(text)
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Array(list) if list.iter().all(Value::is_number) => {
            out.push('[');
            for (i, number) in list.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                out.push_str(&number.to_string());
            }
            out.push(']');
        }
        Value::Array(list) => {
            for (i, value) in list.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                line(out, depth + 1);
                write(value, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Object(object) if object.is_empty() => out.push_str("{}"),
        Value::Object(object) => {
            for (i, (key, value)) in object.iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                line(out, depth + 1);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(value, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

/// Numbers as a JSON array; `None` when one of them is not finite, for JSON has no such number.
pub(crate) fn numbers(values: &[f64]) -> Option<Value> {
    values.iter().all(|v| v.is_finite()).then(|| values.iter().copied().map(Value::from).collect())
}

/// Numbers out of a JSON array; `None` when an element is no number.
pub(crate) fn floats(value: &Value) -> Option<Vec<f64>> {
    value.as_array()?.iter().map(Value::as_f64).collect()
}

/// Equal but for the way numbers are spelled (`1` and `1.0`) and for fields that are null or absent.
///
/// ```
/// # use serde_json::json;
/// assert!(swath_stac::same_json(&json!({"a": [1, 2.5], "b": null}), &json!({"a": [1.0, 2.5]})));
/// assert!(!swath_stac::same_json(&json!({"a": 1}), &json!({"a": 2})));
/// ```
pub fn same_json(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same_json(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            let within = |x: &Object, y: &Object| x.iter().all(|(k, v)| same_json(v, y.get(k).unwrap_or(&Value::Null)));
            within(x, y) && within(y, x)
        }
        _ => a == b,
    }
}
