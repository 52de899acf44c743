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
    /// The first number; a number written as text counts.
    fn number(&self, name: &str) -> Option<f64> {
        let value = &self.variable().attribute(name)?.value;
        value.as_f64().or_else(|| value.as_string()?.trim().parse().ok())
    }
    fn numbers(&self, name: &str) -> Vec<f64> {
        let Some(attribute) = self.variable().attribute(name) else { return Vec::new() };
        attribute.value.as_f64_vec().or_else(|| Some(spaced(&attribute.value.as_string()?))).unwrap_or_default()
    }
    /// The fill value exactly, for 64-bit integers too.
    fn nodata(&self, name: &str) -> Option<Nodata> {
        match &self.variable().attribute(name)?.value {
            NcAttrValue::Int64s(values) => values.first().map(|&v| Nodata::Int(v)),
            NcAttrValue::UInt64s(values) => values.first().map(|&v| Nodata::Uint(v)),
            value => value.as_f64().or_else(|| value.as_string()?.trim().parse().ok()).map(Nodata::Float),
        }
    }
    /// A time axis counts from somewhere: `days since 1850-01-01`.
    fn is_time(&self) -> bool {
        self.text("units").is_some_and(|units| units.split_whitespace().nth(1).is_some_and(|word| word.eq_ignore_ascii_case("since")))
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
