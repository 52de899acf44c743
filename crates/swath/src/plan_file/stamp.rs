use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday};
use serde::Serialize;

/// A date as far as it is known: a year, a quarter, a month, a week, a day, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Stamp {
    first: NaiveDateTime,
    precision: Precision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Precision {
    Year,
    Quarter,
    Month,
    Week,
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
    /// Of the ISO week, which near New Year is another than that of its days.
    pub week_year: Option<u32>,
    pub week: Option<u32>,
    /// Of an ISO week: Monday is 1.
    pub weekday: Option<u32>,
    pub quarter: Option<u32>,
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
                week_year: one(self.week_year, other.week_year)?,
                week: one(self.week, other.week)?,
                weekday: one(self.weekday, other.weekday)?,
                quarter: one(self.quarter, other.quarter)?,
                hour: one(self.hour, other.hour)?,
                minute: one(self.minute, other.minute)?,
                second: one(self.second, other.second)?,
            })
        };
        merge().ok()
    }

    /// The date these parts make; `None` where the calendar has no such day.
    pub fn stamp(self) -> Option<Stamp> {
        let (date, mut precision) = self.date()?;
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

    /// The year that names tell, of a date or of an ISO week.
    pub fn any_year(self) -> Option<u32> {
        self.year.or(self.week_year)
    }

    fn date(self) -> Option<(NaiveDate, Precision)> {
        if self.week_year.is_some() || self.week.is_some() {
            return self.date_of_week();
        }
        let year = i32::try_from(self.year?).ok()?;
        if let Some(quarter) = self.quarter {
            let whole = self.month.is_none() && self.day.is_none() && self.day_of_year.is_none() && (1..=4).contains(&quarter);
            return whole.then(|| Some((NaiveDate::from_ymd_opt(year, 3 * quarter - 2, 1)?, Precision::Quarter)))?;
        }
        Some(match (self.day_of_year, self.month, self.day) {
            (Some(day), None, None) => (NaiveDate::from_yo_opt(year, day)?, Precision::Day),
            (Some(day), month, mday) => {
                let date = NaiveDate::from_yo_opt(year, day)?;
                let agrees = month.is_none_or(|m| date.month() == m) && mday.is_none_or(|d| date.day() == d);
                (agrees.then_some(date)?, Precision::Day)
            }
            (None, Some(month), Some(day)) => (NaiveDate::from_ymd_opt(year, month, day)?, Precision::Day),
            (None, Some(month), None) => (NaiveDate::from_ymd_opt(year, month, 1)?, Precision::Month),
            (None, None, None) => (NaiveDate::from_ymd_opt(year, 1, 1)?, Precision::Year),
            (None, None, Some(_)) => return None,
        })
    }

    /// Of a name that tells an ISO week and nothing that contradicts it.
    fn date_of_week(self) -> Option<(NaiveDate, Precision)> {
        let year = i32::try_from(self.week_year.or(self.year)?).ok()?;
        let weekday = Weekday::try_from(u8::try_from(self.weekday.unwrap_or(1)).ok()?.checked_sub(1)?).ok()?;
        let date = NaiveDate::from_isoywd_opt(year, self.week?, weekday)?;
        let alone = self.month.is_none() && self.day.is_none() && self.day_of_year.is_none() && self.quarter.is_none();
        let precision = if self.weekday.is_some() { Precision::Day } else { Precision::Week };
        alone.then_some((date, precision))
    }
}

impl Stamp {
    /// From `2020`, `2020-Q2`, `2020-05`, `2020-W21`, `2020-05-17`, `2020-05-17T10:11:12Z` or the same with an offset.
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
        if let Some((year, part)) = text.split_once('-')
            && let Some(stamp) = of_year(year, part)
        {
            return Some(stamp);
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
            Precision::Quarter => self.first.checked_add_months(chrono::Months::new(3)),
            Precision::Month => self.first.checked_add_months(chrono::Months::new(1)),
            Precision::Week => self.first.checked_add_days(chrono::Days::new(7)),
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

    /// A whole year, quarter, month or week rather than a day or an instant.
    pub fn is_span(self) -> bool {
        !matches!(self.precision, Precision::Day | Precision::Second)
    }

    /// As it stands in item ids: `2020`, `2020Q2`, `202005`, `2020W21`, `20200517`, `20200517T101112`.
    pub fn canonical(self) -> String {
        let format = match self.precision {
            Precision::Year => "%Y",
            Precision::Quarter => return format!("{}Q{}", self.first.format("%Y"), self.first.month0() / 3 + 1),
            Precision::Week => "%GW%V",
            Precision::Month => "%Y%m",
            Precision::Day => "%Y%m%d",
            Precision::Second => "%Y%m%dT%H%M%S",
        };
        self.first.format(format).to_string()
    }
}

/// `Q2` or `W21` of a year.
fn of_year(year: &str, part: &str) -> Option<Stamp> {
    let digits = |text: &str, count: usize| if text.len() == count { text.parse::<u32>().ok() } else { None };
    let (year, part) = (digits(year, 4)?, part.to_ascii_uppercase());
    let fields = match (part.strip_prefix('Q'), part.strip_prefix('W')) {
        (Some(quarter), _) => DateFields { year: Some(year), quarter: Some(digits(quarter, 1)?), ..DateFields::default() },
        (_, Some(week)) => DateFields { week_year: Some(year), week: Some(digits(week, 2)?), ..DateFields::default() },
        _ => return None,
    };
    fields.stamp()
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
            ("2020-Q2", "2020Q2", "2020-04-01T00:00:00+00:00", "2020-06-30T23:59:59+00:00"),
            ("2020-W53", "2020W53", "2020-12-28T00:00:00+00:00", "2021-01-03T23:59:59+00:00"),
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
        for text in ["", "20", "2020-Q5", "2020-W1", "2021-W53", "2020-13", "2020-02-30", "yesterday", "2020-1-1-1", "99999-01"] {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
    }
}
