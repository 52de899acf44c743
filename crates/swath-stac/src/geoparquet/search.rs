use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::DecodeResult;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelectionPolicy,
};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataBuilder, ParquetMetaDataPushDecoder};
use rayon::prelude::*;

use super::bounds::Columns;
use super::read::{broken, guarded, of_batch};
use super::{Pieces, Table, keys};
use crate::query::Rank;
use crate::{Item, Query, Result};

/// A search in one table, in three steps, each of which reads less of the file than the one before would allow: the page indexes of the
/// row groups that may match, the columns that say where and when in the pages that may match, and all columns of the rows that do.
///
/// It opens nothing: it says which bytes it needs and is given them.
#[derive(Debug)]
pub struct Search {
    table: Arc<Table>,
    query: Query,
    stage: Stage,
    groups: Vec<Group>,
    matched: usize,
}

/// What a step comes to.
#[derive(Debug)]
pub enum Step {
    /// These bytes are missing.
    Need(Vec<Range<u64>>),
    Found(Rows),
}

/// The items that match, in the order of the query, as many as it wants.
#[derive(Debug)]
pub struct Rows {
    pub items: Vec<Item>,
    /// How many match.
    pub matched: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Indexes,
    Keys,
    Items,
}

/// A row group that may hold a match, as a file of its own.
#[derive(Debug)]
struct Group {
    reader: ArrowReaderMetadata,
    rows: Vec<Range<usize>>,
}

/// Rows decoded at one time.
const BATCH: usize = 2048;

impl Search {
    pub fn new(table: &Arc<Table>, query: &Query) -> Self {
        Self { table: table.clone(), query: query.clone(), stage: Stage::Indexes, groups: Vec::new(), matched: 0 }
    }

    /// Goes on as far as the pieces allow.
    ///
    /// # Errors
    /// Damaged where the pages contradict their header, or a row is no Item.
    pub fn step(&mut self, pieces: &Pieces) -> Result<Step> {
        guarded(|| {
            loop {
                let missing = pieces.missing(self.ranges());
                if !missing.is_empty() {
                    return match missing.iter().any(|range| range.start >= range.end || range.end > pieces.size()) {
                        true => Err(broken(&"its pages lie outside the file")),
                        false => Ok(Step::Need(missing)),
                    };
                }
                match self.stage {
                    Stage::Indexes => {
                        self.groups = self.indexes(pieces)?;
                        self.stage = Stage::Keys;
                    }
                    Stage::Keys => {
                        self.keys(pieces)?;
                        self.stage = Stage::Items;
                    }
                    Stage::Items => return Ok(Step::Found(self.items(pieces)?)),
                }
            }
        })
    }

    fn ranges(&self) -> Vec<Range<u64>> {
        match self.stage {
            Stage::Indexes => self.candidates().flat_map(|group| index_ranges(&group)).flatten().collect(),
            Stage::Keys => self.groups.iter().flat_map(|group| group.ranges(&self.key_columns())).collect(),
            Stage::Items => self.groups.iter().flat_map(|group| group.ranges(&ProjectionMask::all())).collect(),
        }
    }

    /// Each row group that may hold a match, as a file of its own.
    fn candidates(&self) -> impl Iterator<Item = ParquetMetaData> {
        let footer = &self.table.footer;
        let columns = Columns::of(footer, &self.table.schema);
        let groups = footer.row_groups().iter().filter(move |group| columns.may_match(group, &self.query));
        let alone = |group: &_| ParquetMetaDataBuilder::new(footer.file_metadata().clone()).add_row_group(Clone::clone(group)).build();
        groups.map(alone).collect::<Vec<_>>().into_iter()
    }

