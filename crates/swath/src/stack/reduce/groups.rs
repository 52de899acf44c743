use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{Over, Reduce};
use crate::stack::Time;

/// Steps that become one.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Indices of the steps, in the order of time.
    pub steps: Vec<usize>,
    /// The step that they become.
    pub time: Time,
}

const SEASONS: [&str; 4] = ["DJF", "MAM", "JJA", "SON"];
const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The steps of each group, in the order of time, or of the calendar where years fall together. Without a reduction there is none.
///
/// A calendar group begins with its month, season or year, as xarray's `resample` labels it; one of several years with its first step.
pub fn groups(times: &[Time], how: Reduce, over: Over) -> Vec<Group> {
    if how == Reduce::None {
        return Vec::new();
    }
    let mut keyed: Vec<(i64, Vec<usize>)> = Vec::new();
    for (i, time) in times.iter().enumerate() {
        let key = key(time.datetime, over);
        match keyed.iter_mut().find(|(known, _)| *known == key) {
            Some((_, steps)) => steps.push(i),
            None => keyed.push((key, vec![i])),
        }
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().filter_map(|(_, steps)| group(times, steps, over)).collect()
}

/// `DJF` or `July`: what an instant falls into where years fall together.
pub fn season_or_month(time: DateTime<Utc>, over: Over) -> Option<&'static str> {
    match over {
        Over::MonthOfYear => MONTHS.get(time.month0() as usize).copied(),
        Over::SeasonOfYear => SEASONS.get((time.month() % 12 / 3) as usize).copied(),
        _ => None,
    }
}

fn group(times: &[Time], steps: Vec<usize>, over: Over) -> Option<Group> {
    let (first, last) = (times.get(*steps.first()?)?, times.get(*steps.last()?)?);
    let items = steps.iter().filter_map(|&s| times.get(s)).flat_map(|t| t.items.iter().cloned()).collect();
    let calendar = period(first.datetime, over);
    let covered = first.period.zip(last.period).map(|(a, b)| (a.0, b.1));
    let time = Time {
        datetime: calendar.map_or(first.datetime, |p| p.0),
        end: Some(calendar.map_or(last.datetime, |p| p.1)),
        period: calendar.or(covered.filter(|_| !over.is_climatology())),
        items,
    };
    Some(Group { steps, time })
}

/// Equal for steps of one group, greater for a later group.
fn key(time: DateTime<Utc>, over: Over) -> i64 {
    let (year, month0) = (i64::from(time.year()), i64::from(time.month0()));
    match over {
        Over::All => 0,
        Over::Year => year,
        // December opens the season of the next year.
        Over::Season => (year * 12 + month0 + 1).div_euclid(3),
        Over::Month => year * 12 + month0,
        Over::Day => i64::from(time.num_days_from_ce()),
        Over::SeasonOfYear => (month0 + 1) % 12 / 3,
        Over::MonthOfYear => month0,
    }
}

/// The part of the calendar that a step falls into: its first instant, and the first after it.
fn period(time: DateTime<Utc>, over: Over) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let months = |from: i64, count: i64| Some((month_start(from)?, month_start(from + count)?));
    let month = i64::from(time.year()) * 12 + i64::from(time.month0());
    match over {
        Over::Year => months(month - i64::from(time.month0()), 12),
        Over::Season => months((month + 1).div_euclid(3) * 3 - 1, 3),
        Over::Month => months(month, 1),
        Over::Day => {
            let day = time.date_naive();
            Some((midnight(day)?, midnight(day.succ_opt()?)?))
        }
        Over::All | Over::SeasonOfYear | Over::MonthOfYear => None,
    }
}

/// Months are counted from January of year 0.
fn month_start(month: i64) -> Option<DateTime<Utc>> {
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    midnight(NaiveDate::from_ymd_opt(year, u32::try_from(month.rem_euclid(12)).ok()? + 1, 1)?)
}

fn midnight(day: NaiveDate) -> Option<DateTime<Utc>> {
    Some(day.and_hms_opt(0, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(over: Over, expected: &[(&[usize], &str, Option<&str>)]) {
        let dates =
            ["2018-12-31T23:59:59Z", "2019-01-05T00:00:00Z", "2019-01-05T12:00:00Z", "2019-07-01T00:00:00Z", "2020-01-01T00:00:00Z"];
        let times: Vec<Time> =
            dates.iter().map(|d| Time { datetime: d.parse().unwrap(), end: None, period: None, items: vec![(*d).to_owned()] }).collect();
        let got: Vec<(Vec<usize>, String, Option<&str>)> = groups(&times, Reduce::Mean, over)
            .into_iter()
            .map(|g| (g.steps, g.time.datetime.format("%Y-%m-%d").to_string(), season_or_month(g.time.datetime, over)))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(s, d, n)| (s.to_vec(), (*d).to_owned(), *n)).collect();
        assert_eq!(got, expected, "{over:?}");
    }

    #[test]
    fn steps_fall_into_the_groups_that_xarray_makes() {
        check(Over::All, &[(&[0, 1, 2, 3, 4], "2018-12-31", None)]);
        check(Over::Year, &[(&[0], "2018-01-01", None), (&[1, 2, 3], "2019-01-01", None), (&[4], "2020-01-01", None)]);
        check(Over::Season, &[(&[0, 1, 2], "2018-12-01", None), (&[3], "2019-06-01", None), (&[4], "2019-12-01", None)]);
        check(
            Over::Month,
            &[(&[0], "2018-12-01", None), (&[1, 2], "2019-01-01", None), (&[3], "2019-07-01", None), (&[4], "2020-01-01", None)],
        );
        check(
            Over::Day,
            &[(&[0], "2018-12-31", None), (&[1, 2], "2019-01-05", None), (&[3], "2019-07-01", None), (&[4], "2020-01-01", None)],
        );
        check(Over::SeasonOfYear, &[(&[0, 1, 2, 4], "2018-12-31", Some("DJF")), (&[3], "2019-07-01", Some("JJA"))]);
        check(
            Over::MonthOfYear,
            &[(&[1, 2, 4], "2019-01-05", Some("January")), (&[3], "2019-07-01", Some("July")), (&[0], "2018-12-31", Some("December"))],
        );
    }

    #[test]
    fn a_calendar_group_stands_for_its_whole_period() {
        let time = Time { datetime: "2020-02-11T10:00:00Z".parse().unwrap(), end: None, period: None, items: Vec::new() };
        let labels = [Over::Year, Over::Season, Over::Month, Over::Day]
            .map(|over| groups(std::slice::from_ref(&time), Reduce::Max, over)[0].time.label());
        assert_eq!(labels, ["2020", "2019-12-01 – 2020-02-29", "2020-02", "2020-02-11"]);
    }
}
