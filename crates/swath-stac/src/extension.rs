//! Which extensions an object uses: told from its own fields, so that none is declared in vain and none is forgotten.

use serde_json::Value;

use crate::json::Object;

/// One extension: the prefix of its fields (or the whole name of its field) and its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    pub prefix: &'static str,
    pub schema: &'static str,
}

/// The extensions that are written here, at the versions that are written.
pub const KNOWN: &[Extension] = &[
    Extension { prefix: "proj:", schema: "https://stac-extensions.github.io/projection/v2.0.0/schema.json" },
    Extension { prefix: "raster:", schema: "https://stac-extensions.github.io/raster/v2.0.0/schema.json" },
    Extension { prefix: "eo:", schema: "https://stac-extensions.github.io/eo/v2.0.0/schema.json" },
    Extension { prefix: "file:", schema: "https://stac-extensions.github.io/file/v2.1.0/schema.json" },
    Extension { prefix: "classification:", schema: "https://stac-extensions.github.io/classification/v2.0.0/schema.json" },
    Extension { prefix: "cube:", schema: "https://stac-extensions.github.io/datacube/v2.3.0/schema.json" },
    Extension { prefix: "storage:", schema: "https://stac-extensions.github.io/storage/v2.0.0/schema.json" },
    Extension { prefix: "auth:", schema: "https://stac-extensions.github.io/authentication/v1.1.0/schema.json" },
    Extension { prefix: "processing:", schema: "https://stac-extensions.github.io/processing/v1.1.0/schema.json" },
    Extension { prefix: "renders", schema: "https://stac-extensions.github.io/render/v2.0.0/schema.json" },
];

impl Extension {
    /// Whether a field of that name belongs to this extension.
    pub fn owns(&self, field: &str) -> bool {
        if self.prefix.ends_with(':') { field.starts_with(self.prefix) } else { field == self.prefix }
    }
    /// The schema's address up to its version: two versions of one extension share it.
    pub fn family(&self) -> &'static str {
        let end = self.schema.rfind("/v").map_or(self.schema.len(), |i| i + 1);
        &self.schema[..end]
    }
}

/// The schemas of the extensions whose fields occur in this object: not those of its children.
pub fn used(document: &Object) -> Vec<String> {
    let fields = fields(document);
    KNOWN.iter().filter(|e| fields.iter().any(|f| e.owns(f))).map(|e| e.schema.to_owned()).collect()
}

/// The names of all fields of an Item, Collection or Catalog at the places where extensions put theirs.
pub(crate) fn fields(document: &Object) -> Vec<&str> {
    let mut out: Vec<&str> = document.keys().map(String::as_str).collect();
    for place in ["properties", "summaries"] {
        if let Some(object) = document.get(place).and_then(Value::as_object) {
            gather(object, &mut out);
        }
    }
    for place in ["assets", "item_assets"] {
        for asset in document.get(place).and_then(Value::as_object).into_iter().flat_map(Object::values) {
            if let Some(asset) = asset.as_object() {
                gather(asset, &mut out);
            }
        }
    }
    for place in ["links", "bands"] {
        for part in document.get(place).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
            out.extend(part.keys().map(String::as_str));
        }
    }
    out
}

fn gather<'a>(object: &'a Object, out: &mut Vec<&'a str>) {
    out.extend(object.keys().map(String::as_str));
    for band in object.get("bands").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
        out.extend(band.keys().map(String::as_str));
    }
}