    fn indexes(&self, pieces: &Pieces) -> Result<Vec<Group>> {
        let mut groups = Vec::new();
        for mut alone in self.candidates() {
            let [columns, offsets] = index_ranges(&alone);
            for (range, policies) in [
                (columns, [PageIndexPolicy::Optional, PageIndexPolicy::Skip]),
                (offsets, [PageIndexPolicy::Skip, PageIndexPolicy::Optional]),
            ] {
                let Some(range) = range else { continue };
                let bytes = pieces.slice(&range).ok_or_else(|| broken(&"its page index is missing"))?;
                let mut decoder = ParquetMetaDataPushDecoder::try_new_with_metadata(pieces.size(), alone).map_err(|e| broken(&e))?;
                decoder = decoder.with_column_index_policy(policies[0]).with_offset_index_policy(policies[1]);
                decoder.push_range(range, bytes).map_err(|e| broken(&e))?;
                alone = match decoder.try_decode().map_err(|e| broken(&e))? {
                    DecodeResult::Data(alone) => alone,
                    _ => return Err(broken(&"its page index is incomplete")),
                };
            }
            let rows = Columns::of(&alone, &self.table.schema).rows(&alone, &self.query);
            if !rows.is_empty() {
                groups.push(Group {
                    reader: ArrowReaderMetadata::try_new(Arc::new(alone), ArrowReaderOptions::new()).map_err(|e| broken(&e))?,
                    rows,
                });
            }
        }
        Ok(groups)
    }

    /// Columns that decide. Where there is a limit, they decide alone, so that no more items are read than are wanted.
    fn key_columns(&self) -> ProjectionMask {
        let mut names: BTreeSet<&str> = keys::names(&self.query).into_iter().collect();
        let has_box = self.table.schema.field_with_name("bbox").is_ok();
        if !self.query.places().is_empty() && (self.query.limit.is_some() || !has_box) {
            names.insert("geometry");
        }
        if self.decides_alone() {
            names.extend(self.query.order.keys.iter().map(|key| key.field.as_str()));
        }
        let filtered = self.query.filter_names();
        names.extend(filtered.iter().map(String::as_str));
        let leaves = self.table.footer.file_metadata().schema_descr();
        let roots = self.table.schema.fields().iter().enumerate().filter(|(_, field)| names.contains(field.name().as_str()));
        ProjectionMask::roots(leaves, roots.map(|(root, _)| root))
    }

    fn decides_alone(&self) -> bool {
        self.query.limit.is_some()
    }

    fn keys(&mut self, pieces: &Pieces) -> Result<()> {
        let columns = self.key_columns();
        let judged = self.decides_alone() || self.query.filter.is_some();
        let mut survivors: Vec<(usize, usize, Option<Rank>)> = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let mut row_numbers = group.rows.iter().cloned().flatten();
            for batch in group.read(pieces, &columns)? {
                let batch = batch.map_err(|e| broken(&e))?;
                let numbers: Vec<usize> = row_numbers.by_ref().take(batch.num_rows()).collect();
                let mask = keys::may_match(&batch, &self.query)?;
                let numbers = numbers.into_iter().enumerate().filter(|(at, _)| mask.value(*at)).map(|(_, number)| number);
                if !judged {
                    survivors.extend(numbers.map(|row| (number, row, None)));
                    continue;
                }
                let kept = arrow_select::filter::filter_record_batch(&batch, &mask).map_err(|e| broken(&e))?;
                for (row, item) in numbers.zip(of_batch(&kept)?) {
                    let matches = if self.decides_alone() { self.query.matches(&item) } else { self.query.passes(&item) };
                    if matches {
                        survivors.push((number, row, self.decides_alone().then(|| self.query.order.rank(&item))));
                    }
                }
            }
        }
        self.matched = survivors.len();
        if let Some(most) = self.query.limit {
            let order = &self.query.order;
            survivors.sort_by(|a, b| match (&a.2, &b.2) {
                (Some(a), Some(b)) => order.compare(a, b),
                _ => std::cmp::Ordering::Equal,
            });
            survivors.truncate(most);
            survivors.sort_by_key(|(number, row, _)| (*number, *row));
        }
        self.groups.iter_mut().for_each(|group| group.rows.clear());
        for (number, row, _) in survivors {
            let Some(group) = self.groups.get_mut(number) else { continue };
            match group.rows.last_mut() {
                Some(last) if last.end == row => last.end += 1,
                _ => group.rows.push(row..row + 1),
            }
        }
        self.groups.retain(|group| !group.rows.is_empty());
        Ok(())
    }

    /// Groups are decoded side by side, and stay in their order.
    fn items(&self, pieces: &Pieces) -> Result<Rows> {
        let of_group = |group: &Group| {
            let mut items = Vec::new();
            for batch in group.read(pieces, &ProjectionMask::all())? {
                items.extend(of_batch(&batch.map_err(|e| broken(&e))?)?);
            }
            items.retain(|item| self.query.matches(item));
            Ok(items)
        };
        let decoded: Vec<Result<Vec<Item>>> = self.groups.par_iter().map(of_group).collect();
        let mut items = Vec::new();
        for part in decoded {
            items.append(&mut part?);
        }
        let matched = if self.decides_alone() { self.matched } else { items.len() };
        self.query.order.sort(&mut items);
        Ok(Rows { items, matched })
    }
}

