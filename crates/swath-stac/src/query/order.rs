use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{Error, Item, Result, time};

/// By what items are ordered. Whatever is said, collection, time and id decide last, so that an order is always the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    pub keys: Vec<SortKey>,
}

/// One property that orders, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// `id`, `collection` or the name of a property, without `properties.` before it.
    pub field: String,
    pub direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What one item is ordered by.
pub(crate) type Rank = (Vec<Part>, (Option<String>, Option<DateTime<Utc>>, String));

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Number(f64),
    Word(String),
    Instant(DateTime<Utc>),
    Absent,
}

impl Order {
    /// Names with `-` before them for descending, with `+` or nothing for ascending, separated by commas, as the sort extension of
    /// STAC API has it.
    ///
    /// # Errors
    /// Misuse where a name is missing.
    ///
    /// ```
    /// # use swath_stac::query::{Direction, Order};
    /// let order = Order::parse("-properties.datetime,+eo:cloud_cover").unwrap();
    /// assert_eq!((order.keys[0].field.as_str(), order.keys[0].direction), ("datetime", Direction::Descending));
    /// assert_eq!(order.keys[1].field, "eo:cloud_cover");
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let key = |part: &str| {
            let (direction, name) = match part.trim().split_at_checked(1) {
                Some(("-", name)) => (Direction::Descending, name),
                Some(("+", name)) => (Direction::Ascending, name),
                _ => (Direction::Ascending, part.trim()),
            };
            let field = name.strip_prefix("properties.").unwrap_or(name).trim().to_owned();
            let wrong = || Error::misuse("sortby", format!("{part:?} names no property"), "for instance -datetime,+eo:cloud_cover");
            if field.is_empty() { Err(wrong()) } else { Ok(SortKey { field, direction }) }
        };
        Ok(Self { keys: text.split(',').map(key).collect::<Result<_>>()? })
    }

    /// Puts items in order; those that lack a property come after those that have it, either way.
    pub fn sort(&self, items: &mut [Item]) {
        items.sort_by_cached_key(|item| Ranked { rank: self.rank(item), order: self });
    }

    pub(crate) fn rank(&self, item: &Item) -> Rank {
        let parts = self.keys.iter().map(|key| part(item, &key.field)).collect();
        (parts, (item.collection.clone(), item.interval().0, item.id.clone()))
    }

    pub(crate) fn compare(&self, a: &Rank, b: &Rank) -> Ordering {
        let said = self.keys.iter().zip(a.0.iter().zip(&b.0)).map(|(key, (a, b))| a.compare(b, key.direction));
        said.fold(Ordering::Equal, Ordering::then).then_with(|| a.1.cmp(&b.1))
    }
}

struct Ranked<'o> {
    rank: Rank,
    order: &'o Order,
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked<'_> {}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&self.rank, &other.rank)
    }
}

fn part(item: &Item, field: &str) -> Part {
    let value = match field {
        "id" => return Part::Word(item.id.clone()),
        "collection" => return item.collection.clone().map_or(Part::Absent, Part::Word),
        _ => item.properties.get(field),
    };
    match value {
        Some(Value::Number(number)) => number.as_f64().map_or(Part::Absent, Part::Number),
        Some(Value::Bool(yes)) => Part::Number(f64::from(u8::from(*yes))),
        Some(Value::String(word)) => match time::parse(word) {
            Some(instant) => Part::Instant(instant),
            None => Part::Word(word.clone()),
        },
        // A period has no nominal instant; it begins somewhere.
        _ if field == "datetime" => item.interval().0.map_or(Part::Absent, Part::Instant),
        _ => Part::Absent,
    }
}

impl Part {
    fn compare(&self, other: &Self, direction: Direction) -> Ordering {
        let kind = |part: &Self| match part {
            Self::Number(_) => 0,
            Self::Instant(_) => 1,
            Self::Word(_) => 2,
            Self::Absent => 3,
        };
        let order = match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Instant(a), Self::Instant(b)) => a.cmp(b),
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (a, b) => return kind(a).cmp(&kind(b)),
        };
        if direction == Direction::Descending { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(id: &str, properties: &Value) -> Item {
        let mut item = Item::new(id);
        item.properties = properties.as_object().unwrap().clone();
        item
    }

    #[track_caller]
    fn check(order: &str, expected: [&str; 4]) {
        let mut items = [
            item("a", &json!({"datetime": "2020-01-02T00:00:00Z", "eo:cloud_cover": 9})),
            item("b", &json!({"datetime": "2020-01-03T02:00:00+03:00", "eo:cloud_cover": 10.5})),
            item("c", &json!({"datetime": "2020-01-03T00:00:00.5Z"})),
            item("d", &json!({"datetime": "2019-01-01T00:00:00Z", "eo:cloud_cover": 9, "platform": "x"})),
        ];
        Order::parse(order).unwrap().sort(&mut items);
        assert_eq!(items.each_ref().map(|i| i.id.as_str()), expected, "{order}");
    }

    #[test]
    fn items_are_ordered_by_value_and_what_is_absent_comes_last() {
        check("datetime", ["d", "a", "b", "c"]);
        check("-datetime", ["c", "b", "a", "d"]);
        check("+eo:cloud_cover", ["d", "a", "b", "c"]);
        check("-eo:cloud_cover,-id", ["b", "d", "a", "c"]);
        check("-properties.eo:cloud_cover, datetime", ["b", "d", "a", "c"]);
        check("platform,-id", ["d", "c", "b", "a"]);
    }
}
