use serde::Serialize;
use swath_raster::Nodata;

use super::section::{NumberOrText, Section};
use crate::{Error, Result};

/// What a person says of a variable beyond its file: `[dataset.variables.b1]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct VariableTable {
    pub title: Option<String>,
    pub unit: Option<String>,
    pub nodata: Option<NodataValue>,
    pub categorical: Option<bool>,
    /// Over the dataset's own `unscale`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unscale: Option<bool>,
    pub classes: Vec<ClassEntry>,
}

/// One category of a categorical variable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassEntry {
    pub value: i64,
    pub name: String,
    pub title: Option<String>,
    /// `RRGGBB`, without `#`.
    pub color: Option<String>,
}

/// A nodata value as the plan gives it: it takes the place of the file's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NodataValue(pub Nodata);

impl Serialize for NodataValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Nodata::Int(v) => serializer.serialize_i64(v),
            Nodata::Uint(v) => serializer.serialize_u64(v),
            Nodata::Float(v) if v.is_finite() => serializer.serialize_f64(v),
            other => serializer.serialize_str(&other.to_string()),
        }
    }
}

impl VariableTable {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self> {
        let table = Self {
            title: section.text("title")?,
            unit: section.text("unit")?,
            nodata: nodata(&mut section)?,
            categorical: section.flag("categorical")?,
            unscale: section.flag("unscale")?,
            classes: classes(&mut section)?,
        };
        let place = section.place();
        let name = section.name.clone();
        section.finish()?;
        if !table.classes.is_empty() && table.categorical == Some(false) {
            return Err(Error::misuse(
                place,
                format!("{name} has classes and `categorical = false`"),
                "classes belong to a categorical variable",
            ));
        }
        Ok(table)
    }
}

fn nodata(section: &mut Section<'_>) -> Result<Option<NodataValue>> {
    let right = "a number, \"nan\", \"inf\" or \"-inf\"";
    let Some(placed) = section.number_or_text("nodata", right)? else { return Ok(None) };
    let value = match &placed.value {
        NumberOrText::Whole(n) => i64::try_from(*n).map(Nodata::Int).or_else(|_| u64::try_from(*n).map(Nodata::Uint)).ok(),
        NumberOrText::Real(v) => Some(Nodata::Float(*v)),
        NumberOrText::Text(text) => match text.to_lowercase().as_str() {
            "nan" => Some(Nodata::Float(f64::NAN)),
            "inf" => Some(Nodata::Float(f64::INFINITY)),
            "-inf" => Some(Nodata::Float(f64::NEG_INFINITY)),
            _ => None,
        },
    };
    let wrong = || Error::misuse(placed.place.clone(), format!("`nodata` in {} is no value", section.name), format!("{right} is expected"));
    value.map(|v| Some(NodataValue(v))).ok_or_else(wrong)
}

fn classes(section: &mut Section<'_>) -> Result<Vec<ClassEntry>> {
    let name = format!("classes of {}", section.name);
    let mut classes = Vec::new();
    for mut class in section.sections("classes", &name)? {
        let place = class.place();
        let value = class.whole("value", i64::MIN..i64::MAX)?;
        let value = value.ok_or_else(|| Error::misuse(place, "a class has no `value`", "`value = 1` is required"))?;
        let color = class.placed_text("color")?;
        if let Some(color) = &color
            && (color.value.trim_start_matches('#').len() != 6
                || !color.value.trim_start_matches('#').bytes().all(|b| b.is_ascii_hexdigit()))
        {
            return Err(Error::misuse(
                color.place.clone(),
                format!("color {:?} is no colour", color.value),
                "six hexadecimal digits are expected, as in \"33a02c\"",
            ));
        }
        let color = color.map(|c| c.value.trim_start_matches('#').to_uppercase());
        classes.push(ClassEntry { value, name: class.required("name")?.value, title: class.text("title")?, color });
        class.finish()?;
    }
    Ok(classes)
}
