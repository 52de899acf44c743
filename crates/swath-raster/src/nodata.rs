use crate::SampleType;

/// The value that means 'nothing here', exact for 64-bit integers too.
#[derive(Debug, Clone, Copy)]
pub enum Nodata {
    Int(i64),
    Uint(u64),
    Float(f64),
}

impl PartialEq for Nodata {
    /// NaN equals NaN here: both mark the same pixels.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Uint(a), Self::Uint(b)) => a == b,
            (a, b) => a.as_f64() == b.as_f64() || (a.as_f64().is_nan() && b.as_f64().is_nan()),
        }
    }
}

impl Nodata {
    /// Reads `-9999`, `nan`, `-inf`, `1e20` as a value for samples of this type; `None` if it is no number.
    ///
    /// ```
    /// # use swath_raster::{Nodata, SampleType};
    /// assert_eq!(Nodata::parse("18446744073709551615", SampleType::U64), Some(Nodata::Uint(u64::MAX)));
    /// assert!(Nodata::parse("nan", SampleType::F32).unwrap().as_f64().is_nan());
    /// ```
    pub fn parse(text: &str, sample: SampleType) -> Option<Self> {
        let text = text.trim().trim_end_matches('\0').trim();
        match sample {
            SampleType::U64 => text.parse().ok().map(Self::Uint),
            SampleType::I64 => text.parse().ok().map(Self::Int),
            _ => None,
        }
        .or_else(|| number(text).map(Self::Float))
    }

    /// Whether the value lies where samples of this type lie; readers take no notice of one that does not.
    pub(crate) fn is_in_range(self, sample: SampleType) -> bool {
        let v = self.as_f64();
        match sample {
            SampleType::F32 => !v.is_finite() || v.abs() <= f64::from(f32::MAX) * (1.0 + f64::EPSILON * 1e9),
            SampleType::F64 | SampleType::CF32 | SampleType::CF64 | SampleType::CI16 | SampleType::CI32 => true,
            sample => v.is_finite() && Self::Float(v.trunc()).fits(sample),
        }
    }

    /// Whether a sample of this type can have the value; complex samples take none but a real one.
    ///
    /// ```
    /// # use swath_raster::{Nodata, SampleType};
    /// assert!(!Nodata::Int(-9999).fits(SampleType::U16));
    /// assert!(Nodata::Float(-9999.0).fits(SampleType::I16));
    /// ```
    pub fn fits(self, sample: SampleType) -> bool {
        let whole = |low: f64, high: f64| {
            let v = self.as_f64();
            v.fract() == 0.0 && v >= low && v <= high
        };
        match sample {
            SampleType::U8 => whole(0.0, 255.0),
            SampleType::I8 => whole(-128.0, 127.0),
            SampleType::U16 => whole(0.0, 65_535.0),
            SampleType::I16 => whole(-32_768.0, 32_767.0),
            SampleType::U32 => whole(0.0, f64::from(u32::MAX)),
            SampleType::I32 => whole(f64::from(i32::MIN), f64::from(i32::MAX)),
            SampleType::U64 => whole(0.0, u64::MAX as f64),
            SampleType::I64 => whole(i64::MIN as f64, i64::MAX as f64),
            _ => true,
        }
    }

    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(v) => v as f64,
            Self::Uint(v) => v as f64,
            Self::Float(v) => v,
        }
    }
}

/// A number as writers spell it: with a comma for the point, with words after it, or in Microsoft's way not a number at all.
fn number(text: &str) -> Option<f64> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let upper = text.to_ascii_uppercase();
    if let Some((sign, kind)) = upper.split_once("1.#").or_else(|| upper.split_once("1,#")) {
        let sign = if sign == "-" { -1.0 } else { 1.0 };
        return Some(if kind.starts_with("INF") { sign * f64::INFINITY } else { f64::NAN });
    }
    let plain = text.replace(',', ".");
    let end = plain.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(plain.len());
    plain.get(..end)?.parse().ok()
}

impl std::fmt::Display for Nodata {
    /// As GDAL writes it into tag 42113: integers without a point, `nan`, `inf`, `-inf`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(v) => write!(f, "{v}"),
            Self::Uint(v) => write!(f, "{v}"),
            Self::Float(v) if v.is_nan() => f.write_str("nan"),
            Self::Float(v) if v.is_infinite() => f.write_str(if *v > 0.0 { "inf" } else { "-inf" }),
            Self::Float(v) if v.abs() >= 1e17 => write!(f, "{v:e}"),
            Self::Float(v) => write!(f, "{v}"),
        }
    }
}

impl Nodata {
    /// The value as it compares with pixels: text such as `-3.4e38` rounded to what a 32-bit float holds.
    pub fn rounded_to(self, sample: SampleType) -> Self {
        match (self, sample) {
            (Self::Float(v), SampleType::F32 | SampleType::CF32) => Self::Float(f64::from(v as f32)),
            (other, _) => other,
        }
    }

    /// One sample of this value in the machine's byte order; 0 where the type cannot hold it.
    pub fn to_sample(self, sample: SampleType) -> Vec<u8> {
        let mut one = crate::Samples::zeros(sample, 1);
        macro_rules! integer {
            ($v:expr, $ty:ty) => {
                $v[0] = match self {
                    Self::Int(v) => <$ty>::try_from(v).unwrap_or(0),
                    Self::Uint(v) => <$ty>::try_from(v).unwrap_or(0),
                    Self::Float(v) if (v as $ty) as f64 == v => v as $ty,
                    Self::Float(_) => 0,
                }
            };
        }
        use crate::Samples;
        match &mut one {
            Samples::U8(v) => integer!(v, u8),
            Samples::I8(v) => integer!(v, i8),
            Samples::U16(v) => integer!(v, u16),
            Samples::I16(v) => integer!(v, i16),
            Samples::U32(v) => integer!(v, u32),
            Samples::I32(v) => integer!(v, i32),
            Samples::U64(v) => integer!(v, u64),
            Samples::I64(v) => integer!(v, i64),
            Samples::F32(v) => v[0] = self.as_f64() as f32,
            Samples::F64(v) => v[0] = self.as_f64(),
            Samples::CI16(v) => integer!(v[0], i16),
            Samples::CI32(v) => integer!(v[0], i32),
            Samples::CF32(v) => v[0][0] = self.as_f64() as f32,
            Samples::CF64(v) => v[0][0] = self.as_f64(),
        }
        one.as_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_spellings_of_numbers_are_understood() {
        let check = |text: &str, expected: Option<f64>| {
            let found = Nodata::parse(text, SampleType::F32).map(Nodata::as_f64);
            assert!(found == expected || found.zip(expected).is_some_and(|(a, b)| a.is_nan() && b.is_nan()), "{text}: {found:?}");
        };
        check("-1.#INF", Some(f64::NEG_INFINITY));
        check("1.#INF00", Some(f64::INFINITY));
        check("-1.#IND", Some(f64::NAN));
        check("1.#QNAN", Some(f64::NAN));
        check(" -9999,5 ", Some(-9999.5));
        check("-9999 m", Some(-9999.0));
        check("none", None);
        check("", None);
    }
}
