//! JSON as STAC has it: the order of fields kept, never a bare NaN.

use serde_json::Value;

/// A JSON object that keeps the order of its fields.
pub type Object = serde_json::Map<String, Value>;

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
