use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;
use serde_json::Value;

/// A token and its life.
#[derive(Clone)]
pub(super) struct Grant {
    pub token: SecretString,
    pub got: DateTime<Utc>,
    pub ends: DateTime<Utc>,
}

impl Grant {
    /// What the token endpoint, a metadata service or `az` answers; numbers come as numbers or as text.
    pub fn parse(body: &[u8], now: DateTime<Utc>) -> Option<Self> {
        let json: Value = serde_json::from_slice(body).ok()?;
        let number = |name: &str| match json.get(name)? {
            Value::Number(n) => n.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let token = ["access_token", "accessToken"].iter().find_map(|name| json.get(name)?.as_str()).filter(|token| !token.is_empty())?;
        let lasts = number("expires_in").and_then(Duration::try_seconds).map(|span| now + span);
        let ends = lasts.or_else(|| DateTime::from_timestamp(number("expires_on")?, 0)).unwrap_or(now + Duration::minutes(5));
        Some(Self { token: token.to_owned().into(), got: now, ends })
    }
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        now < self.ends
    }
    /// Whether a new one should be asked for, while this one still holds: after half its life.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        now - self.got >= (self.ends - self.got) / 2
    }
}

/// The first line of why a token was refused, as the service says it.
pub(super) fn reason(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let named = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
    let words = named("error_description").or_else(|| named("message")).or_else(|| named("error")).unwrap_or_default();
    // What follows names the request, not the reason.
    let line = words.lines().next().unwrap_or_default();
    line.split(" Trace ID:").next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn every_spelling_of_a_token_is_understood() {
        let now = Utc::now();
        let soon = (now + Duration::hours(2)).timestamp();
        for (body, hours) in [
            (r#"{"token_type":"Bearer","expires_in":3600,"access_token":"T"}"#.to_owned(), 1),
            (format!(r#"{{"access_token":"T","expires_on":"{soon}","resource":"x"}}"#), 2),
            (format!(r#"{{"accessToken":"T","expiresOn":"2030-01-01 00:00:00","expires_on":{soon}}}"#), 2),
        ] {
            let grant = Grant::parse(body.as_bytes(), now).unwrap();
            assert_eq!(grant.token.expose_secret(), "T");
            assert_eq!(((grant.ends - now).num_seconds() + 60) / 3600, hours, "{body}");
        }
        for body in ["", "{}", r#"{"access_token":""}"#, r#"{"access_token":1}"#, "[]"] {
            assert!(Grant::parse(body.as_bytes(), now).is_none(), "{body}");
        }
    }

    #[test]
    fn a_token_is_renewed_after_half_its_life() {
        let got = Utc::now();
        let grant = Grant { token: "T".to_owned().into(), got, ends: got + Duration::minutes(60) };
        for (minutes, due, valid) in [(0, false, true), (29, false, true), (30, true, true), (59, true, true), (60, true, false)] {
            let now = got + Duration::minutes(minutes);
            assert_eq!((grant.is_due(now), grant.is_valid(now)), (due, valid), "{minutes}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_one_line() {
        let body =
            br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret. Trace ID: 1\r\nCorrelation ID: 2"}"#;
        assert_eq!(reason(body), "AADSTS7000215: Invalid client secret.");
        assert_eq!(reason(b"<html>"), "");
    }
}
