use chrono::{DateTime, Datelike, Utc};
use swath_raster::{RasterInfo, TimeStep};

use super::header::tiff_datetime;
use crate::plan_file::{Captures, DatasetTable, Datetime, Moment, Stamp};
use crate::{Error, Result};

/// When an item is, and how its id says so.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct When {
    pub datetime: DateTime<Utc>,
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub text: String,
}

impl When {
    fn of(stamp: Stamp) -> Self {
        let span = stamp.is_span().then(|| (stamp.first(), stamp.end()));
        Self { datetime: stamp.first(), span, text: stamp.canonical() }
    }

    /// A step of a time axis; `None` where its calendar day has no instant.
    pub(super) fn step(step: &TimeStep) -> Option<Self> {
        // RFC 3339 has four digits for a year.
        let sayable = |at: &DateTime<Utc>| (0..=9999).contains(&at.year());
        let datetime = step.instant.filter(sayable)?;
        // 2005-12-16T00:00:00 -> 20051216, 2005-12-16T06:00:00 -> 20051216T060000
        let compact: String = step.label.chars().filter(|c| !"-:".contains(*c)).collect();
        let compact = compact.trim_end_matches('Z').split('.').next().unwrap_or("").to_owned();
        let text = compact.strip_suffix("T000000").map_or(compact.clone(), str::to_owned);
        Some(Self { datetime, span: step.bounds.filter(|(a, b)| a < b && sayable(a) && sayable(b)), text })
    }
}

/// When a file without a time axis is: what the plan says, else the date of its name.
///
/// # Errors
/// Misuse where neither gives a date, saying what to write.
pub(super) fn of_file(dataset: &DatasetTable, captures: &Captures, path: &str, info: &RasterInfo) -> Result<When> {
    let moment = |m: &Moment| match m {
        Moment::Fixed(stamp) => Ok(*stamp),
        Moment::Captured(name) => captures.stamp(name).ok_or_else(|| {
            let found = format!("`datetime` of [[dataset]] {} is {{{name}}}, which is captured as plain text", dataset.id);
            Error::misuse(dataset.place.clone(), found, format!("a date is expected, as in {{{name}:%Y%m%d}}"))
        }),
    };
    match &dataset.datetime {
        Some(Datetime::One(m)) => Ok(When::of(moment(m)?)),
        Some(Datetime::Between(a, b)) => between(moment(a)?, moment(b)?, &dataset.place),
        Some(Datetime::Header) => match tiff_datetime(info) {
            Some(at) => Ok(When::of(Stamp::instant(at))),
            None => Err(no_date(dataset, path, "its header names no time")),
        },
        None => match (captures.stamp("date"), captures.stamp("start"), captures.stamp("end")) {
            (Some(date), ..) => Ok(When::of(date)),
            (None, Some(start), Some(end)) => between(start, end, &dataset.place),
            _ => Err(no_date(dataset, path, "neither its name nor a time axis gives a date")),
        },
    }
}

fn between(start: Stamp, end: Stamp, place: &str) -> Result<When> {
    if end.end() < start.first() {
        return Err(Error::misuse(
            place,
            format!("{} ends before it starts: {}", start.canonical(), end.canonical()),
            "start, then end, is expected",
        ));
    }
    let text = if start == end { start.canonical() } else { format!("{}_{}", start.canonical(), end.canonical()) };
    Ok(When { datetime: start.first(), span: Some((start.first(), end.end())), text })
}

fn no_date(dataset: &DatasetTable, path: &str, why: &str) -> Error {
    let found = format!("[[dataset]] {} has no date for {path}: {why}", dataset.id);
    Error::misuse(dataset.place.clone(), found, "every item has a date").hint(
        "write `datetime = \"2020-05-17\"` (or \"2020\", or [\"2018-01-01\", \"2020-12-31\"]) into the dataset, or capture {date:%Y%m%d} in `files`",
    )
}
