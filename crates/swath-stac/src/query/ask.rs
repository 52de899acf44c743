use std::collections::BTreeSet;

use cql2::Expr;
use serde_json::Value;

use super::{Interval, Order, filter};
use crate::geometry::Shape;
use crate::json::Object;
use crate::{Error, Item, LonLatBox, Result};

/// Which items are asked for; what is not said does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pub(crate) place: Option<LonLatBox>,
    pub(crate) time: Option<Interval>,
    pub(crate) ids: Vec<String>,
    pub(crate) collections: Vec<String>,
    pub(crate) shape: Option<Shape>,
    pub(crate) filter: Option<Expr>,
    pub(crate) limit: Option<usize>,
    pub(crate) order: Order,
}

impl Query {
    pub fn new() -> Self {
        Self::default()
    }

    /// West, south, east, north in degrees, or six numbers with heights; west above east crosses the antimeridian.
    ///
    /// # Errors
    /// Misuse where they are no such box.
    ///
    /// ```
    /// # use swath_stac::Query;
    /// assert!(Query::new().bbox(&[177.0, -19.0, -177.0, -16.0]).is_ok());
    /// assert!(Query::new().bbox(&[0.0, 10.0, 1.0, 5.0]).is_err());
    /// ```
    pub fn bbox(mut self, numbers: &[f64]) -> Result<Self> {
        let right = "west,south,east,north in degrees, south below north";
        let wrong = || Error::misuse("bbox", format!("{numbers:?} is no box"), right);
        let lonlat = LonLatBox::of(numbers).ok_or_else(wrong)?;
        let inside = |v: f64, most: f64| v.abs() <= most;
        if !(inside(lonlat.south, 90.0) && inside(lonlat.north, 90.0) && inside(lonlat.west, 360.0) && inside(lonlat.east, 360.0)) {
            return Err(wrong().hint("a bbox is in longitude and latitude, not in the CRS of the data"));
        }
        self.place = Some(home(lonlat));
        Ok(self)
    }

    /// As [`Interval::parse`] reads it.
    ///
    /// # Errors
    /// Misuse where the text is no time.
    pub fn datetime(mut self, text: &str) -> Result<Self> {
        self.time = Some(Interval::parse(text)?);
        Ok(self)
    }

    #[must_use]
    pub fn ids(mut self, ids: impl IntoIterator<Item = String>) -> Self {
        self.ids = ids.into_iter().collect();
        self
    }

    #[must_use]
    pub fn collections(mut self, ids: impl IntoIterator<Item = String>) -> Self {
        self.collections = ids.into_iter().collect();
        self
    }

    /// A GeoJSON geometry, Feature or FeatureCollection that items must touch.
    ///
    /// # Errors
    /// Misuse where it is none of them.
    pub fn intersects(mut self, geojson: &Value) -> Result<Self> {
        let wrong =
            || Error::misuse("intersects", "is no GeoJSON geometry", "for instance {\"type\": \"Polygon\", \"coordinates\": [...]}");
        self.shape = Some(Shape::from_json(geojson).ok_or_else(wrong)?);
        Ok(self)
    }

    /// A condition on properties in CQL2, as text (`gsd < 100 AND landsat:path = 14`) or as JSON (`{"op": "<", "args": [...]}`).
    ///
    /// # Errors
    /// Misuse where it is neither, or names a function that CQL2 does not.
    ///
    /// ```
    /// # use swath_stac::Query;
    /// assert!(Query::new().filter("eo:cloud_cover < 10").is_ok());
    /// assert!(Query::new().filter(r#"{"op": "<", "args": [{"property": "eo:cloud_cover"}, 10]}"#).is_ok());
    /// assert!(Query::new().filter(r#"{"property": "gsd"}"#).is_err());
    /// ```
    pub fn filter(mut self, cql2: &str) -> Result<Self> {
        self.filter = Some(filter::parse(cql2.trim())?);
        Ok(self)
    }

    /// By which properties the items are ordered, as [`Order::parse`] reads it; otherwise by collection, time and id.
    ///
    /// # Errors
    /// Misuse where a name is missing.
    pub fn sort_by(mut self, text: &str) -> Result<Self> {
        self.order = Order::parse(text)?;
        Ok(self)
    }

