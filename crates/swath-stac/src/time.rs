//! Instants as STAC writes them: RFC 3339, UTC, `Z`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

/// `2020-01-31T00:00:00Z`, with a fraction only where there is one.
pub fn rfc3339(instant: &DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Reads an instant; a time without an offset is taken as UTC, a bare day as its midnight.
///
/// ```
/// # use swath_stac::time::{parse, rfc3339};
/// assert_eq!(rfc3339(&parse("2020-01-31T01:00:00+01:00").unwrap()), "2020-01-31T00:00:00Z");
/// assert_eq!(rfc3339(&parse("2020-01-31").unwrap()), "2020-01-31T00:00:00Z");
/// assert!(parse("yesterday").is_none());
/// ```
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%MZ"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0))
        .map(|naive| naive.and_utc())
}
