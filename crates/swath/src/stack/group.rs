use chrono::{DateTime, Datelike, Duration, NaiveDate, Timelike, Utc};

use super::facts::ItemFacts;
use super::{GroupBy, Order};
use crate::{Error, Result};

/// Indices of the items of each time step, in the order in which they fill it.
///
/// For solar days all items are moved by the whole hours of one longitude, that of their middle.
pub(super) fn group(items: &[ItemFacts], by: GroupBy, order: Order) -> Vec<Vec<usize>> {
    let hours = solar_hours(items);
    let key = |i: usize| match by {
        GroupBy::Time => Key::Instant(items[i].datetime),
        GroupBy::SolarDay => Key::Day((items[i].datetime + chrono::Duration::hours(hours)).date_naive()),
        GroupBy::None => Key::Item(items[i].datetime, items[i].id.clone(), i),
    };
    let within = |a: usize, b: usize| {
        let (one, other) = (&items[a], &items[b]);
        match order {
            Order::Oldest => (one.datetime, &one.id).cmp(&(other.datetime, &other.id)),
            Order::Newest => other.datetime.cmp(&one.datetime).then_with(|| one.id.cmp(&other.id)),
            Order::First => a.cmp(&b),
            Order::Last => b.cmp(&a),
        }
    };
    let mut sorted: Vec<usize> = (0..items.len()).collect();
    sorted.sort_by(|&a, &b| key(a).cmp(&key(b)).then_with(|| within(a, b)));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for i in sorted {
        match groups.last_mut() {
            Some(last) if last.first().is_some_and(|&f| key(f) == key(i)) => last.push(i),
            _ => groups.push(vec![i]),
        }
    }
    groups
}

/// Steps as the caller made them; empty ones are left out.
///
/// # Errors
/// Misuse for an item that is not there, or is named twice.
pub(super) fn given(steps: &[Vec<usize>], items: usize) -> Result<Vec<Vec<usize>>> {
    let mut seen = vec![false; items];
    for &i in steps.iter().flatten() {
        match seen.get_mut(i) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(Error::misuse("groupby", format!("item {i} of {items} in two steps, or none"), "each item at most once")),
        }
    }
    Ok(steps.iter().filter(|step| !step.is_empty()).cloned().collect())
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
    Item(DateTime<Utc>, String, usize),
}

/// Whole hours that the sun is ahead of UTC in the middle of the items.
fn solar_hours(items: &[ItemFacts]) -> i64 {
    if items.is_empty() {
        return 0;
    }
    let mean = items.iter().map(|i| i.longitude).sum::<f64>() / items.len() as f64;
    let turned = if mean > 180.0 { mean - 360.0 } else { mean };
    (turned / 15.0) as i64
}

/// `2018-01-31`, with the time of day where it has one.
pub fn time_label(time: DateTime<Utc>) -> String {
    if time.num_seconds_from_midnight() == 0 { time.format("%Y-%m-%d").to_string() } else { time.format("%Y-%m-%d %H:%M").to_string() }
}

