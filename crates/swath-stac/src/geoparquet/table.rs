use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use parquet::DecodeResult;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataPushDecoder, RowGroupMetaData};
use serde_json::Value;

use super::read::{MOST_ROWS, broken, guarded};
use super::{METADATA_KEY, Pieces};
use crate::{Collection, Error, Result};

/// A table of items whose footer has been read: what it holds and where, not the items.
///
/// It opens nothing: it says which bytes it needs and is given them.
#[derive(Debug)]
pub struct Table {
    pub(super) footer: Arc<ParquetMetaData>,
    pub(super) schema: SchemaRef,
    collections: Vec<Collection>,
}

/// What opening a table comes to.
#[derive(Debug)]
pub enum Opening {
    /// These bytes are missing.
    Need(Range<u64>),
    Ready(Table),
}

/// One column of one row group unpacked, at most.
const LARGEST_COLUMN: i64 = 2 << 30;
/// So many times the bytes that it is stored in, where it is larger than this.
const SWOLLEN: (i64, i64) = (1000, 128 << 20);
const FAIR: &str = "columns of at most 2 GiB; above 128 MiB, a thousand times what they are stored in";

impl Table {
    /// Of a file's end, asked for at once: mostly the whole footer, of a hundred thousand items the page indexes too, of a thousand all.
    pub const TAIL: u64 = 256 << 10;

    /// # Errors
    /// Damaged where the bytes are no Parquet; OverLimit above twenty million rows.
    pub fn open(pieces: &Pieces) -> Result<Opening> {
        guarded(|| open(pieces))
    }

    /// The collections that the file describes: the stac-geoparquet specification's `collections`, or its older `stac:collection`.
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// Ids of collections, as far as the footer tells them: those described, or the one that all rows name.
    pub fn collection_ids(&self) -> BTreeSet<String> {
        if !self.collections.is_empty() {
            return self.collections.iter().map(|collection| collection.id.clone()).collect();
        }
        let leaves = self.footer.file_metadata().schema_descr();
        let Some(leaf) = leaves.columns().iter().position(|column| column.path().parts() == ["collection"]) else { return BTreeSet::new() };
        let one = |group: &RowGroupMetaData| {
            let statistics = group.columns().get(leaf)?.statistics()?;
            let (least, most) = (statistics.min_bytes_opt()?, statistics.max_bytes_opt()?);
            (least == most && statistics.min_is_exact()).then(|| String::from_utf8(least.to_vec()).ok()).flatten()
        };
        self.footer.row_groups().iter().filter_map(one).collect()
    }

    /// How many items there are.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.footer.file_metadata().num_rows()).unwrap_or(0)
    }

    /// Bytes in memory, about.
    pub fn weight(&self) -> usize {
        self.footer.memory_size()
    }
}

/// Whether a column would unpack to what no table of items needs.
fn swells(column: &ColumnChunkMetaData) -> bool {
    let (of, to) = (column.compressed_size().max(0), column.uncompressed_size());
    to > LARGEST_COLUMN || (to > SWOLLEN.1 && to / SWOLLEN.0 > of)
}

fn open(pieces: &Pieces) -> Result<Opening> {
    let mut decoder = ParquetMetaDataPushDecoder::try_new(pieces.size()).map_err(|e| broken(&e))?;
    decoder = decoder.with_page_index_policy(PageIndexPolicy::Skip);
    for (range, bytes) in pieces.parts() {
        decoder.push_range(range, bytes).map_err(|e| broken(&e))?;
    }
    let footer = match decoder.try_decode().map_err(|e| broken(&e))? {
        DecodeResult::NeedsData(ranges) => {
            let start = ranges.iter().map(|range| range.start).min().unwrap_or(0);
            let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
            if end > pieces.size() || pieces.slice(&(start..end)).is_some() {
                return Err(broken(&"the footer says that it is longer than the file"));
            }
            return Ok(Opening::Need(start..end));
        }
        DecodeResult::Data(footer) => footer,
        DecodeResult::Finished => return Err(broken(&"it has no footer")),
    };
    let rows = footer.file_metadata().num_rows();
    if rows > MOST_ROWS {
        return Err(Error::over_limit("items.parquet", format!("{rows} rows"), format!("at most {MOST_ROWS}")));
    }
    // Row groups are counted one by one before any is read: a reader makes room for what they say.
    let counted =
        footer.row_groups().iter().try_fold(0_i64, |sum, group| sum.checked_add(group.num_rows()).filter(|_| group.num_rows() >= 0));
    if counted != Some(rows) {
        return Err(broken(&format!("its row groups do not add up to its {rows} rows")));
    }
    if let Some(column) = footer.row_groups().iter().flat_map(RowGroupMetaData::columns).find(|column| swells(column)) {
        let (of, to) = (column.compressed_size(), column.uncompressed_size());
        return Err(Error::over_limit("items.parquet", format!("{of} bytes of a column that unpack to {to}"), FAIR));
    }
    let footer = Arc::new(footer);
    let schema = ArrowReaderMetadata::try_new(footer.clone(), ArrowReaderOptions::new()).map_err(|e| broken(&e))?.schema().clone();
    let collections = collections(&footer);
    Ok(Opening::Ready(Table { footer, schema, collections }))
}

/// Metadata that cannot be read describes nothing; the items are what counts.
fn collections(footer: &ParquetMetaData) -> Vec<Collection> {
    let pairs = footer.file_metadata().key_value_metadata();
    let named = |key: &str| {
        let text = pairs?.iter().find(|pair| pair.key == key)?.value.as_deref()?;
        serde_json::from_str::<Value>(text).ok()
    };
    let stored = named(METADATA_KEY).and_then(|stac| match stac.get("collections") {
        Some(Value::Object(by_id)) => Some(by_id.values().cloned().collect::<Vec<_>>()),
        Some(Value::Array(list)) => Some(list.clone()),
        _ => stac.get("collection").map(|one| vec![one.clone()]),
    });
    let stored = stored.or_else(|| named("stac:collection").map(|one| vec![one]));
    stored.into_iter().flatten().filter_map(|value| Collection::from_json(value).ok()).collect()
}
