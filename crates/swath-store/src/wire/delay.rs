//! How long to wait before the same request is sent again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The longest wait that a server may ask for.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the server asks for: seconds, or an instant, which is measured by the server's own clock where it tells it
/// (RFC 9110, 10.2.3).
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let instant = |text: &str| DateTime::parse_from_rfc2822(text).ok().map(|instant| instant.with_timezone(&Utc));
    let asked = text(RETRY_AFTER)?;
    let wait = match asked.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (instant(asked)? - text(DATE).and_then(instant).unwrap_or_else(Utc::now)).to_std().unwrap_or_default(),
    };
    Some(wait.min(LONGEST_WAIT))
}

/// 0.2 s, doubled each time, and up to half as much again so that many clients do not return together.
pub(super) fn backoff(tries: u32) -> Duration {
    let base = Duration::from_millis(200) * 2u32.saturating_pow(tries.saturating_sub(1).min(6));
    let spread = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.subsec_nanos() % 512);
    base + base * spread / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_ask_in_seconds_or_by_a_date_and_for_a_minute_at_most() {
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        for (asks, seconds) in [
            ("0", Some(0)),
            (" 3 ", Some(3)),
            ("3600", Some(60)),
            ("Wed, 21 Oct 2015 07:28:05 GMT", Some(5)),
            ("Wed, 21 Oct 2015 09:28:00 GMT", Some(60)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asks.parse().unwrap());
            headers.insert(DATE, date.parse().unwrap());
            assert_eq!(asked(&headers), seconds.map(Duration::from_secs), "{asks}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }

    #[test]
    fn each_wait_is_longer_than_the_one_before() {
        for tries in 1..7 {
            let least = Duration::from_millis(200 << (tries - 1));
            assert!((least..=least * 3 / 2).contains(&backoff(tries)), "{tries}");
        }
    }
}
