use chrono::{DateTime, NaiveDate, Utc};

use super::attributes::Attributes;
use super::calendar::{self, Day};
use super::file::{File, Variable};
use crate::{Calendar, TimeStep};

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
    Months(i64),
}

/// The steps of a time coordinate, bounds included; `None` where it counts in no way that we know.
pub(super) fn steps(file: &File, variable: &Variable) -> Option<Vec<TimeStep>> {
    let clock = Clock::parse(&variable.text("units")?, variable.text("calendar").as_deref())?;
    let values = file.numbers(variable)?;
    let bounds = bounds(file, variable, values.len());
    values
        .iter()
        .enumerate()
        .map(|(index, &value)| {
            let bounds = bounds.as_ref().and_then(|bounds| bounds.get(index));
            let bounds = bounds.and_then(|&[start, end]| Some((clock.instant(start)?, clock.instant(end)?)));
            clock.step(value, bounds)
        })
        .collect()
}

fn bounds(file: &File, variable: &Variable, len: usize) -> Option<Vec<[f64; 2]>> {
    let name = variable.text("bounds").or_else(|| variable.text("climatology"))?;
    let values = file.numbers(file.variable(&variable.group, &name)?)?;
    let pairs: Vec<[f64; 2]> = values.as_chunks::<2>().0.to_vec();
    (pairs.len() == len).then_some(pairs)
}

/// WRF's way: a text variable `Times` with `2005-09-21_00:00:00` for each step.
pub(super) fn written_out(file: &File, variable: &Variable) -> Option<Vec<TimeStep>> {
    let clock = Clock { calendar: Calendar::Standard, unit: Unit::Microseconds(1), epoch: 0 };
    let parse = |text: &String| {
        let moment = moment(Calendar::Standard, &text.trim_end_matches('\0').replace('_', " "))?;
        clock.at(moment, None)
    };
    file.strings(variable)?.iter().map(parse).collect()
}

impl Clock {
    /// `days since 1850-01-01 00:00:00 +1:00`.
    fn parse(units: &str, calendar: Option<&str>) -> Option<Self> {
        let calendar = calendar::named(calendar);
        let (unit, rest) = units.trim().split_once(char::is_whitespace)?;
        let since = rest.trim_start();
        let epoch = since.get(..5).filter(|word| word.eq_ignore_ascii_case("since")).and_then(|_| since.get(5..))?;
        Some(Self { calendar, unit: Unit::parse(unit, calendar)?, epoch: moment(calendar, epoch.trim())? })
    }
    /// Microseconds since the calendar's year 0.
    fn moment(&self, value: f64) -> Option<i128> {
        if !value.is_finite() || value.abs() > 1e15 {
            return None;
        }
        let whole = value.trunc();
        match self.unit {
            // The whole part goes by integers, so that no digit is lost to a float of microseconds.
            Unit::Microseconds(unit) => {
                let rest = ((value - whole) * unit as f64).round() as i128;
                self.epoch.checked_add((whole as i128).checked_mul(unit)?.checked_add(rest)?)
            }
            Unit::Months(months) if value == whole => {
                let at = calendar::day(self.calendar, i64::try_from(self.epoch.div_euclid(DAY)).ok()?);
                let months = at.year * 12 + i64::from(at.month) - 1 + (whole as i64).checked_mul(months)?;
                let (year, month) = (months.div_euclid(12), u8::try_from(months.rem_euclid(12)).ok()? + 1);
                let day = at.day.min(calendar::month_length(self.calendar, year, month));
                let number = calendar::number(self.calendar, Day { year, month, day });
                Some(i128::from(number) * DAY + self.epoch.rem_euclid(DAY))
            }
            Unit::Months(_) => None,
        }
    }
    fn step(&self, value: f64, bounds: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Option<TimeStep> {
        self.at(self.moment(value)?, bounds)
    }
    fn at(&self, moment: i128, bounds: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Option<TimeStep> {
        let day = calendar::day(self.calendar, i64::try_from(moment.div_euclid(DAY)).ok()?);
        let micros = moment.rem_euclid(DAY);
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        let mut label =
            format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", day.year, day.month, day.day, seconds / 3600, seconds / 60 % 60, seconds % 60);
        if rest != 0 {
            label.push_str(format!(".{rest:06}").trim_end_matches('0'));
        }
        Some(TimeStep { calendar: self.calendar, label, instant: self.common(moment), bounds })
    }
    fn instant(&self, value: f64) -> Option<DateTime<Utc>> {
        self.common(self.moment(value)?)
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
            "microsecond" | "microseconds" | "microsec" | "microsecs" | "us" => Self::Microseconds(1),
            "millisecond" | "milliseconds" | "millisec" | "millisecs" | "msec" | "msecs" | "ms" => Self::Microseconds(1000),
            "second" | "seconds" | "sec" | "secs" | "s" => Self::Microseconds(1_000_000),
            "minute" | "minutes" | "min" | "mins" => Self::Microseconds(60_000_000),
            "hour" | "hours" | "hr" | "hrs" | "h" => Self::Microseconds(3_600_000_000),
            "day" | "days" | "d" => Self::Microseconds(DAY),
            "week" | "weeks" => Self::Microseconds(7 * DAY),
            "month" | "months" if calendar == Calendar::Day360 => Self::Microseconds(30 * DAY),
            "year" | "years" if calendar == Calendar::Day360 => Self::Microseconds(360 * DAY),
            "month" | "months" => Self::Months(1),
            "year" | "years" => Self::Months(12),
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
            let step = Clock::parse(units, Some(calendar)).and_then(|clock| clock.step(value, None)).unwrap();
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
        check("years since 1999-12-31", "noleap", 1.0, "2000-12-31T00:00:00", "2000-12-31T00:00:00Z");
    }

    #[test]
    fn what_is_no_clock_is_none() {
        for units in ["", "days", "days since", "days since yesterday", "furlongs since 2000-01-01", "days since 2000-13-01", "K"] {
            assert_eq!(Clock::parse(units, None), None, "{units}");
        }
        let clock = Clock::parse("days since 2000-01-01", None).unwrap();
        assert!([f64::NAN, f64::INFINITY, 1e300].iter().all(|value| clock.step(*value, None).is_none()));
    }
}
