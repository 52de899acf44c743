//! A column's values as JSON, without a text in between.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, OffsetSizeTrait, RecordBatch, StringArray, StructArray,
};
use arrow_json::ArrayWriter;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::DateTime;
use serde_json::Value;

use super::read::broken;
use crate::json::Object;
use crate::{Result, time};

/// Of a type that items are mostly made of, read in place; of any other what arrow's own writer says, told beforehand.
pub(super) enum Column {
    Bool(BooleanArray),
    Int(Int64Array),
    Float(Float64Array),
    Single(Float32Array),
    Words(StringArray),
    Fields(StructArray, Vec<(String, Column)>),
    List(Lists, Box<Column>),
    Told(Vec<Option<Value>>),
}

/// Which values are whose.
pub(super) struct Lists {
    array: ArrayRef,
    offsets: Vec<usize>,
}

impl Column {
    /// # Errors
    /// Damaged where there is no JSON for a type.
    pub fn of(array: &ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::Int(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            DataType::Float64 => Self::Float(array.as_primitive::<Float64Type>().clone()),
            DataType::Float32 => Self::Single(array.as_primitive::<Float32Type>().clone()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Words(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
            }
            DataType::Timestamp(_, Some(zone)) if matches!(&**zone, "UTC" | "+00:00" | "Z") => match instants(array)? {
                Some(told) => Self::Told(told),
                None => Self::Told(told(array)?),
            },
            DataType::Struct(_) => {
                let array = array.as_struct();
                let columns = array.fields().iter().zip(array.columns());
                let columns = columns.map(|(field, column)| Ok((field.name().clone(), Self::of(column)?))).collect::<Result<_>>()?;
                Self::Fields(array.clone(), columns)
            }
            DataType::List(_) => Self::list::<i32>(array)?,
            DataType::LargeList(_) => Self::list::<i64>(array)?,
            _ => Self::Told(told(array)?),
        })
    }

    /// `None` where the row has none: what holds it leaves it out.
    pub fn value(&self, row: usize) -> Option<Value> {
        let here = |array: &dyn Array| array.is_valid(row);
        Some(match self {
            Self::Bool(array) => here(array).then(|| array.value(row))?.into(),
            Self::Int(array) => here(array).then(|| array.value(row))?.into(),
            Self::Float(array) => here(array).then(|| array.value(row))?.into(),
            // As short as it is as a single: 0.1, not 0.10000000149011612.
            Self::Single(array) => here(array).then(|| array.value(row))?.to_string().parse::<f64>().ok().into(),
            Self::Words(array) => here(array).then(|| array.value(row))?.into(),
            Self::Fields(array, columns) => here(array).then(|| object(columns, row))?.into(),
            Self::List(lists, column) => {
                let (start, end) = here(&lists.array).then(|| lists.offsets.get(row).zip(lists.offsets.get(row + 1)))??;
                (*start..*end).map(|at| column.value(at).unwrap_or_default()).collect()
            }
            Self::Told(values) => values.get(row)?.clone()?,
        })
    }

    fn list<O: OffsetSizeTrait>(array: &ArrayRef) -> Result<Self> {
        let list = array.as_list::<O>();
        let offsets = list.value_offsets().iter().map(|offset| offset.as_usize()).collect();
        Ok(Self::List(Lists { array: array.clone(), offsets }, Box::new(Self::of(list.values())?)))
    }
}

/// Named columns of a row as one object.
pub(super) fn object(columns: &[(String, Column)], row: usize) -> Object {
    let mut object = Object::with_capacity(columns.len());
    for (name, column) in columns {
        if let Some(value) = column.value(row) {
            object.insert(name.clone(), value);
        }
    }
    object
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to { Ok(array.clone()) } else { arrow_cast::cast(array, to).map_err(|e| broken(&e)) }
}

