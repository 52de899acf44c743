use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, RecordBatch};
use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde_json::{Value, json};

use super::{INSTANTS, METADATA_KEY, METADATA_VERSION, flat, hilbert, infer};
use crate::geometry::Shape;
use crate::json::Object;
use crate::{Collection, Error, Item, LonLatBox, Result};

/// Rows whose columns lie together: the footer tells of each such group what it holds.
const ROWS_OF_A_GROUP: usize = 20_000;
/// Rows whose values are compressed together: a reader that wants one place reads a few such pages of each column.
const ROWS_OF_A_PAGE: usize = 256;
/// Rows turned into columns at a time.
const ROWS_AT_ONCE: usize = 1_000;

/// Writes items as one table, along a Hilbert curve; equal items give equal bytes. The collection, without its links to items, goes
/// into the file's metadata.
///
/// # Errors
/// Damaged where the items do not fit one table: a property is a value here and an object there, or has the name of a core field.
pub fn write(items: &[Item], collection: Option<&Collection>) -> Result<Bytes> {
    let mut ordered: Vec<(u64, &Item)> =
        items.iter().map(|item| (item.lonlat().map_or(u64::MAX, |b| hilbert::distance(&b)), item)).collect();
    ordered.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    let items: Vec<&Item> = ordered.into_iter().map(|(_, item)| item).collect();
    // Rows are made twice, for all of them at once would weigh more than the items.
    let attributes: SchemaRef = Arc::new(infer::schema(items.iter().map(|item| flat::row(item)))?);
    let schema = with_geometry(&attributes);

    let broken = |e: &dyn std::fmt::Display| Error::damaged("items.parquet", e.to_string(), "items that fit one table");
    let properties = properties(&schema, metadata(&items, collection));
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map_err(|e| broken(&e))?;
    for items in items.chunks(ROWS_AT_ONCE) {
        let rows = items.iter().map(|item| flat::row(item)).collect::<Result<Vec<Object>>>()?;
        let mut decoder = ReaderBuilder::new(attributes.clone()).with_coerce_primitive(true).build_decoder().map_err(|e| broken(&e))?;
        decoder.serialize(&rows).map_err(|e| broken(&e))?;
        let Some(batch) = decoder.flush().map_err(|e| broken(&e))? else { continue };
        let wkb: Vec<Option<Vec<u8>>> = items.iter().map(|item| item.shape().map(|s| s.to_wkb())).collect();
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        columns.push(Arc::new(BinaryArray::from_iter(wkb)));
        let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|e| broken(&e))?;
        writer.write(&batch).map_err(|e| broken(&e))?;
    }
    Ok(writer.into_inner().map_err(|e| broken(&e))?.into())
}

/// Statistics where a search can use them: of each page for place and time, of each group for other properties. No dictionaries:
/// a reader of one page would need the whole of them, and within a page compression does as well.
fn properties(schema: &Schema, metadata: Vec<KeyValue>) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(9).unwrap_or_default()))
        .set_max_row_group_row_count(Some(ROWS_OF_A_GROUP))
        .set_data_page_row_count_limit(ROWS_OF_A_PAGE)
        .set_write_batch_size(ROWS_OF_A_PAGE)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by(concat!("swath ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(metadata));
    for field in schema.fields() {
        let name = field.name().as_str();
        match field.data_type() {
            DataType::Struct(corners) if name == "bbox" => {
                for corner in corners {
                    let path = ColumnPath::new(vec![name.to_owned(), corner.name().clone()]);
                    builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Page);
                }
            }
            DataType::Struct(_) | DataType::List(_) | DataType::Binary => {}
            _ => {
                let deep = if INSTANTS.contains(&name) { EnabledStatistics::Page } else { EnabledStatistics::Chunk };
                builder = builder.set_column_statistics_enabled(ColumnPath::new(vec![name.to_owned()]), deep);
            }
        }
    }
    builder.build()
}

fn with_geometry(attributes: &Schema) -> SchemaRef {
    let geometry = Field::new("geometry", DataType::Binary, true)
        .with_metadata(HashMap::from([("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned())]));
    let mut fields: Vec<Arc<Field>> = attributes.fields().iter().cloned().collect();
    fields.push(Arc::new(geometry));
    Arc::new(Schema::new(fields))
}

fn metadata(items: &[&Item], collection: Option<&Collection>) -> Vec<KeyValue> {
    let mut collections = Object::new();
    if let Some(collection) = collection {
        let mut slim = collection.clone();
        slim.links.retain(|link| link.rel != "item");
        collections.insert(collection.id.clone(), slim.to_json());
    }
    let stac = json!({ "version": METADATA_VERSION, "collections": collections });
    vec![KeyValue::new("geo".to_owned(), geo(items).to_string()), KeyValue::new(METADATA_KEY.to_owned(), stac.to_string())]
}

/// GeoParquet 1.1.0, "File metadata": WKB in OGC:CRS84, covered by the `bbox` column.
fn geo(items: &[&Item]) -> Value {
    let kinds: BTreeSet<&str> = items.iter().filter_map(|item| item.shape()).map(|shape| kind(&shape)).collect();
    let boxes: Vec<LonLatBox> = items.iter().filter_map(|item| item.lonlat()).collect();
    let mut column = json!({ "encoding": "WKB", "geometry_types": kinds });
    if let Some(around) = LonLatBox::around(&boxes) {
        column["bbox"] = around.to_json();
    }
    if items.iter().any(|item| item.bbox.is_some()) {
        let path = |corner: &str| json!(["bbox", corner]);
        column["covering"] = json!({ "bbox": { "xmin": path("xmin"), "ymin": path("ymin"), "xmax": path("xmax"), "ymax": path("ymax") } });
    }
    json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": column } })
}

fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Point(_) => "Point",
        Shape::MultiPoint(_) => "MultiPoint",
        Shape::LineString(_) => "LineString",
        Shape::MultiLineString(_) => "MultiLineString",
        Shape::Polygon(_) => "Polygon",
        Shape::MultiPolygon(_) => "MultiPolygon",
        Shape::GeometryCollection(_) => "GeometryCollection",
    }
}
