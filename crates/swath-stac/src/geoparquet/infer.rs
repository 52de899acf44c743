//! The type of each column, from the rows; fields keep the order in which they were first seen, so that equal rows give equal bytes.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use indexmap::IndexMap;
use serde_json::Value;

use super::INSTANTS;
use crate::json::Object;
use crate::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Unknown,
    Bool,
    Int,
    Float,
    Text,
    List(Box<Kind>),
    Struct(IndexMap<String, Kind>),
}

/// The schema of the rows, without the geometry.
pub(super) fn schema(rows: impl Iterator<Item = Result<Object>>) -> Result<Schema> {
    let mut columns = IndexMap::new();
    for row in rows {
        merge_fields(&mut columns, &row?, "")?;
    }
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, kind)| {
            if INSTANTS.contains(&name.as_str()) {
                Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true)
            } else {
                Field::new(name, data_type(kind), true)
            }
        })
        .collect();
    Ok(Schema::new(fields))
}

fn merge_fields(fields: &mut IndexMap<String, Kind>, object: &Object, at: &str) -> Result<()> {
    for (name, value) in object {
        let place = format!("{at}/{name}");
        let known = fields.entry(name.clone()).or_insert(Kind::Unknown);
        merge(known, value, &place)?;
    }
    Ok(())
}

fn merge(known: &mut Kind, value: &Value, at: &str) -> Result<()> {
    if let Value::Object(object) = value {
        if *known == Kind::Unknown {
            *known = Kind::Struct(IndexMap::new());
        }
        return match known {
            Kind::Struct(fields) => merge_fields(fields, object, at),
            _ => Err(conflict(at)),
        };
    }
    if let Value::Array(list) = value {
        if *known == Kind::Unknown {
            *known = Kind::List(Box::new(Kind::Unknown));
        }
        return match known {
            Kind::List(element) => list.iter().try_for_each(|v| merge(element, v, at)),
            _ => Err(conflict(at)),
        };
    }
    let seen = match value {
        Value::Null => return Ok(()),
        Value::Bool(_) => Kind::Bool,
        Value::Number(n) if n.is_i64() => Kind::Int,
        Value::Number(_) => Kind::Float,
        _ => Kind::Text,
    };
    let merged = match (&*known, seen) {
        (Kind::List(_) | Kind::Struct(_), _) => return Err(conflict(at)),
        (Kind::Unknown, seen) => seen,
        (Kind::Int | Kind::Float, Kind::Float) | (Kind::Float, Kind::Int) => Kind::Float,
        (known, seen) if *known == seen => seen,
        // Numbers among words (nodata -9999 here, "nan" there) are kept as words.
        _ => Kind::Text,
    };
    *known = merged;
    Ok(())
}

fn conflict(at: &str) -> Error {
    Error::damaged(at, "is a value in one item and a list or an object in another", "one type in all items")
        .hint("a table has one type per column; write JSON instead, or make the items agree")
}

fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Bool => DataType::Boolean,
        Kind::Int => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Unknown | Kind::Text => DataType::Utf8,
        Kind::List(element) => DataType::List(Arc::new(Field::new("item", data_type(element), true))),
        Kind::Struct(fields) => DataType::Struct(fields.iter().map(|(n, k)| Field::new(n, data_type(k), true)).collect::<Fields>()),
    }
}
