//! Tags of the source that say nothing of how it is stored: texts, resolution on paper, rational polynomial coefficients.

use super::directory::{Directory, Value};
use crate::RasterInfo;
use crate::tiff::{rpc, tags};

/// Whether an item of the metadata is written as a tag of its own.
pub(super) fn is_tag(name: &str) -> bool {
    tags::TEXTS.iter().chain(tags::NUMBERS).any(|(_, tag)| *tag == name)
}

pub(super) fn keep(info: &RasterInfo, directory: &mut Directory) {
    let item = |name: &str| info.metadata.get(name).filter(|text| !text.is_empty());
    for (tag, name) in tags::TEXTS {
        if let Some(text) = item(name) {
            directory.set(*tag, Value::Ascii(text.replace('\0', " ")));
        }
    }
    for (tag, name) in tags::NUMBERS {
        let number = item(name).and_then(|text| text.split(' ').next()?.parse::<f64>().ok()).filter(|v| v.is_finite() && *v >= 0.0);
        let value = number.map(|v| match *tag {
            tags::X_RESOLUTION | tags::Y_RESOLUTION => Value::Rational(vec![ratio(v)]),
            _ => Value::Short(vec![v as u16]),
        });
        if let Some(value) = value {
            directory.set(*tag, value);
        }
    }
    if let Some(numbers) = info.domains.get(rpc::DOMAIN).and_then(rpc::numbers) {
        directory.set(tags::RPC_COEFFICIENTS, Value::Double(numbers));
    }
}

/// The nearest fraction of those whose denominator is a power of ten that fits.
fn ratio(value: f64) -> (u32, u32) {
    let mut over = 1_u32;
    while over < 1_000_000 && (value * f64::from(over)).fract() != 0.0 && value * f64::from(over) * 10.0 < f64::from(u32::MAX) {
        over *= 10;
    }
    ((value * f64::from(over)).round() as u32, over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_become_fractions() {
        for (value, right) in [(72.0, (72, 1)), (72.5, (725, 10)), (0.0, (0, 1)), (1e12, (u32::MAX, 1))] {
            assert_eq!(ratio(value), right);
        }
        let (over, under) = ratio(1.0 / 3.0);
        assert!((f64::from(over) / f64::from(under) - 1.0 / 3.0).abs() < 1e-6);
    }
}
