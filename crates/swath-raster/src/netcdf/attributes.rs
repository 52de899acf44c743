use netcdf_reader::{NcAttrValue, NcVariable};

use super::file::Variable;
use crate::Nodata;

/// Attributes as CF means them.
pub(super) trait Attributes {
    fn variable(&self) -> &NcVariable;
    fn text(&self, name: &str) -> Option<String> {
        let text = self.variable().attribute(name)?.value.as_string()?;
        let text = text.trim_end_matches('\0').trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
    /// As [`Attributes::text`], whatever the case of the name.
    fn text_of_any_case(&self, name: &str) -> Option<String> {
        self.text(name).or_else(|| {
            let named = self.variable().attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
            self.text(&named.name)
        })
    }
    /// The first number; a number written as text counts.
    fn number(&self, name: &str) -> Option<f64> {
        let value = &self.variable().attribute(name)?.value;
        value.as_f64().or_else(|| value.as_string()?.trim().parse().ok())
    }
    fn numbers(&self, name: &str) -> Vec<f64> {
        let Some(attribute) = self.variable().attribute(name) else { return Vec::new() };
        attribute.value.as_f64_vec().or_else(|| Some(spaced(&attribute.value.as_string()?))).unwrap_or_default()
    }
    /// Values that mean 'nothing here', exactly, for 64-bit integers too.
    fn nodata(&self, name: &str) -> Vec<Nodata> {
        match self.variable().attribute(name).map(|attribute| &attribute.value) {
            Some(NcAttrValue::Int64s(values)) => values.iter().map(|&v| Nodata::Int(v)).collect(),
            Some(NcAttrValue::UInt64s(values)) => values.iter().map(|&v| Nodata::Uint(v)).collect(),
            _ => self.numbers(name).into_iter().map(Nodata::Float).collect(),
        }
    }
    /// Whether the attribute's numbers are floats.
    fn is_float(&self, name: &str) -> bool {
        matches!(self.variable().attribute(name).map(|a| &a.value), Some(NcAttrValue::Floats(_) | NcAttrValue::Doubles(_)))
    }
    /// Whether the attribute's numbers are 32-bit floats.
    fn is_single(&self, name: &str) -> bool {
        matches!(self.variable().attribute(name).map(|a| &a.value), Some(NcAttrValue::Floats(_)))
    }
    /// A time axis counts from somewhere: `days since 1850-01-01`.
    fn is_time(&self) -> bool {
        self.text("units").is_some_and(|units| {
            let mut words = units.split_whitespace().skip(1);
            match words.next().map(str::to_ascii_lowercase).as_deref() {
                Some("since") => true,
                Some("as") => words.next().is_some_and(|format| format.starts_with("%Y")),
                _ => false,
            }
        })
    }
}

impl Attributes for Variable {
    fn variable(&self) -> &NcVariable {
        &self.inner
    }
}

fn spaced(text: &str) -> Vec<f64> {
    text.split([' ', ',']).filter(|word| !word.is_empty()).map_while(|word| word.parse().ok()).collect()
}
