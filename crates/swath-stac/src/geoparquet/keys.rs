//! Rows judged by the columns that say where, when and whose, before anything else of them is read.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, TimeUnit};

use super::read::broken;
use crate::{LonLatBox, Query, Result, time};

/// Names of the columns that [`may_match`] looks at.
pub(super) fn names(query: &Query) -> Vec<&'static str> {
    let mut names = vec!["id", "collection"];
    if query.time.is_some() || query.limit.is_some() {
        names.extend(["datetime", "start_datetime", "end_datetime"]);
    }
    if !query.places().is_empty() {
        names.push("bbox");
    }
    names
}

/// Which rows may match. Only what a row itself says rules it out: one without a box may lie anywhere.
pub(super) fn may_match(batch: &RecordBatch, query: &Query) -> Result<BooleanArray> {
    let places = query.places();
    let corners = if places.is_empty() { None } else { corners(batch)? };
    let times = times(batch)?;
    let (ids, collections) = (words(batch, "id")?, words(batch, "collection")?);
    let named = |wanted: &[String], column: &Option<StringArray>, row: usize| {
        wanted.is_empty() || column.as_ref().is_some_and(|c| !c.is_null(row) && wanted.iter().any(|w| w == c.value(row)))
    };
    let micros = |instant: Option<chrono::DateTime<chrono::Utc>>| instant.map(|instant| instant.timestamp_micros());
    let asked = query.time.map(|time| (micros(time.start), micros(time.end)));
    let judge = |row: usize| {
        let near = || corners.as_ref().and_then(|c| lonlat(c, row)).is_none_or(|there| places.iter().all(|asked| asked.intersects(&there)));
        // A microsecond each way, for what was rounded; the item itself is judged later.
        let during = || {
            asked.is_none_or(|(start, end)| {
                let [nominal, first, last] = times.each_ref().map(|c| c.as_ref().filter(|c| !c.is_null(row)).map(|c| c.value(row)));
                let (Some(first), Some(last)) = (first.or(nominal), last.or(nominal)) else { return false };
                start.is_none_or(|start| last >= start - 1) && end.is_none_or(|end| first <= end + 1)
            })
        };
        named(&query.collections, &collections, row) && named(&query.ids, &ids, row) && during() && near()
    };
    Ok((0..batch.num_rows()).map(|row| Some(judge(row))).collect())
}

fn corners(batch: &RecordBatch) -> Result<Option<(StructArray, [Float64Array; 4])>> {
    let Some(column) = batch.column_by_name("bbox").and_then(|column| column.as_struct_opt()) else { return Ok(None) };
    let mut corners = Vec::with_capacity(4);
    for name in ["xmin", "ymin", "xmax", "ymax"] {
        let Some(corner) = column.column_by_name(name) else { return Ok(None) };
        corners.push(cast(corner, &DataType::Float64)?.as_primitive::<Float64Type>().clone());
    }
    Ok(<[Float64Array; 4]>::try_from(corners).ok().map(|corners| (column.clone(), corners)))
}

fn lonlat((column, corners): &(StructArray, [Float64Array; 4]), row: usize) -> Option<LonLatBox> {
    if column.is_null(row) || corners.iter().any(|corner| corner.is_null(row)) {
        return None;
    }
    LonLatBox::of(&corners.each_ref().map(|corner| corner.value(row)))
}

/// Nominal instant, start and end. Times that are kept as words are read as words.
fn times(batch: &RecordBatch) -> Result<[Option<TimestampMicrosecondArray>; 3]> {
    let mut times = [None, None, None];
    for (slot, name) in times.iter_mut().zip(["datetime", "start_datetime", "end_datetime"]) {
        let Some(column) = batch.column_by_name(name) else { continue };
        *slot = Some(match column.data_type() {
            DataType::Timestamp(..) => {
                let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
                micros.as_primitive::<TimestampMicrosecondType>().clone()
            }
            _ => {
                let words = cast(column, &DataType::Utf8)?;
                let read = |word: Option<&str>| word.and_then(time::parse).map(|instant| instant.timestamp_micros());
                words.as_string::<i32>().iter().map(read).collect()
            }
        });
    }
    Ok(times)
}

fn words(batch: &RecordBatch, name: &str) -> Result<Option<StringArray>> {
    let Some(column) = batch.column_by_name(name) else { return Ok(None) };
    Ok(Some(cast(column, &DataType::Utf8)?.as_string::<i32>().clone()))
}

fn cast(column: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    arrow_cast::cast(column, to).map_err(|e| broken(&e))
}
