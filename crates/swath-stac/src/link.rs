use serde::{Deserialize, Serialize};

use crate::json::Object;

/// From one document to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub rel: String,
    pub href: String,
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(flatten)]
    pub fields: Object,
}

/// The media type of an Item document.
pub const GEOJSON: &str = "application/geo+json";
/// The media type of a Collection or Catalog document.
pub const JSON: &str = "application/json";
/// The media type of a cloud-optimized GeoTIFF.
pub const COG: &str = "image/tiff; application=geotiff; profile=cloud-optimized";
/// The media type of `items.parquet`.
pub const PARQUET: &str = "application/vnd.apache.parquet";

impl Link {
    pub fn new(rel: &str, href: impl Into<String>) -> Self {
        Self { rel: rel.to_owned(), href: href.into(), media_type: None, title: None, fields: Object::new() }
    }
    #[must_use]
    pub fn media_type(mut self, media_type: &str) -> Self {
        self.media_type = Some(media_type.to_owned());
        self
    }
    #[must_use]
    pub fn title(mut self, title: Option<&str>) -> Self {
        self.title = title.map(str::to_owned);
        self
    }
    /// Whether the link holds the tree together and so is remade by every layout.
    pub fn is_structural(&self) -> bool {
        matches!(self.rel.as_str(), "self" | "root" | "parent" | "child" | "item" | "collection")
    }
}
