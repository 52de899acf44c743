use chrono::{DateTime, NaiveDate, Utc};
use netcdf_reader::NcType;

use super::attributes::Attributes;
use super::calendar::{self, Day};
use super::file::{File, Variable};
use crate::{Calendar, Samples, TimeStep};

/// Microseconds of a day.
const DAY: i128 = 86_400_000_000;

/// What a time axis counts, and from when (CF 1.11, section 4.4).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Clock {
    calendar: Calendar,
    unit: Unit,
    /// Microseconds since the calendar's year 0, in UTC.
    epoch: i128,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Microseconds(i128),
    Nanoseconds,
    Months(i128),
    /// The digits of a date, as in `day as %Y%m%d.%f`: years, months or days, the rest a fraction.
    Digits(Digits),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Digits {
    Year,
    Month,
    Day,
}

/// A count in two parts, so that no digit of the whole is lost to the fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Count {
    whole: i128,
    rest: f64,
}

impl From<f64> for Count {
    fn from(value: f64) -> Self {
        Self { whole: value.trunc() as i128, rest: value.fract() }
    }
}

/// The steps of a time coordinate, bounds included, `None` for one that the file leaves empty; `None` as a whole where it counts in no way
/// that we know.
pub(super) fn steps(file: &File, variable: &Variable) -> Option<Vec<Option<TimeStep>>> {
    let clock = Clock::parse(&variable.text("units")?, variable.text("calendar").as_deref())?;
    let counts = counts(file, variable)?;
    let bounds = bounds(file, variable, clock, counts.len());
    let step = |(index, count): (usize, &Option<Count>)| clock.step((*count)?, bounds.get(index).copied().flatten());
    Some(counts.iter().enumerate().map(step).collect())
}

/// The values of a variable, exact for integers; `None` for those that are missing.
fn counts(file: &File, variable: &Variable) -> Option<Vec<Option<Count>>> {
    let empty: Vec<f64> = ["_FillValue", "missing_value"].iter().flat_map(|name| variable.numbers(name)).collect();
    let packed = variable.inner.attribute("scale_factor").is_some() || variable.inner.attribute("add_offset").is_some();
    let (scale, offset) = (variable.number("scale_factor").unwrap_or(1.0), variable.number("add_offset").unwrap_or(0.0));
    let real = |value: f64| match value {
        value if !value.is_finite() || value.abs() > 1e30 || empty.contains(&value) => None,
        value => Some(Count::from(value * scale + offset)),
    };
    let whole = |value: i128| if empty.contains(&(value as f64)) { None } else { Some(Count { whole: value, rest: 0.0 }) };
    Some(match file.whole(variable).ok()? {
        Samples::I64(values) if !packed => values.iter().map(|&v| whole(i128::from(v))).collect(),
        Samples::U64(values) if !packed => values.iter().map(|&v| whole(i128::from(v))).collect(),
        other => crate::with_real!(&other, values => values.iter().map(|&v| real(v as f64)).collect(), else return None),
    })
}

/// First and last moment of each step, from the variable that `bounds` or `climatology` names, which may count in a way of its own.
fn bounds(file: &File, variable: &Variable, clock: Clock, len: usize) -> Vec<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    let named = variable.text("bounds").or_else(|| variable.text("climatology"));
    let Some(bounds) = named.and_then(|name| file.variable(&variable.group, &name)) else { return Vec::new() };
    let calendar = bounds.text("calendar").or_else(|| variable.text("calendar"));
    let clock = bounds.text("units").and_then(|units| Clock::parse(&units, calendar.as_deref())).unwrap_or(clock);
    let counts = counts(file, bounds).unwrap_or_default();
    let pairs = counts.as_chunks::<2>().0;
    if pairs.len() != len {
        return Vec::new();
    }
    pairs.iter().map(|&[start, end]| Some((clock.instant(start?)?, clock.instant(end?)?))).collect()
}

/// Moments written out: a text variable with `2005-09-21_00:00:00`, as WRF has it, or an ISO 8601 date for each step.
pub(super) fn written_out(file: &File, variable: &Variable) -> Option<Vec<Option<TimeStep>>> {
    let calendar = calendar::named(variable.text("calendar").as_deref());
    let clock = Clock { calendar, unit: Unit::Microseconds(1), epoch: 0 };
    let parse = |text: &String| {
        let text = text.trim_end_matches('\0').trim();
        if text.is_empty() {
            return Some(None);
        }
        Some(clock.at(moment(calendar, &text.replace('_', " ")).filter(|_| text.contains('-'))?, None))
    };
    file.strings(variable)?.iter().map(parse).collect()
}

