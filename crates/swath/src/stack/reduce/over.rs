use serde::{Deserialize, Serialize};

/// Which steps are reduced to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    #[default]
    All,
    /// Each calendar year in turn (UTC), as xarray's `resample(time="YS")`.
    Year,
    /// Each December to February, March to May and so on in turn, as `resample(time="QS-DEC")`.
    Season,
    /// Each calendar month in turn, as `resample(time="MS")`.
    Month,
    /// Each day in turn.
    Day,
    /// The four seasons, all years together, as `groupby("time.season")`.
    SeasonOfYear,
    /// The twelve months, all years together, as `groupby("time.month")`.
    MonthOfYear,
}

impl Over {
    const EVERY: [(Self, &'static str); 7] = [
        (Self::All, "all"),
        (Self::Year, "year"),
        (Self::Season, "season"),
        (Self::Month, "month"),
        (Self::Day, "day"),
        (Self::SeasonOfYear, "season-of-year"),
        (Self::MonthOfYear, "month-of-year"),
    ];
    pub const NAMES: &'static [&'static str] = &["all", "year", "season", "month", "day", "season-of-year", "month-of-year"];

    pub fn parse(name: &str) -> Option<Self> {
        Self::EVERY.iter().find(|(_, own)| *own == name).map(|(over, _)| *over)
    }
    pub fn name(self) -> &'static str {
        Self::EVERY.iter().find(|(over, _)| *over == self).map_or("all", |(_, name)| name)
    }
    /// Whether steps of different years fall together.
    pub fn is_climatology(self) -> bool {
        matches!(self, Self::SeasonOfYear | Self::MonthOfYear)
    }
}
