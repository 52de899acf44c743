//! What the statistics of a table say of its rows: which of them cannot match.

use std::ops::Range;

use arrow_schema::{DataType, Schema, TimeUnit};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use crate::query::Interval;
use crate::{LonLatBox, Query};

/// The least and the greatest value of a column in some rows; `None` where nothing is known. Times are microseconds.
type Ends = Option<(f64, f64)>;

/// The columns that say where and when.
const CORNERS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];
const TIMES: [&str; 3] = ["datetime", "start_datetime", "end_datetime"];

/// Where in a row group those columns are.
pub(super) struct Columns {
    corners: [Option<usize>; 4],
    times: [Time; 3],
    collection: Option<usize>,
}

/// A column of instants.
#[derive(Clone, Copy)]
enum Time {
    /// In every row as good as empty.
    Absent,
    /// Of another type.
    Untold,
    /// The leaf, and microseconds in one of its units.
    At(usize, f64),
}

/// The ends of rows that have no value.
const EMPTY: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);

/// What is known of some rows.
struct Known {
    corners: [Ends; 4],
    times: [Ends; 3],
}

impl Columns {
    pub fn of(footer: &ParquetMetaData, schema: &Schema) -> Self {
        let leaves = footer.file_metadata().schema_descr();
        let leaf = |path: &[&str]| leaves.columns().iter().position(|column| column.path().parts() == path);
        let corners = CORNERS.map(|corner| leaf(&["bbox", corner]));
        let times = TIMES.map(|name| {
            let (Ok(field), Some(leaf)) = (schema.field_with_name(name), leaf(&[name])) else { return Time::Absent };
            match field.data_type() {
                DataType::Timestamp(TimeUnit::Second, _) => Time::At(leaf, 1e6),
                DataType::Timestamp(TimeUnit::Millisecond, _) => Time::At(leaf, 1e3),
                DataType::Timestamp(TimeUnit::Microsecond, _) => Time::At(leaf, 1.0),
                DataType::Timestamp(TimeUnit::Nanosecond, _) => Time::At(leaf, 1e-3),
                _ => Time::Untold,
            }
        });
        Self { corners, times, collection: leaf(&["collection"]) }
    }

    /// Whether a row group may hold a match.
    pub fn may_match(&self, group: &RowGroupMetaData, query: &Query) -> bool {
        let of = |leaf: usize| Some((group.columns().get(leaf)?.statistics()?, group.num_rows()));
        let corners = self.corners.map(|leaf| of(leaf?).and_then(|(statistics, _)| whole(statistics, 1.0)));
        let times = self.times.map(|time| match time {
            Time::Absent => Some(EMPTY),
            Time::Untold => None,
            Time::At(leaf, unit) => of(leaf).and_then(|(statistics, rows)| {
                let nulls = statistics.null_count_opt().and_then(|count| i64::try_from(count).ok());
                if nulls == Some(rows) { Some(EMPTY) } else { whole(statistics, unit) }
            }),
        });
        let known = Known { corners, times };
        let named = || {
            let statistics = group.columns().get(self.collection?)?.statistics()?;
            let (least, most) = (statistics.min_bytes_opt()?, statistics.max_bytes_opt()?);
            let complete = statistics.null_count_opt() == Some(0);
            Some(!complete || query.collections.iter().any(|id| least <= id.as_bytes() && id.as_bytes() <= most))
        };
        (query.collections.is_empty() || named().unwrap_or(true)) && known.may_match(query)
    }

    /// The rows of the first (and only) group whose pages may hold a match.
    pub fn rows(&self, one: &ParquetMetaData, query: &Query) -> Vec<Range<usize>> {
        let Some(total) = one.row_groups().first().and_then(|group| usize::try_from(group.num_rows()).ok()) else { return Vec::new() };
        let corners = self.corners.map(|leaf| Pages::of(one, leaf?, 1.0, None));
        let times = self.times.map(|time| match time {
            Time::Absent => Some(Pages { starts: vec![0], ends: vec![Some(EMPTY)] }),
            Time::Untold => None,
            Time::At(leaf, unit) => Pages::of(one, leaf, unit, Some(EMPTY)),
        });
        let mut starts: Vec<usize> = corners.iter().chain(&times).flatten().flat_map(|pages| pages.starts.iter().copied()).collect();
        starts.push(0);
        starts.retain(|&row| row < total);
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([total]).collect::<Vec<_>>();
        let mut rows: Vec<Range<usize>> = Vec::new();
        for (&start, &end) in starts.iter().zip(&ends) {
            let at = |pages: &Option<Pages>| pages.as_ref().and_then(|pages| pages.at(start));
            let known = Known { corners: corners.each_ref().map(at), times: times.each_ref().map(at) };
            if !known.may_match(query) {
                continue;
            }
            match rows.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => rows.push(start..end),
            }
        }
        rows
    }
}

