use std::fmt;

use serde::{Deserialize, Serialize};

/// What becomes of the steps of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduce {
    #[default]
    None,
    Mean,
    Median,
    Min,
    Max,
    /// Of the population (numpy's `ddof=0`).
    Std,
    /// Between the two values next to it, in a straight line (numpy's `linear`).
    Percentile(Percent),
    /// How many steps have data.
    Count,
    /// The value of the earliest step that has one.
    First,
    Last,
}

/// A percentage from 0 to 100, exact to a thousandth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percent(u32);

impl Percent {
    const WHOLE: u32 = 100_000;

    /// `None` below 0 and above 100.
    pub fn new(percent: f64) -> Option<Self> {
        // At most 100,000 after the check.
        (0.0..=100.0).contains(&percent).then(|| Self((percent * 1000.0).round() as u32))
    }
    /// From 0 to 1.
    pub fn share(self) -> f64 {
        f64::from(self.0.min(Self::WHOLE)) / f64::from(Self::WHOLE)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", f64::from(self.0) / 1000.0)
    }
}

impl Reduce {
    /// What [`Reduce::parse`] takes.
    pub const NAMES: &'static [&'static str] =
        &["none", "mean", "median", "min", "max", "std", "count", "first", "last", "p90 (any percentile, p0 to p100)"];

    /// ```
    /// # use swath::stack::Reduce;
    /// assert_eq!(Reduce::parse("percentile:2.5").map(Reduce::name).as_deref(), Some("p2.5"));
    /// assert_eq!(Reduce::parse("quantile:0.9"), Reduce::parse("p90"));
    /// assert_eq!(Reduce::parse("p101"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Self> {
        let plain = match name {
            "none" => Self::None,
            "mean" => Self::Mean,
            "median" => Self::Median,
            "min" => Self::Min,
            "max" => Self::Max,
            "std" => Self::Std,
            "count" => Self::Count,
            "first" => Self::First,
            "last" => Self::Last,
            other => {
                let (number, whole) = match other.split_once(':') {
                    Some(("percentile", number)) => (number, 100.0),
                    Some(("quantile", number)) => (number, 1.0),
                    Some(_) => return None,
                    None => (other.strip_prefix('p')?, 100.0),
                };
                return Percent::new(number.parse::<f64>().ok()? / whole * 100.0).map(Self::Percentile);
            }
        };
        Some(plain)
    }

    /// One word: `median`, `p90`.
    pub fn name(self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Mean => "mean".into(),
            Self::Median => "median".into(),
            Self::Min => "min".into(),
            Self::Max => "max".into(),
            Self::Std => "std".into(),
            Self::Percentile(percent) => percent.to_string(),
            Self::Count => "count".into(),
            Self::First => "first".into(),
            Self::Last => "last".into(),
        }
    }

    /// Whether every value that comes out is one that went in.
    pub fn keeps_values(self) -> bool {
        matches!(self, Self::None | Self::Min | Self::Max | Self::First | Self::Last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_it_was() {
        for name in ["none", "mean", "median", "min", "max", "std", "count", "first", "last", "p0", "p2.5", "p99.999", "p100"] {
            assert_eq!(Reduce::parse(name).map(Reduce::name).as_deref(), Some(name));
        }
        for name in ["", "p", "p-1", "p101", "pnan", "average", "percentile:", "quantile:2", "mode:3"] {
            assert_eq!(Reduce::parse(name), None, "{name}");
        }
    }
}
