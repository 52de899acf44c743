//! Days of the calendars of CF (1.11, section 4.4.1), counted from each calendar's own year 0.

use crate::Calendar;

/// A day in some calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day {
    pub year: i64,
    pub month: u8,
    pub day: u8,
}

const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Days from year 0 to the day on which the Gregorian calendar begins, 15 October 1582, in the Gregorian count.
const REFORM: i64 = 578_101;

/// The calendar that CF calls `name`; the standard one where the name is absent or unknown.
pub(super) fn named(name: Option<&str>) -> Calendar {
    match name.map(str::to_ascii_lowercase).as_deref() {
        Some("proleptic_gregorian") => Calendar::ProlepticGregorian,
        Some("julian") => Calendar::Julian,
        Some("noleap" | "365_day") => Calendar::NoLeap,
        Some("all_leap" | "366_day") => Calendar::AllLeap,
        Some("360_day") => Calendar::Day360,
        _ => Calendar::Standard,
    }
}

/// Days since 1 January of year 0 of the calendar itself; for the three that follow the sun, on one common count.
pub(super) fn number(calendar: Calendar, day: Day) -> i64 {
    let Day { year, month, day } = day;
    let (month, day) = (i64::from(month), i64::from(day));
    match calendar {
        Calendar::Day360 => year * 360 + (month - 1) * 30 + day - 1,
        Calendar::NoLeap => year * 365 + before(month, false) + day - 1,
        Calendar::AllLeap => year * 366 + before(month, true) + day - 1,
        Calendar::ProlepticGregorian => gregorian(year, month, day),
        Calendar::Julian => julian(year, month, day),
        Calendar::Standard => {
            let number = gregorian(year, month, day);
            if number >= REFORM { number } else { julian(year, month, day) }
        }
    }
}

/// The day of a number, the other way.
pub(super) fn day(calendar: Calendar, number: i64) -> Day {
    match calendar {
        Calendar::Day360 => {
            let rest = number.rem_euclid(360);
            made(number.div_euclid(360), rest / 30 + 1, rest % 30 + 1)
        }
        Calendar::NoLeap => within(number.div_euclid(365), number.rem_euclid(365), false),
        Calendar::AllLeap => within(number.div_euclid(366), number.rem_euclid(366), true),
        Calendar::ProlepticGregorian => {
            searched(number, gregorian, |year| year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0))
        }
        Calendar::Julian => searched(number, julian, |year| year.rem_euclid(4) == 0),
        Calendar::Standard if number >= REFORM => day(Calendar::ProlepticGregorian, number),
        Calendar::Standard => day(Calendar::Julian, number),
    }
}

/// How many days the month has.
pub(super) fn month_length(calendar: Calendar, year: i64, month: u8) -> u8 {
    let start = number(calendar, Day { year, month, day: 1 });
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    u8::try_from(number(calendar, Day { year: next_year, month: next_month, day: 1 }) - start).unwrap_or(31)
}

fn before(month: i64, leap: bool) -> i64 {
    let months = usize::try_from(month - 1).unwrap_or(0).min(11);
    MONTHS[..months].iter().sum::<i64>() + i64::from(leap && months > 1)
}

fn gregorian(year: i64, month: i64, day: i64) -> i64 {
    let leaps = |year: i64| (year + 3).div_euclid(4) - (year + 99).div_euclid(100) + (year + 399).div_euclid(400);
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    year * 365 + leaps(year) + before(month, leap) + day - 1
}

/// On the Gregorian count: in the year 0 the Julian calendar is two days behind.
fn julian(year: i64, month: i64, day: i64) -> i64 {
    year * 365 + (year + 3).div_euclid(4) + before(month, year.rem_euclid(4) == 0) + day - 1 - 2
}

fn searched(number: i64, count: fn(i64, i64, i64) -> i64, leap: fn(i64) -> bool) -> Day {
    let mut year = (number * 400).div_euclid(146_097);
    while count(year + 1, 1, 1) <= number {
        year += 1;
    }
    while count(year, 1, 1) > number {
        year -= 1;
    }
    within(year, number - count(year, 1, 1), leap(year))
}

fn within(year: i64, day_of_year: i64, leap: bool) -> Day {
    let month = (1..=12).rev().find(|&month| before(month, leap) <= day_of_year).unwrap_or(1);
    made(year, month, day_of_year - before(month, leap) + 1)
}

fn made(year: i64, month: i64, day: i64) -> Day {
    Day { year, month: u8::try_from(month).unwrap_or(1), day: u8::try_from(day).unwrap_or(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Calendar; 6] =
        [Calendar::Standard, Calendar::ProlepticGregorian, Calendar::Julian, Calendar::NoLeap, Calendar::AllLeap, Calendar::Day360];

    #[test]
    fn every_day_has_one_number_and_back() {
        for calendar in ALL {
            let mut last = None;
            for number_of in (-1_000..1_000).chain(577_000..579_000).chain(730_000..731_000).chain(900_000..901_000) {
                let made = day(calendar, number_of);
                assert_eq!(number(calendar, made), number_of, "{calendar:?} {made:?}");
                assert!(last.is_none_or(|(before, n)| n + 1 != number_of || before < made), "{calendar:?} {made:?}");
                last = Some((made, number_of));
            }
        }
    }

    #[test]
    fn the_reform_skips_ten_days() {
        let eve = number(Calendar::Standard, Day { year: 1582, month: 10, day: 4 });
        assert_eq!(eve + 1, REFORM);
        assert_eq!(day(Calendar::Standard, eve + 1), Day { year: 1582, month: 10, day: 15 });
    }

    #[test]
    fn months_are_as_long_as_each_calendar_says() {
        assert_eq!(ALL.map(|calendar| month_length(calendar, 1900, 2)), [28, 28, 29, 28, 29, 30]);
        assert_eq!(ALL.map(|calendar| month_length(calendar, 2000, 12)), [31, 31, 31, 31, 31, 30]);
    }
}
