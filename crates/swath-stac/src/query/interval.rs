use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};

use crate::{Error, Item, Result, time};

/// A run of time, both ends inclusive; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    pub start: Option<DateTime<Utc>>,
    pub end: Option<DateTime<Utc>>,
}

impl Interval {
    /// Reads `2020`, `2020-01`, `2020-01-31`, an RFC 3339 instant, or two of them with `/` between, where `..` or nothing is open.
    /// A year, a month and a day mean all of it.
    ///
    /// # Errors
    /// Misuse, naming the part that is no time.
    ///
    /// ```
    /// # use swath_stac::query::Interval;
    /// assert_eq!(Interval::parse("2018-02"), Interval::parse("2018-02-01/2018-02-28T23:59:59.999999Z"));
    /// assert!(Interval::parse("../2018").unwrap().start.is_none());
    /// assert!(Interval::parse("2019/2018").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let interval = match text.split_once('/') {
            None => whole(text.trim())?,
            Some((start, end)) => Self { start: open(start)?.and_then(|i| i.start), end: open(end)?.and_then(|i| i.end) },
        };
        if let (Some(start), Some(end)) = (interval.start, interval.end)
            && start > end
        {
            return Err(Error::misuse("datetime", format!("{text:?} ends before it starts"), "the earlier time first"));
        }
        Ok(interval)
    }

    /// Whether the item was at any time within; an item without a time never is.
    pub fn holds(&self, item: &Item) -> bool {
        let (Some(first), Some(last)) = item.interval() else { return false };
        self.start.is_none_or(|start| last >= start) && self.end.is_none_or(|end| first <= end)
    }
}

fn open(part: &str) -> Result<Option<Interval>> {
    match part.trim() {
        "" | ".." => Ok(None),
        part => whole(part).map(Some),
    }
}

/// The interval one word stands for.
fn whole(word: &str) -> Result<Interval> {
    let wrong = || {
        Error::misuse(
            "datetime",
            format!("{word:?} is no time"),
            "2018, 2018-02, 2018-02-28, 2018-02-28T10:00:00Z, or two of them as start/end",
        )
    };
    let until = |start: NaiveDate, next: Option<NaiveDate>| -> Result<Interval> {
        let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0).map(|t| t.and_utc());
        let start = midnight(start).ok_or_else(wrong)?;
        let end = next.and_then(midnight).ok_or_else(wrong)? - TimeDelta::microseconds(1);
        Ok(Interval { start: Some(start), end: Some(end) })
    };
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = word.split('-').collect();
    match parts.as_slice() {
        [year] if digits(year, 4) => {
            let first = NaiveDate::from_ymd_opt(year.parse().map_err(|_| wrong())?, 1, 1).ok_or_else(wrong)?;
            until(first, first.checked_add_months(Months::new(12)))
        }
        [year, month] if digits(year, 4) && digits(month, 2) => {
            let first: NaiveDate = format!("{word}-01").parse().map_err(|_| wrong())?;
            until(first, first.checked_add_months(Months::new(1)))
        }
        [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            let day: NaiveDate = word.parse().map_err(|_| wrong())?;
            until(day, day.checked_add_days(Days::new(1)))
        }
        _ => {
            let instant = time::parse(word).ok_or_else(wrong)?;
            Ok(Interval { start: Some(instant), end: Some(instant) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(properties: serde_json::Value) -> Item {
        let mut item = Item::new("i");
        item.properties = properties.as_object().unwrap().clone();
        item
    }

    #[track_caller]
    fn check(interval: &str, properties: serde_json::Value, expected: bool) {
        assert_eq!(Interval::parse(interval).unwrap().holds(&item(properties)), expected, "{interval}");
    }

    #[test]
    fn an_interval_holds_instants_and_periods_that_touch_it() {
        let noon = json!({"datetime": "2020-06-15T12:00:00Z"});
        for (text, expected) in [
            ("2020", true),
            ("2020-06", true),
            ("2020-06-15", true),
            ("2020-06-15T12:00:00Z", true),
            ("2020-06-15T14:00:00+02:00", true),
            ("2020-06-15T12:00:01Z", false),
            ("../2020-06-14", false),
            ("2020-06-15/..", true),
            ("/2020-06-15", true),
            ("2019-01-01/2020-06-15T11:59:59Z", false),
        ] {
            check(text, noon.clone(), expected);
        }
        let year = json!({"datetime": null, "start_datetime": "2020-01-01T00:00:00Z", "end_datetime": "2020-12-31T23:59:59Z"});
        check("2020-06-15", year.clone(), true);
        check("2021", year, false);
        check("../..", json!({"datetime": null}), false);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["yesterday", "2020-13", "2020-02-30", "2020/2019", "20200101", "99999"] {
            assert!(Interval::parse(text).is_err(), "{text}");
        }
    }
}