/// Instants of UTC; `None` where one of them is beyond what a date can say.
fn instants(array: &ArrayRef) -> Result<Option<Vec<Option<Value>>>> {
    // A finer one may have a fraction that microseconds do not tell.
    if matches!(array.data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _)) {
        return Ok(None);
    }
    let Ok(micros) = arrow_cast::cast(array, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))) else { return Ok(None) };
    let micros = micros.as_primitive::<TimestampMicrosecondType>();
    let told = (0..array.len()).map(|row| match array.is_valid(row) && micros.is_valid(row) {
        true => DateTime::from_timestamp_micros(micros.value(row)).map(|instant| Some(time::rfc3339(&instant).into())),
        false => Some(None),
    });
    Ok(if micros.null_count() == array.null_count() { told.collect() } else { None })
}

/// What arrow's own writer says.
fn told(array: &ArrayRef) -> Result<Vec<Option<Value>>> {
    const NAME: &str = "value";
    let schema = Schema::new(vec![Field::new(NAME, array.data_type().clone(), true)]);
    let batch = RecordBatch::try_new(schema.into(), vec![array.clone()]).map_err(|e| broken(&e))?;
    let mut writer = ArrayWriter::new(Vec::new());
    writer.write(&batch).and_then(|()| writer.finish()).map_err(|e| broken(&e))?;
    let text = writer.into_inner();
    // A writer that was given no rows says nothing at all.
    let rows: Vec<Object> = if array.is_empty() { Vec::new() } else { serde_json::from_slice(&text).map_err(|e| broken(&e))? };
    Ok(rows.into_iter().map(|mut row| row.shift_remove(NAME)).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{Float64Builder, ListBuilder, StringBuilder};
    use arrow_array::{Date32Array, Int8Array, LargeStringArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array};

    use super::*;

    #[track_caller]
    fn check(array: ArrayRef) {
        let column = Column::of(&array).unwrap();
        let values: Vec<Option<Value>> = (0..array.len()).map(|row| column.value(row)).collect();
        assert_eq!(values, told(&array).unwrap(), "{array:?}");
        // Part of it says the same of its own rows.
        let (part, rows) = (array.slice(1, 2), values.get(1..3).unwrap());
        let column = Column::of(&part).unwrap();
        assert_eq!([column.value(0), column.value(1)], rows);
    }

    #[test]
    fn values_are_as_arrow_itself_writes_them() {
        let mut words = ListBuilder::new(StringBuilder::new());
        words.append_value([Some("a"), None, Some("\"é\n")]);
        words.append_null();
        words.append_value(Vec::<Option<&str>>::new());
        let mut numbers = ListBuilder::new(ListBuilder::new(Float64Builder::new()));
        numbers.values().append_value([Some(0.5), None]);
        numbers.append(true);
        numbers.append(false);
        numbers.values().append_null();
        numbers.values().append_value([Some(f64::NAN)]);
        numbers.append(true);
        let ints: ArrayRef = Arc::new(Int64Array::from(vec![Some(-1), None, Some(i64::MAX)]));
        let inner = StructArray::from(vec![(Arc::new(Field::new("n", DataType::Int64, true)), ints.clone())]);
        let nulls = arrow_array::BooleanArray::from(vec![true, true, false]).values().clone().into();
        let outer = StructArray::new(inner.fields().clone(), inner.columns().to_vec(), Some(nulls));
        let zoned = |zone: &str| Arc::new(TimestampMicrosecondArray::from(vec![Some(1_500_000), None, Some(-1)]).with_timezone(zone));
        for array in [
            ints,
            Arc::new(outer) as ArrayRef,
            Arc::new(words.finish()),
            Arc::new(numbers.finish()),
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
            Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::INFINITY), Some(-0.0)])),
            Arc::new(Float32Array::from(vec![Some(0.1), Some(f32::NAN), Some(16_777_216.0)])),
            Arc::new(Int8Array::from(vec![Some(-7), None, Some(7)])),
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(7)])),
            Arc::new(LargeStringArray::from(vec![Some("x"), None, Some("")])),
            Arc::new(Date32Array::from(vec![Some(1), None, Some(20_000)])),
            zoned("UTC"),
            zoned("+00:00"),
            zoned("+02:00"),
            zoned("Europe/Berlin"),
            Arc::new(TimestampNanosecondArray::from(vec![Some(1_500_000_001), None, Some(7)]).with_timezone("UTC")),
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1_500_000), None, Some(7)])),
        ] {
            check(array);
        }
    }
}