/// Whether the variable holds text.
pub(super) fn is_text(variable: &Variable) -> bool {
    matches!(variable.inner.dtype, NcType::String | NcType::Char)
}

impl Clock {
    /// `days since 1850-01-01 00:00:00 +1:00`, `day as %Y%m%d.%f`.
    fn parse(units: &str, calendar: Option<&str>) -> Option<Self> {
        let calendar = calendar::named(calendar);
        let (unit, rest) = units.trim().split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        if let Some(format) = rest.strip_prefix("as ") {
            let digits = match format.trim() {
                "%Y%m%d.%f" | "%Y%m%d" => Digits::Day,
                "%Y%m.%f" | "%Y%m" => Digits::Month,
                "%Y.%f" | "%Y" => Digits::Year,
                _ => return None,
            };
            return Some(Self { calendar, unit: Unit::Digits(digits), epoch: 0 });
        }
        let epoch = rest.get(..5).filter(|word| word.eq_ignore_ascii_case("since")).and_then(|_| rest.get(5..))?;
        Some(Self { calendar, unit: Unit::parse(unit, calendar)?, epoch: moment(calendar, epoch.trim())? })
    }
    /// Microseconds since the calendar's year 0.
    fn moment(&self, count: Count) -> Option<i128> {
        let Count { whole, rest } = count;
        if whole.unsigned_abs() > 1 << 80 {
            return None;
        }
        match self.unit {
            Unit::Microseconds(unit) => {
                let rest = (rest * unit as f64).round() as i128;
                self.epoch.checked_add(whole.checked_mul(unit)?.checked_add(rest)?)
            }
            Unit::Nanoseconds => self.epoch.checked_add((whole + 500).div_euclid(1000)),
            Unit::Months(months) => {
                let at = calendar::day(self.calendar, i64::try_from(self.epoch.div_euclid(DAY)).ok()?);
                let since = whole.checked_mul(months)?;
                let first = i128::from(at.year) * 12 + i128::from(at.month) - 1 + since;
                let (start, end) = (self.month(first, at.day)?, self.month(first.checked_add(months)?, at.day)?);
                let part = (rest * (end - start) as f64).round() as i128;
                Some(start + part + self.epoch.rem_euclid(DAY))
            }
            Unit::Digits(digits) => self.digits(digits, count),
        }
    }
    /// Microseconds to the day of a month, or to its last day; months count from the year 0.
    fn month(&self, months: i128, day: u8) -> Option<i128> {
        let (year, month) = (i64::try_from(months.div_euclid(12)).ok()?, u8::try_from(months.rem_euclid(12)).ok()? + 1);
        if year.abs() > 1_000_000 {
            return None;
        }
        let day = day.min(calendar::month_length(self.calendar, year, month));
        Some(i128::from(calendar::number(self.calendar, Day { year, month, day })) * DAY)
    }
    fn digits(&self, digits: Digits, count: Count) -> Option<i128> {
        let Count { whole, rest } = count;
        let (months, day, until) = match digits {
            Digits::Year => (whole * 12, 1, 12),
            Digits::Month => (whole.div_euclid(100) * 12 + whole.rem_euclid(100) - 1, 1, 1),
            Digits::Day => (whole.div_euclid(10_000) * 12 + whole.div_euclid(100).rem_euclid(100) - 1, whole.rem_euclid(100), 0),
        };
        let start = self.month(months, u8::try_from(day).ok().filter(|day| *day > 0)?)?;
        let end = if until == 0 { start + DAY } else { self.month(months + until, 1)? };
        Some(start + (rest * (end - start) as f64).round() as i128)
    }
    fn step(&self, count: Count, bounds: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Option<TimeStep> {
        self.at(self.moment(count)?, bounds)
    }
    fn at(&self, moment: i128, bounds: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Option<TimeStep> {
        let number = i64::try_from(moment.div_euclid(DAY)).ok().filter(|number| number.abs() < 400_000_000)?;
        let Day { year, month, day } = calendar::day(self.calendar, number);
        let micros = moment.rem_euclid(DAY);
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        let sign = if year < 0 { "-" } else { "" };
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let mut label = format!("{sign}{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", year.abs());
        if rest != 0 {
            label.push_str(format!(".{rest:06}").trim_end_matches('0'));
        }
        Some(TimeStep { calendar: self.calendar, label, instant: self.common(moment), bounds })
    }
    fn instant(&self, count: Count) -> Option<DateTime<Utc>> {
        self.common(self.moment(count)?)
    }
    /// On the common calendar: the true instant where the calendar follows the sun, else the day of the same name or the nearest
    /// earlier one that exists.
    fn common(&self, moment: i128) -> Option<DateTime<Utc>> {
        let number = i64::try_from(moment.div_euclid(DAY)).ok()?;
        let follows_sun = matches!(self.calendar, Calendar::Standard | Calendar::ProlepticGregorian | Calendar::Julian);
        let day = calendar::day(if follows_sun { Calendar::ProlepticGregorian } else { self.calendar }, number);
        let year = i32::try_from(day.year).ok()?;
        let date = (1..=u32::from(day.day)).rev().find_map(|d| NaiveDate::from_ymd_opt(year, u32::from(day.month), d))?;
        let micros = u64::try_from(moment.rem_euclid(DAY)).ok()?;
        let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(
            u32::try_from(micros / 1_000_000).ok()?,
            u32::try_from(micros % 1_000_000 * 1000).ok()?,
        )?;
        Some(date.and_time(time).and_utc())
    }
}

impl Unit {
    fn parse(word: &str, calendar: Calendar) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let unit = match word.as_str() {
            "nanosecond" | "nanoseconds" | "nanosec" | "nanosecs" | "ns" => Self::Nanoseconds,
            "microsecond" | "microseconds" | "microsec" | "microsecs" | "us" => Self::Microseconds(1),
            "millisecond" | "milliseconds" | "millisec" | "millisecs" | "msec" | "msecs" | "ms" => Self::Microseconds(1000),
            "second" | "seconds" | "sec" | "secs" | "s" => Self::Microseconds(1_000_000),
            "minute" | "minutes" | "min" | "mins" => Self::Microseconds(60_000_000),
            "hour" | "hours" | "hr" | "hrs" | "h" => Self::Microseconds(3_600_000_000),
            "day" | "days" | "d" => Self::Microseconds(DAY),
            "week" | "weeks" => Self::Microseconds(7 * DAY),
            "month" | "months" | "mon" if calendar == Calendar::Day360 => Self::Microseconds(30 * DAY),
            "year" | "years" | "yr" | "yrs" if calendar == Calendar::Day360 => Self::Microseconds(360 * DAY),
            // What a year of 365 days is called where another calendar counts (udunits).
            "common_year" | "common_years" => Self::Microseconds(365 * DAY),
            "month" | "months" | "mon" => Self::Months(1),
            "year" | "years" | "yr" | "yrs" => Self::Months(12),
            _ => return None,
        };
        Some(unit)
    }
}

/// `1850-1-1`, `2000-01-01 12:00:00.5`, `2010-01-09T12:00:00Z`, `1990-01-01 00:00 -6:00` in microseconds since year 0.
fn moment(calendar: Calendar, text: &str) -> Option<i128> {
    let text = text.trim();
    let (date, rest) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let (sign, date) = date.strip_prefix('-').map_or((1, date), |date| (-1, date));
    let mut parts = date.split('-');
    let year = sign * parts.next()?.parse::<i64>().ok().filter(|year| *year < 1_000_000)?;
    // The calendars of history have no year 0: the year before 1 is -1 (CF 1.11, section 4.4.1), which astronomers call 0.
    let historical = matches!(calendar, Calendar::Standard | Calendar::Julian);
    let year = if historical && year < 0 { year + 1 } else { year };
    let month = parts.next().map_or(Some(1), |part| part.parse().ok()).filter(|month| (1..=12).contains(month))?;
    let day = parts.next().map_or(Some(1), |part| part.parse().ok()).filter(|day| (1..=31).contains(day))?;
    let rest = rest.trim_start_matches(['T', 't', ' ']).trim_end_matches(['Z', 'z']).trim();
    let rest = rest.strip_suffix("UTC").or_else(|| rest.strip_suffix("GMT")).unwrap_or(rest).trim();
    let zone_at = rest.find([' ', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = (rest.get(..zone_at)?, rest.get(zone_at..)?.trim());
    let zone = match zone.split_at_checked(1) {
        Some(("-", zone)) => -time_of_day(zone)?,
        Some(("+", zone)) => time_of_day(zone)?,
        Some(_) => time_of_day(zone)?,
        None => 0,
    };
    let number = calendar::number(calendar, Day { year, month, day });
    Some(i128::from(number) * DAY + time_of_day(clock)? - zone)
}

/// `12`, `12:30`, `1230`, `12:30:15.25`, or nothing, in microseconds.
fn time_of_day(text: &str) -> Option<i128> {
    if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some((text[..2].parse::<i128>().ok()? * 60 + text[2..].parse::<i128>().ok()?) * 60_000_000);
    }
    let mut micros = 0.0;
    for (part, unit) in text.split(':').zip([3.6e9, 6e7, 1e6]) {
        if !part.is_empty() {
            micros += part.parse::<f64>().ok().filter(|v| (0.0..1e4).contains(v))? * unit;
        }
    }
    Some(micros.round() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_labels_in_the_calendar_of_the_file() {
        let check = |units: &str, calendar: &str, value: f64, label: &str, instant: &str| {
            let step = Clock::parse(units, Some(calendar)).and_then(|clock| clock.step(Count::from(value), None)).unwrap();
            assert_eq!(step.label, label, "{units} {calendar}");
            assert_eq!(step.instant.unwrap().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true), instant);
        };
        check("days since 1859-12-01", "360_day", 52575.0, "2005-12-16T00:00:00", "2005-12-16T00:00:00Z");
        check("days since 2005-01-01", "360_day", 59.0, "2005-02-30T00:00:00", "2005-02-28T00:00:00Z");
        check("days since 1850-01-01", "365_day", 57289.5, "2006-12-16T12:00:00", "2006-12-16T12:00:00Z");
        check("days since 2001-02-28", "all_leap", 1.0, "2001-02-29T00:00:00", "2001-02-28T00:00:00Z");
        check("days since 1582-10-04", "standard", 1.0, "1582-10-15T00:00:00", "1582-10-15T00:00:00Z");
        check("days since 1582-10-04", "julian", 1.0, "1582-10-05T00:00:00", "1582-10-15T00:00:00Z");
        check("days since 2200-01-01", "proleptic_gregorian", 36524.0, "2300-01-01T00:00:00", "2300-01-01T00:00:00Z");
        check("hours since 2010-01-09T12:00:00Z", "", 90.0, "2010-01-13T06:00:00", "2010-01-13T06:00:00Z");
        check("Hour since 2001-12-31T23:00:00Z", "", 146_396.0, "2018-09-13T19:00:00", "2018-09-13T19:00:00Z");
        let fine = "seconds since 2016-12-19T10:27:29.687763";
        check(fine, "proleptic_gregorian", 872_712.659_688, "2016-12-29T12:52:42.347451", "2016-12-29T12:52:42.347451Z");
        check("hours since 1900-1-1 0:0:0 -6:00", "gregorian", 0.0, "1900-01-01T06:00:00", "1900-01-01T06:00:00Z");
        check("minutes since 1990-01-01 00:00:00 UTC", "", 90.0, "1990-01-01T01:30:00", "1990-01-01T01:30:00Z");
        check("months since 2000-01-31", "", 1.0, "2000-02-29T00:00:00", "2000-02-29T00:00:00Z");
        check("months since 2000-01-01", "", 1.5, "2000-02-15T12:00:00", "2000-02-15T12:00:00Z");
        check("month as %Y%m.%f", "", 200_001.5, "2000-01-16T12:00:00", "2000-01-16T12:00:00Z");
        check("day as %Y%m%d.%f", "360_day", 20_000_230.25, "2000-02-30T06:00:00", "2000-02-29T06:00:00Z");
        check("year as %Y.%f", "noleap", 2001.0, "2001-01-01T00:00:00", "2001-01-01T00:00:00Z");
        check("nanoseconds since 1970-01-01", "", 1e18, "2001-09-09T01:46:40", "2001-09-09T01:46:40Z");
        check("microseconds since 1970-01-01", "", 1.6e15, "2020-09-13T12:26:40", "2020-09-13T12:26:40Z");
        check("days since 0001-01-01", "standard", -1.0, "0000-12-31T00:00:00", "0000-12-29T00:00:00Z");
        check("days since -0001-01-01", "standard", 0.0, "0000-01-01T00:00:00", "-0001-12-30T00:00:00Z");
        check("days since -0044-03-15", "proleptic_gregorian", 0.0, "-0044-03-15T00:00:00", "-0044-03-15T00:00:00Z");
        check("common_years since 2001-01-01", "noleap", 2.0, "2003-01-01T00:00:00", "2003-01-01T00:00:00Z");
        check("years since 1999-12-31", "noleap", 1.0, "2000-12-31T00:00:00", "2000-12-31T00:00:00Z");
    }

    #[test]
    fn what_is_no_clock_is_none() {
        for units in ["", "days", "days since", "days since yesterday", "furlongs since 2000-01-01", "days since 2000-13-01", "K"] {
            assert_eq!(Clock::parse(units, None), None, "{units}");
        }
        let clock = Clock::parse("days since 2000-01-01", None).unwrap();
        assert!([1e12, 1e300, -1e300].iter().all(|value| clock.step(Count::from(*value), None).is_none()));
    }
}