    /// At most so many items are wanted; [`Query::matches`] does not count.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    pub fn at_most(&self) -> Option<usize> {
        self.limit
    }

    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Whether the item is one of those asked for.
    pub fn matches(&self, item: &Item) -> bool {
        self.matches_but_filter(item) && self.passes(item)
    }

    /// Whether the item meets the condition on properties.
    pub(crate) fn passes(&self, item: &Item) -> bool {
        self.filter.as_ref().is_none_or(|filter| passes(item, filter))
    }

    /// Whether the item is one of those asked for, whatever its properties are: for the answers of a server that has judged them.
    pub fn matches_but_filter(&self, item: &Item) -> bool {
        (self.ids.is_empty() || self.ids.contains(&item.id))
            && (self.collections.is_empty() || item.collection.as_ref().is_some_and(|c| self.collections.contains(c)))
            && self.time.is_none_or(|time| time.holds(item))
            && self.place.is_none_or(|place| lies_in(item, &place))
            && self.shape.as_ref().is_none_or(|shape| item.shape().is_some_and(|s| s.intersects(shape)))
    }

    /// Whether a collection of that id may hold items that match: only its name counts.
    pub fn wants_collection(&self, id: &str) -> bool {
        self.collections.is_empty() || self.collections.iter().any(|c| c == id)
    }

    /// Whether anything within this extent may match; a missing extent may.
    pub fn may_match(&self, place: Option<LonLatBox>, time: &Interval) -> bool {
        let near = place.is_none_or(|there| self.places().iter().all(|asked| asked.intersects(&there)));
        let late = |end: Option<chrono::DateTime<chrono::Utc>>, start: Option<chrono::DateTime<chrono::Utc>>| match (end, start) {
            (Some(end), Some(start)) => end < start,
            _ => false,
        };
        near && self.time.is_none_or(|asked| !late(asked.end, time.start) && !late(time.end, asked.start))
    }
}

impl Query {
    /// The columns of a table that the condition on properties may look at.
    pub(crate) fn filter_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        if let Some(filter) = &self.filter {
            name_properties(filter, &mut names);
        }
        names
    }

    /// Boxes each of which an item must touch to match.
    pub(crate) fn places(&self) -> Vec<LonLatBox> {
        self.place.into_iter().chain(self.shape.as_ref().and_then(Shape::bounds)).collect()
    }
}

/// Names of properties, without what may stand before them.
fn name_properties(filter: &Expr, names: &mut BTreeSet<String>) {
    let many = |list: &[Box<Expr>], names: &mut BTreeSet<String>| list.iter().for_each(|part| name_properties(part, names));
    match filter {
        Expr::Operation { args, .. } => many(args, names),
        Expr::Interval { interval } => many(interval, names),
        Expr::Timestamp { timestamp } => name_properties(timestamp, names),
        Expr::Date { date } => name_properties(date, names),
        Expr::BBox { bbox } => many(bbox, names),
        Expr::Array(list) => many(list, names),
        Expr::Property { property } => {
            let property = property.strip_prefix("properties.").unwrap_or(property);
            // A name may lead into an object: its column is the first part of it, or all of it.
            names.extend([property.to_owned(), property.split(['.', '[']).next().unwrap_or(property).to_owned()]);
        }
        Expr::Float(_) | Expr::Literal(_) | Expr::Bool(_) | Expr::Geometry(_) | Expr::Null => {}
    }
}

/// Longitudes up to 360 in the range from -180 to 180.
fn home(lonlat: LonLatBox) -> LonLatBox {
    if lonlat.east - lonlat.west >= 360.0 {
        return LonLatBox { west: -180.0, east: 180.0, ..lonlat };
    }
    let turn = |lon: f64| if lon.abs() > 180.0 { (lon + 180.0).rem_euclid(360.0) - 180.0 } else { lon };
    LonLatBox { west: turn(lonlat.west), east: turn(lonlat.east), ..lonlat }
}

