use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::Item;
use crate::item::asset_facts;
use crate::json::Object;

/// Distinct words of one property that are still worth a list.
const MOST_WORDS: usize = 40;

/// Properties that a summary would only blur: times stand in the extent; places, sizes and transforms are no property of the whole.
fn is_summarized(name: &str) -> bool {
    let personal = matches!(name, "title" | "description" | "datetime" | "start_datetime" | "end_datetime" | "created" | "updated");
    !personal && (name == "proj:code" || !name.starts_with("proj:"))
}

/// Distinct words, ranges of numbers, of the properties of all items (STAC 1.1.0, collection-spec, "Summaries").
pub(super) fn summarize(items: &[Item]) -> Object {
    let mut seen: IndexMap<&str, Vec<&Value>> = IndexMap::new();
    for (name, value) in items.iter().flat_map(|item| &item.properties) {
        if is_summarized(name) {
            seen.entry(name).or_default().push(value);
        }
    }
    let mut codes = seen.shift_remove("proj:code").into_iter().flatten().collect::<Vec<_>>();
    let listed: Vec<&Value> = items.iter().flat_map(|i| i.assets.values()).filter_map(|a| a.field("proj:code")).collect();
    codes.extend(listed);
    codes.retain(|code| code.is_string());
    let mut summaries = Object::new();
    if let Some(summary) = words(&codes) {
        summaries.insert("proj:code".into(), summary);
    }
    for (name, values) in seen {
        if let Some(summary) = range(&values).or_else(|| words(&values)) {
            summaries.insert(name.into(), summary);
        }
    }
    summaries
}

fn range(values: &[&Value]) -> Option<Value> {
    let mut ordered: Vec<&Value> = Vec::with_capacity(values.len());
    for value in values {
        value.as_f64()?;
        ordered.push(value);
    }
    ordered.sort_by(|a, b| a.as_f64().unwrap_or(0.0).total_cmp(&b.as_f64().unwrap_or(0.0)));
    let (low, high) = (*ordered.first()?, *ordered.last()?);
    Some(if low == high { json!([low]) } else { json!({ "minimum": low, "maximum": high }) })
}

fn words(values: &[&Value]) -> Option<Value> {
    let mut words: Vec<&str> = values.iter().map(|v| v.as_str()).collect::<Option<_>>()?;
    words.sort_unstable();
    words.dedup();
    (!words.is_empty() && words.len() <= MOST_WORDS).then(|| json!(words))
}

/// Every named band of any item, described by what all its occurrences share.
pub(super) fn bands(items: &[Item]) -> Vec<Value> {
    let mut union: IndexMap<String, Object> = IndexMap::new();
    for item in items {
        for key in item.assets.keys() {
            for facts in asset_facts(item, key).into_iter().flat_map(|asset| asset.bands) {
                let Some(name) = facts.name else { continue };
                let mut band = Object::new();
                band.insert("name".into(), name.clone().into());
                let text = [("description", facts.description), ("data_type", facts.data_type), ("unit", facts.unit)];
                for (field, value) in text {
                    if let Some(value) = value {
                        band.insert(field.into(), value.into());
                    }
                }
                if let Some(nodata) = facts.nodata {
                    band.insert("nodata".into(), nodata.to_json());
                }
                band.extend(facts.eo);
                match union.get_mut(&name) {
                    None => drop(union.insert(name, band)),
                    Some(known) => known.retain(|field, value| band.get(field) == Some(value)),
                }
            }
        }
    }
    union.into_values().map(Value::Object).collect()
}