/// A period by the calendar: `2020`, `2018 – 2020`, `2020-03`, `2020-03-05`, else its first and last day.
pub(super) fn period_label((from, to): (DateTime<Utc>, DateTime<Utc>)) -> String {
    // An end at midnight is that of the day before, unless the period begins and ends with whole days named by their midnight.
    let midnight = to.num_seconds_from_midnight() == 0;
    let before = if midnight && to > from { to.checked_sub_signed(Duration::seconds(1)).unwrap_or(to) } else { to };
    let starts_year = from.ordinal() == 1 && from.num_seconds_from_midnight() == 0;
    let ends_year = |end: DateTime<Utc>| (end.month(), end.day()) == (12, 31);
    if let Some(end) = [before, to].into_iter().find(|e| starts_year && ends_year(*e)) {
        return if end.year() == from.year() { from.year().to_string() } else { format!("{} – {}", from.year(), end.year()) };
    }
    let month = |time: DateTime<Utc>| (time.year(), time.month());
    let ends_month = |end: DateTime<Utc>| end.checked_add_signed(Duration::days(1)).is_some_and(|next| next.day() == 1);
    let starts_month = from.day() == 1 && from.num_seconds_from_midnight() == 0;
    if [before, to].into_iter().any(|e| starts_month && month(e) == month(from) && ends_month(e)) {
        return from.format("%Y-%m").to_string();
    }
    let (first, last) = (from.format("%Y-%m-%d").to_string(), before.format("%Y-%m-%d").to_string());
    if first == last { first } else { format!("{first} – {last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(by: GroupBy, longitude: f64, items: &[(&str, &str)], expected: &[&[&str]]) {
        check_order(by, Order::Oldest, longitude, items, expected);
    }

    fn check_order(by: GroupBy, order: Order, longitude: f64, items: &[(&str, &str)], expected: &[&[&str]]) {
        let items: Vec<ItemFacts> = items
            .iter()
            .map(|(id, time)| ItemFacts { id: (*id).into(), datetime: time.parse().unwrap(), period: None, longitude, assets: Vec::new() })
            .collect();
        let got: Vec<Vec<&str>> = group(&items, by, order).iter().map(|g| g.iter().map(|&i| items[i].id.as_str()).collect()).collect();
        assert_eq!(got, expected, "{by:?} {order:?} at {longitude}");
    }

    #[test]
    fn steps_that_are_given_hold_each_item_at_most_once() {
        assert_eq!(given(&[vec![2, 0], vec![], vec![1]], 3).unwrap(), [vec![2, 0], vec![1]]);
        for wrong in [vec![vec![0, 3]], vec![vec![0], vec![0]]] {
            assert_eq!(given(&wrong, 3).unwrap_err().family, crate::Family::Misuse, "{wrong:?}");
        }
    }

    #[test]
    fn a_period_has_the_name_of_the_calendar() {
        for (from, to, expected) in [
            ("2020-01-01T00:00:00Z", "2020-12-31T23:59:59Z", "2020"),
            ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2020"),
            ("2020-01-01T00:00:00Z", "2020-12-31T00:00:00Z", "2020"),
            ("2018-01-01T00:00:00Z", "2020-12-31T23:59:59Z", "2018 – 2020"),
            ("2020-02-01T00:00:00Z", "2020-02-29T23:59:59Z", "2020-02"),
            ("2020-03-05T00:00:00Z", "2020-03-06T00:00:00Z", "2020-03-05"),
            ("2020-03-05T00:00:00Z", "2020-04-06T12:00:00Z", "2020-03-05 – 2020-04-06"),
        ] {
            assert_eq!(period_label((from.parse().unwrap(), to.parse().unwrap())), expected);
        }
    }

    #[test]
    fn items_fall_into_steps_in_the_order_of_time_and_id() {
        let items =
            [("c", "2018-01-02T01:00:00Z"), ("b", "2018-01-01T23:00:00Z"), ("a", "2018-01-02T01:00:00Z"), ("d", "2018-01-01T08:00:00Z")];
        check(GroupBy::Time, 0.0, &items, &[&["d"], &["b"], &["a", "c"]]);
        check(GroupBy::None, 0.0, &items, &[&["d"], &["b"], &["a"], &["c"]]);
        check(GroupBy::SolarDay, 0.0, &items, &[&["d", "b"], &["a", "c"]]);
        // Five hours behind: the night after midnight UTC is still the day before.
        check(GroupBy::SolarDay, -75.0, &items, &[&["d", "b", "a", "c"]]);
        check(GroupBy::SolarDay, 150.0, &items, &[&["d"], &["b", "a", "c"]]);
    }

    #[test]
    fn what_lies_on_top_can_be_chosen() {
        let items =
            [("c", "2018-01-02T01:00:00Z"), ("b", "2018-01-01T23:00:00Z"), ("a", "2018-01-02T01:00:00Z"), ("d", "2018-01-01T08:00:00Z")];
        for (order, expected) in [
            (Order::Oldest, [["d", "b"], ["a", "c"]]),
            (Order::Newest, [["b", "d"], ["a", "c"]]),
            (Order::First, [["b", "d"], ["c", "a"]]),
            (Order::Last, [["d", "b"], ["a", "c"]]),
        ] {
            check_order(GroupBy::SolarDay, order, 0.0, &items, &expected.each_ref().map(|step| step.as_slice()));
        }
    }
}
