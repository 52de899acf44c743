use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rayon::prelude::*;
use serde_json::Value;

use super::column::{self, Column};
use super::{Opening, Pieces, Table, flat};
use crate::geometry::Shape;
use crate::{Error, Item, Result};

/// Rows of one table, at most: beyond them a table is not read.
pub(super) const MOST_ROWS: i64 = 20_000_000;

/// Rows that are worth a thread.
const SIDE_BY_SIDE: usize = 64;

/// Reads the items of a stac-geoparquet file. References that are relative are relative to the file.
///
/// # Errors
/// Damaged where the bytes are no Parquet or a row is no Item; OverLimit above twenty million rows.
pub fn read(bytes: Bytes) -> Result<Vec<Item>> {
    let Opening::Ready(table) = Table::open(&Pieces::whole(bytes.clone()))? else { return Err(broken(&"it has no footer")) };
    let limited = table.rows();
    guarded(|| rows(bytes, limited))
}

/// The decoder is other people's code and the bytes may be anyone's: a panic of its is an error here.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken(&"the pages contradict their header")))
}

pub(super) fn broken(e: &dyn std::fmt::Display) -> Error {
    Error::damaged("items.parquet", e.to_string(), "a stac-geoparquet file")
}

fn rows(bytes: Bytes, count: u64) -> Result<Vec<Item>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| broken(&e))?;
    let mut items = Vec::with_capacity(usize::try_from(count).unwrap_or(0).min(1 << 16));
    for batch in builder.build().map_err(|e| broken(&e))? {
        items.extend(of_batch(&batch.map_err(|e| broken(&e))?)?);
    }
    Ok(items)
}

pub(super) fn of_batch(batch: &RecordBatch) -> Result<Vec<Item>> {
    let schema = batch.schema();
    let is_binary = |t: &DataType| matches!(t, DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    let plain = schema.fields().iter().zip(batch.columns()).filter(|(field, _)| !is_binary(field.data_type()));
    let columns: Vec<(String, Column)> =
        plain.map(|(field, column)| Ok((field.name().clone(), Column::of(column)?))).collect::<Result<_>>()?;
    let wkb = batch.column_by_name("geometry");
    let item = |row| flat::item(column::object(&columns, row), wkb.and_then(|wkb| geometry(wkb, row)));
    // The first row that is no item is the one to be told of.
    let items: Vec<Result<Item>> = (0..batch.num_rows()).into_par_iter().with_min_len(SIDE_BY_SIDE).map(item).collect();
    items.into_iter().collect()
}

fn geometry(column: &ArrayRef, row: usize) -> Option<Value> {
    if column.is_null(row) {
        return None;
    }
    let bytes = match column.data_type() {
        DataType::Binary => column.as_binary::<i32>().value(row),
        DataType::LargeBinary => column.as_binary::<i64>().value(row),
        DataType::BinaryView => column.as_binary_view().value(row),
        _ => return None,
    };
    Some(Shape::from_wkb(bytes)?.to_json())
}