impl Group {
    /// The bytes of these columns in its rows: whole pages, or whole columns where the file does not say where their pages are.
    fn ranges(&self, columns: &ProjectionMask) -> Vec<Range<u64>> {
        let metadata = self.reader.metadata();
        let Some(group) = metadata.row_groups().first() else { return Vec::new() };
        let selection = self.selection();
        let pages = metadata.offset_index().and_then(|index| index.first());
        let mut ranges = Vec::new();
        for (leaf, column) in group.columns().iter().enumerate().filter(|(leaf, _)| columns.leaf_included(*leaf)) {
            let (start, length) = column.byte_range();
            match pages.and_then(|pages| pages.get(leaf)).map(|pages| pages.page_locations()).filter(|pages| !pages.is_empty()) {
                Some(pages) => {
                    // What lies before the first page is its dictionary.
                    let first = pages.first().and_then(|page| u64::try_from(page.offset).ok()).unwrap_or(start);
                    if first > start {
                        ranges.push(start..first);
                    }
                    ranges.extend(selection.scan_ranges(pages));
                }
                None => ranges.push(start..start.saturating_add(length)),
            }
        }
        ranges
    }

    fn selection(&self) -> RowSelection {
        let total = self.reader.metadata().row_groups().first().and_then(|group| usize::try_from(group.num_rows()).ok()).unwrap_or(0);
        RowSelection::from_consecutive_ranges(self.rows.iter().cloned(), total)
    }

    fn read(
        &self,
        pieces: &Pieces,
        columns: &ProjectionMask,
    ) -> Result<impl Iterator<Item = std::result::Result<RecordBatch, arrow_schema::ArrowError>>> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(pieces.clone(), self.reader.clone());
        let builder = builder.with_batch_size(BATCH).with_projection(columns.clone()).with_row_selection(self.selection());
        // Pages between the rows are not here to be read.
        builder.with_row_selection_policy(RowSelectionPolicy::Selectors).build().map_err(|e| broken(&e))
    }
}

/// Where the page indexes of a group lie: of least and greatest values, and of offsets.
fn index_ranges(alone: &ParquetMetaData) -> [Option<Range<u64>>; 2] {
    let columns = || alone.row_groups().iter().flat_map(|group| group.columns());
    let around = |ranges: Vec<(i64, i32)>| {
        let start = ranges.iter().map(|(offset, _)| *offset).min()?;
        let end = ranges.iter().map(|(offset, length)| offset.saturating_add(i64::from(*length))).max()?;
        Some(u64::try_from(start).ok()?..u64::try_from(end).ok()?).filter(|range| !range.is_empty())
    };
    [
        around(columns().filter_map(|c| Some((c.column_index_offset()?, c.column_index_length()?))).collect()),
        around(columns().filter_map(|c| Some((c.offset_index_offset()?, c.offset_index_length()?))).collect()),
    ]
}
