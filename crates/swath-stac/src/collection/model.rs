use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::Object;
use crate::{Asset, Error, Item, Link, LonLatBox, Result, STAC_VERSION, time};

/// A STAC Collection. Whatever a document says is kept, also what is not known here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    #[serde(rename = "type")]
    kind: Kind,
    pub stac_version: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stac_extensions: Vec<String>,
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default)]
    pub description: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    #[serde(default)]
    pub license: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<Value>,
    #[serde(default)]
    pub extent: Extent,
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub summaries: Object,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub item_assets: IndexMap<String, Object>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Value>,
    /// Everything else: `renders`, `cube:dimensions`, ...
    #[serde(flatten)]
    pub fields: Object,
    #[serde(default)]
    pub links: Vec<Link>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub assets: IndexMap<String, Asset>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Collection,
}

/// Where and when a collection's items lie.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Extent {
    pub spatial: SpatialExtent,
    pub temporal: TemporalExtent,
}

/// The first box holds all others; exactly two boxes are never written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpatialExtent {
    pub bbox: Vec<Vec<f64>>,
}

/// The first interval holds all others; an open end is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemporalExtent {
    pub interval: Vec<[Option<String>; 2]>,
}

impl Default for SpatialExtent {
    fn default() -> Self {
        Self { bbox: vec![vec![-180.0, -90.0, 180.0, 90.0]] }
    }
}

impl Default for TemporalExtent {
    fn default() -> Self {
        Self { interval: vec![[None, None]] }
    }
}

impl Collection {
    /// A collection of the whole world at all times.
    pub fn new(id: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            kind: Kind::Collection,
            stac_version: STAC_VERSION.to_owned(),
            stac_extensions: Vec::new(),
            id: id.into(),
            title: None,
            description: description.into(),
            keywords: Vec::new(),
            license: "other".to_owned(),
            providers: Vec::new(),
            extent: Extent::default(),
            summaries: Object::new(),
            item_assets: IndexMap::new(),
            bands: Vec::new(),
            fields: Object::new(),
            links: Vec::new(),
            assets: IndexMap::new(),
        }
    }

    /// # Errors
    /// Damaged where the value is no Collection, naming what is wrong.
    pub fn from_json(value: Value) -> Result<Self> {
        serde_json::from_value(value).map_err(|e| Error::damaged("", e.to_string(), "a STAC Collection"))
    }

    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The box around everything.
    pub fn lonlat(&self) -> Option<LonLatBox> {
        LonLatBox::of(self.extent.spatial.bbox.first()?)
    }

    /// First and last instant; `None` where an end is open.
    pub fn interval(&self) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let first = self.extent.temporal.interval.first();
        let end = |i: usize| first.and_then(|f| f[i].as_deref()).and_then(time::parse);
        (end(0), end(1))
    }
}

impl Extent {
    /// Around all items: one box, correct over the antimeridian, and one interval. Items without a place or a time do not count; where
    /// none has one, the extent is the whole world, or open.
    pub fn of_items(items: &[Item]) -> Self {
        let boxes: Vec<LonLatBox> = items.iter().filter_map(Item::lonlat).collect();
        Self::around(&boxes, items.iter().map(Item::interval))
    }

    /// Around the extents of other collections; an open interval stays open.
    pub fn of_extents<'a>(extents: impl IntoIterator<Item = &'a Self>) -> Self {
        let extents: Vec<&Self> = extents.into_iter().collect();
        let boxes: Vec<LonLatBox> = extents.iter().filter_map(|e| LonLatBox::of(e.spatial.bbox.first()?)).collect();
        let intervals = extents.iter().filter_map(|e| e.temporal.interval.first());
        let ends = intervals.map(|[start, end]| (start.as_deref().and_then(time::parse), end.as_deref().and_then(time::parse)));
        Self::around(&boxes, ends)
    }

    fn around(boxes: &[LonLatBox], intervals: impl Iterator<Item = (Option<DateTime<Utc>>, Option<DateTime<Utc>>)>) -> Self {
        let mut extent = Self::default();
        if let Some(around) = LonLatBox::around(boxes) {
            extent.spatial.bbox = vec![around.to_array().to_vec()];
        }
        let (mut start, mut end) = (None::<DateTime<Utc>>, None::<DateTime<Utc>>);
        for (from, to) in intervals {
            start = earlier(start, from, DateTime::min);
            end = earlier(end, to, DateTime::max);
        }
        extent.temporal.interval = vec![[start.as_ref().map(time::rfc3339), end.as_ref().map(time::rfc3339)]];
        extent
    }
}

fn earlier<T>(a: Option<T>, b: Option<T>, choose: impl Fn(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    }
}
