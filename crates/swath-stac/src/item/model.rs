use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::quick;
use crate::geometry::Shape;
use crate::json::Object;
use crate::{Asset, Error, Link, LonLatBox, Result, STAC_VERSION, time};

/// A STAC Item. Whatever a document says is kept, also what is not known here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    #[serde(rename = "type")]
    kind: Kind,
    pub stac_version: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stac_extensions: Vec<String>,
    pub id: String,
    /// GeoJSON; `None` is written as null.
    #[serde(default)]
    pub geometry: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Vec<f64>>,
    #[serde(default)]
    pub properties: Object,
    #[serde(default)]
    pub links: Vec<Link>,
    #[serde(default)]
    pub assets: IndexMap<String, Asset>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    #[serde(flatten)]
    pub fields: Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Feature,
}

impl Item {
    /// An item without geometry, time or assets.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            kind: Kind::Feature,
            stac_version: STAC_VERSION.to_owned(),
            stac_extensions: Vec::new(),
            id: id.into(),
            geometry: None,
            bbox: None,
            properties: Object::new(),
            links: Vec::new(),
            assets: IndexMap::new(),
            collection: None,
            fields: Object::new(),
        }
    }

    /// # Errors
    /// Damaged where the value is no Item, naming what is wrong.
    pub fn from_json(value: Value) -> Result<Self> {
        let value = match value {
            Value::Object(object) => match quick::item(object) {
                Ok(item) => return Ok(item),
                Err(object) => Value::Object(object),
            },
            value => value,
        };
        serde_json::from_value(value).map_err(|e| Error::damaged("", e.to_string(), "a STAC Item"))
    }

    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The nominal instant; `None` when it is null or unreadable.
    pub fn datetime(&self) -> Option<DateTime<Utc>> {
        self.instant("datetime")
    }

    /// First and last instant: those of the period where there is one, else the nominal instant twice.
    pub fn interval(&self) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let nominal = self.datetime();
        (self.instant("start_datetime").or(nominal), self.instant("end_datetime").or(nominal))
    }

    /// The bounding box as written, or that of the geometry.
    pub fn lonlat(&self) -> Option<LonLatBox> {
        self.bbox.as_deref().and_then(LonLatBox::of).or_else(|| {
            let positions = self.shape()?.positions();
            let boxes: Vec<LonLatBox> = positions.iter().filter_map(|p| LonLatBox::of(&[p[0], p[1], p[0], p[1]])).collect();
            LonLatBox::around(&boxes)
        })
    }

    pub fn shape(&self) -> Option<Shape> {
        Shape::from_json(self.geometry.as_ref()?)
    }

    fn instant(&self, name: &str) -> Option<DateTime<Utc>> {
        time::parse(self.properties.get(name)?.as_str()?)
    }
}

/// What a search answers: items, in the form of a GeoJSON FeatureCollection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ItemCollection {
    #[serde(rename = "type", default)]
    kind: CollectionKind,
    #[serde(rename = "features")]
    pub items: Vec<Item>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    #[serde(flatten)]
    pub fields: Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum CollectionKind {
    #[default]
    FeatureCollection,
}

impl From<Vec<Item>> for ItemCollection {
    fn from(items: Vec<Item>) -> Self {
        Self { items, ..Self::default() }
    }
}
