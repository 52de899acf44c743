use serde_json::Value;

use super::finding::{Finding, at, short};
use crate::facts::Nodata;
use crate::json::Object;

/// What an asset says of its bands (STAC 1.1.0, common metadata, "Data Values").
pub(super) fn check(path: &str, place: &[&str], asset: &Object, findings: &mut Vec<Finding>) {
    one(path, place, asset, None, findings);
    for (i, band) in asset.get("bands").and_then(Value::as_array).into_iter().flatten().enumerate() {
        if let Some(band) = band.as_object() {
            let index = i.to_string();
            let place: Vec<&str> = place.iter().copied().chain(["bands", index.as_str()]).collect();
            one(path, &place, band, asset.get("data_type"), findings);
        }
    }
}

fn one(path: &str, place: &[&str], object: &Object, shared: Option<&Value>, findings: &mut Vec<Finding>) {
    let of = |field: &str| at(path, &place.iter().copied().chain([field]).collect::<Vec<_>>());
    if let Some(nodata) = object.get("nodata") {
        let data_type = object.get("data_type").or(shared).and_then(Value::as_str);
        match Nodata::from_json(nodata) {
            None => findings.push(
                Finding::error("STAC-NODATA", of("nodata"), short(nodata), "a number, or one of the strings \"nan\", \"inf\", \"-inf\"")
                    .fix("build the item again"),
            ),
            Some(value) if data_type.and_then(range).is_some_and(|(low, high)| !(low..=high).contains(&value.as_f64())) => {
                let found = format!("{} in pixels of type {}", short(nodata), data_type.unwrap_or_default());
                findings.push(
                    Finding::warning("STAC-NODATA-RANGE", of("nodata"), found, "a value that a pixel can have")
                        .fix("set nodata in swath.toml to a value of that type, or leave it out"),
                );
            }
            Some(_) => {}
        }
    }
    if let Some(statistics) = object.get("statistics").and_then(Value::as_object) {
        let number = |name: &str| statistics.get(name).and_then(Value::as_f64);
        let turned = number("minimum").zip(number("maximum")).is_some_and(|(low, high)| low > high);
        let outside = number("mean").zip(number("minimum").zip(number("maximum"))).is_some_and(|(mean, (low, high))| {
            let slack = 1e-6 * (high.abs() + low.abs() + 1.0);
            mean < low - slack || mean > high + slack
        });
        if turned || outside {
            let found = "minimum, mean and maximum are not in order";
            findings
                .push(Finding::error("STAC-STATISTICS", of("statistics"), found, "minimum <= mean <= maximum").fix("build the item again"));
        }
    }
}

/// What integers of that type can be; floating types can be anything.
fn range(data_type: &str) -> Option<(f64, f64)> {
    let (signed, bits) = data_type.strip_prefix("uint").map(|b| (false, b)).or_else(|| Some((true, data_type.strip_prefix("int")?)))?;
    let bits: i32 = bits.parse().ok()?;
    let (low, high) = if signed { (-(2.0_f64.powi(bits - 1)), 2.0_f64.powi(bits - 1) - 1.0) } else { (0.0, 2.0_f64.powi(bits) - 1.0) };
    Some((low, high))
}