impl Known {
    fn may_match(&self, query: &Query) -> bool {
        query.places().iter().all(|place| self.near(place)) && query.time.is_none_or(|time| self.during(&time))
    }

    fn near(&self, place: &LonLatBox) -> bool {
        let [Some(xmin), Some(ymin), Some(xmax), Some(ymax)] = self.corners else { return true };
        if ymin.0 > place.north || ymax.1 < place.south {
            return false;
        }
        // A row that crosses the antimeridian has its west above its east. What spans more than three quarters of the world across it
        // would have been written without crossing.
        let may_cross = xmin.1 - xmax.0 > 90.0;
        let meets = |west: f64, east: f64| (xmin.0 <= east && xmax.1 >= west) || (may_cross && (east >= xmin.0 || west <= xmax.1));
        if place.crosses_antimeridian() {
            // Whatever crosses meets it.
            meets(place.west, 180.0) || meets(-180.0, place.east) || may_cross
        } else {
            meets(place.west, place.east)
        }
    }

    /// A row's time is its nominal instant, or the period from start to end.
    fn during(&self, time: &Interval) -> bool {
        let [Some(nominal), Some(start), Some(end)] = self.times else { return true };
        let (first, last) = (nominal.0.min(start.0), nominal.1.max(end.1));
        let micros = |instant: chrono::DateTime<chrono::Utc>| instant.timestamp_micros() as f64;
        // A microsecond each way, for what was rounded.
        time.end.is_none_or(|asked| first <= micros(asked) + 1.0) && time.start.is_none_or(|asked| last >= micros(asked) - 1.0)
    }
}

/// Of a whole column chunk. Rows without a value may be anywhere.
fn whole(statistics: &Statistics, unit: f64) -> Ends {
    if statistics.null_count_opt() != Some(0) {
        return None;
    }
    let ends = match statistics {
        Statistics::Int64(v) => (*v.min_opt()? as f64, *v.max_opt()? as f64),
        Statistics::Double(v) => (*v.min_opt()?, *v.max_opt()?),
        Statistics::Float(v) => (f64::from(*v.min_opt()?), f64::from(*v.max_opt()?)),
        _ => return None,
    };
    Some((ends.0 * unit, ends.1 * unit))
}

/// The pages of a column: where each begins, and its ends.
struct Pages {
    starts: Vec<usize>,
    ends: Vec<Ends>,
}

impl Pages {
    /// `blank` is what a page without any value says.
    fn of(one: &ParquetMetaData, leaf: usize, unit: f64, blank: Ends) -> Option<Self> {
        let index = one.column_index()?.first()?.get(leaf)?;
        let locations = one.offset_index()?.first()?.get(leaf)?.page_locations();
        let starts: Vec<usize> = locations.iter().map(|page| usize::try_from(page.first_row_index).ok()).collect::<Option<_>>()?;
        let ends = (0..starts.len()).map(|page| ends(index, page, unit, blank)).collect();
        (!starts.is_empty() && starts.is_sorted()).then_some(Self { starts, ends })
    }

    fn at(&self, row: usize) -> Ends {
        let page = self.starts.partition_point(|&start| start <= row).checked_sub(1)?;
        *self.ends.get(page)?
    }
}

fn ends(index: &ColumnIndexMetaData, page: usize, unit: f64, blank: Ends) -> Ends {
    if matches!(index, ColumnIndexMetaData::NONE) || page >= usize::try_from(index.num_pages()).ok()? {
        return None;
    }
    if index.is_null_page(page) {
        return blank;
    }
    if index.null_count(page) != Some(0) {
        return None;
    }
    let ends = match index {
        ColumnIndexMetaData::INT64(v) => (*v.min_value(page)? as f64, *v.max_value(page)? as f64),
        ColumnIndexMetaData::DOUBLE(v) => (*v.min_value(page)?, *v.max_value(page)?),
        ColumnIndexMetaData::FLOAT(v) => (f64::from(*v.min_value(page)?), f64::from(*v.max_value(page)?)),
        _ => return None,
    };
    Some((ends.0 * unit, ends.1 * unit))
}
