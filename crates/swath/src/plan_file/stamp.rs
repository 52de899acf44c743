use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::Serialize;

/// A date as far as it is known: a year, a month, a day, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Stamp {
    first: NaiveDateTime,
    precision: Precision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Precision {
    Year,
    Month,
    Day,
    Second,
}

/// The parts of a date that a name gives, perhaps in several places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateFields {
    pub year: Option<u32>,
    pub month: Option<u32>,
    pub day: Option<u32>,
    pub day_of_year: Option<u32>,
    pub hour: Option<u32>,
    pub minute: Option<u32>,
    pub second: Option<u32>,
}

impl DateFields {
    /// Both together; `None` where they contradict each other.
    pub fn merged(self, other: Self) -> Option<Self> {
        let one = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) if a != b => Err(()),
            (a, b) => Ok(a.or(b)),
        };
        let merge = || -> Result<Self, ()> {
            Ok(Self {
                year: one(self.year, other.year)?,
                month: one(self.month, other.month)?,
                day: one(self.day, other.day)?,
                day_of_year: one(self.day_of_year, other.day_of_year)?,
                hour: one(self.hour, other.hour)?,
                minute: one(self.minute, other.minute)?,
                second: one(self.second, other.second)?,
            })
        };
        merge().ok()
    }

    /// The date these parts make; `None` where the calendar has no such day.
    pub fn stamp(self) -> Option<Stamp> {
        let year = i32::try_from(self.year?).ok()?;
        let (date, mut precision) = match (self.day_of_year, self.month, self.day) {
            (Some(day), None, None) => (NaiveDate::from_yo_opt(year, day)?, Precision::Day),
            (Some(day), month, mday) => {
                let date = NaiveDate::from_yo_opt(year, day)?;
                let agrees = month.is_none_or(|m| date.format("%m").to_string().parse() == Ok(m))
                    && mday.is_none_or(|d| date.format("%d").to_string().parse() == Ok(d));
                (agrees.then_some(date)?, Precision::Day)
            }
            (None, Some(month), Some(day)) => (NaiveDate::from_ymd_opt(year, month, day)?, Precision::Day),
            (None, Some(month), None) => (NaiveDate::from_ymd_opt(year, month, 1)?, Precision::Month),
            (None, None, None) => (NaiveDate::from_ymd_opt(year, 1, 1)?, Precision::Year),
            (None, None, Some(_)) => return None,
        };
        let mut time = NaiveTime::MIN;
        if let Some(hour) = self.hour {
            if precision != Precision::Day {
                return None;
            }
            time = NaiveTime::from_hms_opt(hour, self.minute.unwrap_or(0), self.second.unwrap_or(0))?;
            precision = Precision::Second;
        }
        Some(Stamp { first: date.and_time(time), precision })
    }
}

impl Stamp {
    /// From `2020`, `2020-05`, `2020-05-17`, `2020-05-17T10:11:12Z` or the same with an offset.
    ///
    /// ```
    /// # use swath::plan_file::Stamp;
    /// assert_eq!(Stamp::parse("2020-05").unwrap().canonical(), "202005");
    /// assert!(Stamp::parse("2020-02-30").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Self { first: instant.naive_utc(), precision: Precision::Second });
        }
        for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
            if let Ok(first) = NaiveDateTime::parse_from_str(text, format) {
                return Some(Self { first, precision: Precision::Second });
            }
        }
        let parts: Vec<&str> = text.split('-').collect();
        if parts.len() > 3 || parts.iter().any(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit())) || parts[0].len() != 4 {
            return None;
        }
        let number = |i: usize| parts.get(i).map(|p| p.parse::<u32>().ok());
        let fields = DateFields { year: number(0)?, month: number(1).flatten(), day: number(2).flatten(), ..DateFields::default() };
        if (parts.len() > 1 && fields.month.is_none()) || (parts.len() > 2 && fields.day.is_none()) {
            return None;
        }
        fields.stamp()
    }

    /// An exact instant.
    pub fn instant(at: DateTime<Utc>) -> Self {
        Self { first: at.naive_utc(), precision: Precision::Second }
    }

    /// Its first moment.
    pub fn first(self) -> DateTime<Utc> {
        self.first.and_utc()
    }

    /// Its last second; for a day or an instant the same as [`Stamp::first`], since both stand for one moment of observation.
    pub fn last(self) -> DateTime<Utc> {
        let next = match self.precision {
            Precision::Year => self.first.checked_add_months(chrono::Months::new(12)),
            Precision::Month => self.first.checked_add_months(chrono::Months::new(1)),
            Precision::Day | Precision::Second => return self.first(),
        };
        next.map_or_else(|| self.first(), |n| (n - Duration::seconds(1)).and_utc())
    }

    /// The last second of the day for a day; else as [`Stamp::last`]. What ends an interval.
    pub fn end(self) -> DateTime<Utc> {
        match self.precision {
            Precision::Day => (self.first + Duration::seconds(86_399)).and_utc(),
            _ => self.last(),
        }
    }

    /// A whole year or month rather than a day or an instant.
    pub fn is_span(self) -> bool {
        matches!(self.precision, Precision::Year | Precision::Month)
    }

    /// As it stands in item ids: `2020`, `202005`, `20200517`, `20200517T101112`.
    pub fn canonical(self) -> String {
        let format = match self.precision {
            Precision::Year => "%Y",
            Precision::Month => "%Y%m",
            Precision::Day => "%Y%m%d",
            Precision::Second => "%Y%m%dT%H%M%S",
        };
        self.first.format(format).to_string()
    }
}

impl From<Stamp> for String {
    fn from(stamp: Stamp) -> Self {
        stamp.canonical()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_spans_what_its_precision_says() {
        for (text, canonical, first, end) in [
            ("2020", "2020", "2020-01-01T00:00:00+00:00", "2020-12-31T23:59:59+00:00"),
            ("2020-02", "202002", "2020-02-01T00:00:00+00:00", "2020-02-29T23:59:59+00:00"),
            ("2020-02-29", "20200229", "2020-02-29T00:00:00+00:00", "2020-02-29T23:59:59+00:00"),
            ("2020-01-05T10:11:12Z", "20200105T101112", "2020-01-05T10:11:12+00:00", "2020-01-05T10:11:12+00:00"),
            ("2020-01-05T10:11:12+02:00", "20200105T081112", "2020-01-05T08:11:12+00:00", "2020-01-05T08:11:12+00:00"),
        ] {
            let stamp = Stamp::parse(text).unwrap();
            assert_eq!(stamp.canonical(), canonical);
            assert_eq!(stamp.first().to_rfc3339(), first, "{text}");
            assert_eq!(stamp.end().to_rfc3339(), end, "{text}");
        }
        for text in ["", "20", "2020-13", "2020-02-30", "yesterday", "2020-1-1-1", "99999-01"] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }
}
