//! What the CF conventions say of coordinates: the same words in Zarr and in NetCDF.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::mapping;
use crate::stack::{Band, Reduce, Stack};

pub(super) type Words = Map<String, Value>;

pub(super) fn words(value: Value) -> Words {
    match value {
        Value::Object(map) => map,
        _ => Words::new(),
    }
}

/// Of the x coordinate, then of y.
pub(super) fn horizontal(stack: &Stack) -> [Words; 2] {
    let crs = stack.grid.crs.as_ref();
    if crs.is_some_and(|c| c.is_geographic()) {
        return [
            words(json!({ "standard_name": "longitude", "long_name": "longitude", "units": "degrees_east", "axis": "X" })),
            words(json!({ "standard_name": "latitude", "long_name": "latitude", "units": "degrees_north", "axis": "Y" })),
        ];
    }
    let unit = match crs.map_or("1", |c| c.unit()) {
        "metre" | "meter" => "m",
        other => other,
    };
    [("projection_x_coordinate", "x", "X"), ("projection_y_coordinate", "y", "Y")].map(|(name, long, axis)| {
        words(json!({ "standard_name": name, "long_name": format!("{long} coordinate of projection"), "units": unit, "axis": axis }))
    })
}

/// The grid mapping, with the words of rioxarray and GDAL beside those of CF.
pub(super) fn spatial_ref(stack: &Stack) -> Words {
    let t = stack.grid.transform;
    let transform = [t.c, t.a, t.b, t.f, t.d, t.e].map(|v| v.to_string()).join(" ");
    let mut out = stack.grid.crs.as_ref().map(mapping::of).unwrap_or_default();
    if let Some(crs) = &stack.grid.crs {
        out.insert("crs_wkt".into(), crs.wkt2().into());
        out.insert("spatial_ref".into(), crs.wkt2().into());
    }
    out.insert("GeoTransform".into(), transform.into());
    out
}

/// The time coordinate as whole numbers of the largest unit that is exact.
pub(super) struct TimeAxis {
    pub values: Vec<i64>,
    pub words: Words,
    /// First instant of each step, and the first after it; none unless every step has them.
    pub bounds: Option<Vec<i64>>,
}

pub(super) fn time(stack: &Stack) -> TimeAxis {
    let bounds: Option<Vec<[DateTime<Utc>; 2]>> =
        stack.times.iter().map(|t| t.period.or(t.end.map(|end| (t.datetime, end))).map(|(a, b)| [a, b])).collect();
    let all = stack.times.iter().map(|t| t.datetime).chain(bounds.iter().flatten().flatten().copied());
    let micros: Vec<i64> = all.map(|t| t.timestamp_micros()).collect();
    let (unit, step) = [("days", 86_400_000_000), ("seconds", 1_000_000)]
        .into_iter()
        .find(|(_, s)| micros.iter().all(|m| m % s == 0))
        .unwrap_or(("microseconds", 1));
    let counted = |t: DateTime<Utc>| t.timestamp_micros() / step;
    let mut words = words(json!({
        "standard_name": "time", "long_name": "time", "units": format!("{unit} since 1970-01-01"), "calendar": "proleptic_gregorian", "units_metadata": "leap_seconds: none", "axis": "T"
    }));
    if bounds.is_some() {
        words.insert("bounds".into(), BOUNDS.into());
    }
    TimeAxis {
        values: stack.times.iter().map(|t| counted(t.datetime)).collect(),
        bounds: bounds.map(|b| b.into_iter().flatten().map(counted).collect()),
        words,
    }
}

/// Beside the time coordinate; its second dimension.
pub(super) const BOUNDS: &str = "time_bnds";
pub(super) const ENDS: &str = "bnds";

/// Of the whole: what it is, from what it was made.
pub(super) fn global(stack: &Stack, history: &str) -> Words {
    let bands = stack.bands.iter().map(|b| b.name.as_str()).collect::<Vec<_>>().join(", ");
    let title = if stack.reduce == Reduce::None { bands } else { format!("{} of {bands}", stack.reduce.name()) };
    words(json!({ "Conventions": "CF-1.11", "title": title, "history": history }))
}

/// Of the values of a band.
pub(super) fn band(band: &Band, stack: &Stack) -> Words {
    let mut out = words(json!({ "long_name": band.name }));
    if let Some(unit) = &band.unit {
        out.insert("units".into(), unit.clone().into());
    }
    if let Some(name) = &band.common_name {
        out.insert("common_name".into(), name.clone().into());
    }
    if band.scale.is_some() || band.offset.is_some() {
        out.insert("scale_factor".into(), band.scale.unwrap_or(1.0).into());
        out.insert("add_offset".into(), band.offset.unwrap_or(0.0).into());
    }
    if let Some(method) = cell_method(stack.reduce) {
        out.insert("cell_methods".into(), format!("time: {method}").into());
    }
    out
}

/// CF 1.11, Appendix E.
fn cell_method(reduce: Reduce) -> Option<&'static str> {
    match reduce {
        Reduce::Mean => Some("mean"),
        Reduce::Median => Some("median"),
        Reduce::Min => Some("minimum"),
        Reduce::Max => Some("maximum"),
        Reduce::Std => Some("standard_deviation"),
        Reduce::First | Reduce::Last => Some("point"),
        Reduce::None | Reduce::Percentile(_) | Reduce::Count => None,
    }
}

/// `forest_and_shrub`: a class as one word of `flag_meanings`.
pub(super) fn meaning(name: &str) -> String {
    let word: String = name.trim().chars().map(|c| if c.is_alphanumeric() || "_-.+@".contains(c) { c } else { '_' }).collect();
    if word.is_empty() { "unnamed".into() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample::stack;

    #[test]
    fn times_are_counted_in_the_largest_exact_unit() {
        for (times, unit, values) in [
            (["1970-01-02T00:00:00Z", "1970-01-11T00:00:00Z"], "days", [1, 10]),
            (["1970-01-01T00:00:30Z", "1969-12-31T00:00:00Z"], "seconds", [30, -86_400]),
            (["1970-01-01T00:00:00.000005Z", "1970-01-01T00:00:00Z"], "microseconds", [5, 0]),
        ] {
            let mut stack = stack();
            for (step, time) in stack.times.iter_mut().zip(times) {
                step.datetime = time.parse().unwrap();
            }
            let axis = time(&stack);
            assert_eq!(axis.words["units"], format!("{unit} since 1970-01-01"));
            assert_eq!((axis.values, axis.bounds), (values.to_vec(), None));
        }
    }

    #[test]
    fn a_class_is_one_word() {
        assert_eq!(["forest & shrub", "", "bare/rock"].map(meaning), ["forest___shrub", "unnamed", "bare_rock"]);
    }
}