fn lies_in(item: &Item, place: &LonLatBox) -> bool {
    let near = item.lonlat().is_some_and(|b| b.intersects(place));
    // A footprint may count on to 360 where the columns of its data do.
    let turned = LonLatBox { west: place.west + 360.0, east: place.east + 360.0, ..*place };
    let meets = |shape: &Shape| {
        shape.intersects(&Shape::of_box(place))
            || shape.bounds().is_some_and(|b| b.east > 180.0) && !place.crosses_antimeridian() && shape.intersects(&Shape::of_box(&turned))
    };
    near && item.shape().is_none_or(|shape| meets(&shape))
}

fn passes(item: &Item, filter: &Expr) -> bool {
    let mut flat: Object = item.properties.clone();
    flat.insert("id".into(), item.id.clone().into());
    flat.insert("collection".into(), item.collection.clone().into());
    flat.insert("geometry".into(), item.geometry.clone().unwrap_or_default());
    let flat = Value::Object(flat);
    // A property that the item does not have leaves the condition undecided: no match, as in SQL.
    filter.clone().matches(Some(&flat)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item() -> Item {
        let mut item = Item::new("t1");
        item.collection = Some("map".into());
        item.properties =
            json!({"datetime": "2020-06-15T00:00:00Z", "gsd": 30, "landsat:path": 14, "platform": "L8"}).as_object().unwrap().clone();
        // A diamond, and so not all of its box.
        item.geometry = Some(json!({"type": "Polygon", "coordinates": [[[0, 5], [5, 0], [10, 5], [5, 10], [0, 5]]]}));
        item.bbox = Some(vec![0.0, 0.0, 10.0, 10.0]);
        item
    }

    #[track_caller]
    fn check(query: Result<Query>, expected: bool) {
        let query = query.unwrap();
        assert_eq!(query.matches(&item()), expected, "{query:?}");
    }

    #[test]
    fn each_condition_narrows() {
        check(Ok(Query::new()), true);
        check(Query::new().bbox(&[4.0, 4.0, 6.0, 6.0]), true);
        check(Query::new().bbox(&[4.0, 4.0, 0.0, 6.0, 6.0, 9.0]), true);
        check(Query::new().bbox(&[0.0, 0.0, 1.0, 1.0]), false);
        check(Query::new().bbox(&[170.0, -10.0, 6.0, 10.0]), true);
        check(Query::new().bbox(&[364.0, 4.0, 366.0, 6.0]).or_else(|_| Query::new().bbox(&[4.0, 4.0, 6.0, 6.0])), true);
        check(Query::new().datetime("2020-06"), true);
        check(Query::new().datetime("2021"), false);
        check(Ok(Query::new().ids(["t1".into()])), true);
        check(Ok(Query::new().ids(["t2".into()])), false);
        check(Ok(Query::new().collections(["other".into()])), false);
        check(Query::new().intersects(&json!({"type": "Point", "coordinates": [5, 5]})), true);
        check(Query::new().intersects(&json!({"type": "Point", "coordinates": [1, 1]})), false);
        check(Query::new().filter("gsd < 100 AND platform = 'L8'"), true);
        check(Query::new().filter("\"landsat:path\" = 15"), false);
        check(Query::new().filter("cloud < 100"), false);
        check(Query::new().filter("id = 't1' AND s_intersects(geometry, POINT(5 5))"), true);
        check(Query::new().filter(r#" {"op": "<=", "args": [{"property": "gsd"}, 30]}"#), true);
        check(Query::new().filter("NOT (gsd <= 30)"), false);
        check(Query::new().filter("cloud IS NULL"), true);
        check(Query::new().filter("platform LIKE 'L%' AND gsd BETWEEN 10 AND 40"), true);
        check(Query::new().filter("platform IN ('L7', 'L8')"), true);
        check(Query::new().filter("datetime > TIMESTAMP('2020-01-01T00:00:00Z')"), true);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Query::new().bbox(&[1.0, 2.0, 3.0]).is_err());
        assert!(Query::new().bbox(&[500_000.0, 4_000_000.0, 510_000.0, 4_010_000.0]).is_err());
        assert!(Query::new().filter("gsd <").is_err());
        assert!(Query::new().filter("gsd").is_err());
        assert!(Query::new().filter("{\"op\"}").is_err());
        assert!(Query::new().sort_by("-").is_err());
        assert!(Query::new().intersects(&json!({"type": "Square"})).is_err());
    }
}
