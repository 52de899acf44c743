//! A query as the search endpoint of a STAC API understands it.

use serde_json::{Value, json};

use super::{Direction, Interval, Query};
use crate::Object;
use crate::time::rfc3339;

impl Query {
    /// The body of a search request (STAC API, item search 1.0.0; filter, sort), a page of `page` items at a time.
    ///
    /// A box and a shape exclude one another there: the shape is told. What the server is not told is judged here afterwards.
    ///
    /// ```
    /// # use swath_stac::{Query, query::Told};
    /// let query = Query::new().bbox(&[1.0, 2.0, 3.0, 4.0]).unwrap().datetime("2020").unwrap();
    /// let body = query.to_body(Told { filter: true, sort: true }, 100);
    /// assert_eq!(body["bbox"], serde_json::json!([1.0, 2.0, 3.0, 4.0]));
    /// assert_eq!(body["datetime"], "2020-01-01T00:00:00Z/2020-12-31T23:59:59.999999Z");
    /// ```
    pub fn to_body(&self, told: Told, page: usize) -> Object {
        let mut body = Object::new();
        match (&self.shape, &self.place) {
            (Some(shape), _) => drop(body.insert("intersects".into(), shape.to_json())),
            (None, Some(place)) => drop(body.insert("bbox".into(), place.to_json())),
            (None, None) => {}
        }
        if let Some(datetime) = self.time.as_ref().and_then(Interval::to_text) {
            body.insert("datetime".into(), datetime.into());
        }
        for (name, list) in [("ids", &self.ids), ("collections", &self.collections)] {
            if !list.is_empty() {
                body.insert(name.into(), json!(list));
            }
        }
        if told.filter
            && let Some(filter) = self.filter.as_ref().and_then(|filter| filter.to_value().ok())
        {
            body.insert("filter".into(), filter);
            body.insert("filter-lang".into(), "cql2-json".into());
        }
        if told.sort && !self.order.keys.is_empty() {
            let keys = self.order.keys.iter().map(|key| {
                let direction = if key.direction == Direction::Descending { "desc" } else { "asc" };
                json!({ "field": placed(&key.field), "direction": direction })
            });
            body.insert("sortby".into(), keys.collect());
        }
        body.insert("limit".into(), page.into());
        body
    }

    /// The same as parameters of a URL.
    pub fn to_parameters(&self, told: Told, page: usize) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        for (name, value) in self.to_body(told, page) {
            let text = match (name.as_str(), &value) {
                ("filter" | "filter-lang" | "sortby", _) => continue,
                ("bbox" | "ids" | "collections", Value::Array(list)) => {
                    let words = list.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
                    words.collect::<Vec<_>>().join(",")
                }
                (_, Value::String(text)) => text.clone(),
                (_, value) => value.to_string(),
            };
            parameters.push((name, text));
        }
        if told.filter
            && let Some(text) = self.filter.as_ref().and_then(|filter| filter.to_text().ok())
        {
            parameters.push(("filter".into(), text));
            parameters.push(("filter-lang".into(), "cql2-text".into()));
        }
        if told.sort && !self.order.keys.is_empty() {
            let sign = |direction| if direction == Direction::Descending { '-' } else { '+' };
            let keys = self.order.keys.iter().map(|key| format!("{}{}", sign(key.direction), placed(&key.field)));
            parameters.push(("sortby".into(), keys.collect::<Vec<_>>().join(",")));
        }
        parameters
    }

    pub fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Only these collections, of those that were asked for.
    #[must_use]
    pub fn within(&self, collection: &str) -> Self {
        Self { collections: vec![collection.to_owned()], ..self.clone() }
    }
}

/// What a server says that it can judge by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    pub filter: bool,
    pub sort: bool,
}

/// A property as the sort extension names it.
fn placed(field: &str) -> String {
    if matches!(field, "id" | "collection") { field.to_owned() } else { format!("properties.{field}") }
}

impl Interval {
    /// As RFC 3339, with `..` for an open end; `None` where both ends are open.
    pub fn to_text(&self) -> Option<String> {
        let end = |instant: Option<_>| instant.as_ref().map_or_else(|| "..".to_owned(), rfc3339);
        match (self.start, self.end) {
            (None, None) => None,
            (Some(start), Some(same)) if start == same => Some(rfc3339(&start)),
            (start, until) => Some(format!("{}/{}", end(start), end(until))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_told_once_and_in_full() {
        let query = Query::new()
            .bbox(&[177.0, -19.0, -177.0, -16.0])
            .and_then(|q| q.datetime("2020-01-01/.."))
            .and_then(|q| q.filter("gsd < 30"))
            .and_then(|q| q.sort_by("-datetime,id"))
            .unwrap()
            .collections(["a".into(), "b".into()]);
        let told = Told { filter: true, sort: true };
        let body = Value::Object(query.to_body(told, 7));
        assert_eq!(
            body,
            json!({"bbox": [177.0, -19.0, -177.0, -16.0], "datetime": "2020-01-01T00:00:00Z/..", "collections": ["a", "b"],
                "filter": {"op": "<", "args": [{"property": "gsd"}, 30.0]}, "filter-lang": "cql2-json",
                "sortby": [{"field": "properties.datetime", "direction": "desc"}, {"field": "id", "direction": "asc"}], "limit": 7})
        );
        let parameters = query.to_parameters(told, 7);
        let of = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(of("bbox"), Some("177.0,-19.0,-177.0,-16.0"));
        assert_eq!(of("collections"), Some("a,b"));
        assert_eq!(of("sortby"), Some("-properties.datetime,+id"));
        assert!(of("filter").unwrap().contains("gsd"));
        assert!(Value::Object(query.to_body(Told::default(), 7)).get("filter").is_none());
    }
}
