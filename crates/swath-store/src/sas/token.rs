use std::fmt;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::names::{percent_decode, percent_encode};
use crate::{Error, Result};

/// A shared access signature, split into its fields; the signature itself cannot be printed.
#[derive(Clone)]
pub struct Sas {
    /// All but the signature, decoded, in the order they came.
    fields: Vec<(String, String)>,
    signature: SecretString,
    /// Where it was found, for people: `AZURE_STORAGE_SAS_TOKEN`.
    origin: &'static str,
}

impl Sas {
    /// Splits a token; a leading `?` is ignored.
    ///
    /// # Errors
    /// Misuse where there is no signature in it.
    pub fn parse(token: &str) -> Result<Self> {
        let mut fields = Vec::new();
        let mut signature = None;
        for pair in token.trim().trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "sig" => signature = Some(percent_decode(value)),
                _ => fields.push((name.to_owned(), percent_decode(value))),
            }
        }
        match signature {
            Some(signature) if !signature.is_empty() => Ok(Self { fields, signature: signature.into(), origin: "" }),
            _ => Err(Error::misuse("SAS token", "has no signature", "a query with the fields sv, sp, se and sig is expected")),
        }
    }
    /// The same, and where it was found.
    pub(crate) fn found_in(self, origin: &'static str) -> Self {
        Self { origin, ..self }
    }
    /// The SAS token, and where it was found.
    pub(crate) fn name(&self) -> String {
        if self.origin.is_empty() { "the SAS token".to_owned() } else { format!("the SAS token of {}", self.origin) }
    }
    /// The token as it goes behind a `?`. This is the secret: for a file or a variable of the person who asked for it.
    pub fn expose_token(&self) -> SecretString {
        let pairs = self.pairs();
        let spelled: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        spelled.join("&").into()
    }
    /// One decoded field by its short name: `sp`, `se`, `sr`, `spr`.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
    /// When it lapses.
    pub fn expires(&self) -> Option<DateTime<Utc>> {
        instant(self.field("se")?)
    }
    /// Why this token does not allow a right (`r`, `l`, `w`, `c`) at a moment, as far as its own fields tell.
    pub fn lacks(&self, right: char, now: DateTime<Utc>) -> Option<String> {
        if let Some(end) = self.expires().filter(|end| *end <= now) {
            return Some(format!(
                "{} expired at {}, {} ago",
                self.name(),
                end.to_rfc3339_opts(SecondsFormat::Secs, true),
                words(now - end)
            ));
        }
        if let Some(start) = self.field("st").and_then(instant).filter(|start| *start > now) {
            return Some(format!(
                "{} is valid only from {}, in {}",
                self.name(),
                start.to_rfc3339_opts(SecondsFormat::Secs, true),
                words(start - now)
            ));
        }
        self.denies(right)
    }
    /// Why this token's own rights do not include one, whatever the time.
    pub fn denies(&self, right: char) -> Option<String> {
        let rights = self.field("sp")?;
        let enough = rights.contains(right) || (right == 'c' && rights.contains('w'));
        (!enough).then(|| format!("{} allows {} (sp={rights}), not {}", self.name(), rights_in_words(rights), right_in_words(right)))
    }

    /// Fields that are set, and their signature.
    pub(super) fn of(fields: &[(&str, &str)], signature: SecretString) -> Self {
        let set = fields.iter().filter(|(_, value)| !value.is_empty());
        Self { fields: set.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(), signature, origin: "" }
    }
    /// Whether two are the very same token.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.signature.expose_secret() == other.signature.expose_secret()
    }
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = self.fields.clone();
        pairs.push(("sig".into(), self.signature.expose_secret().to_owned()));
        pairs
    }
}

impl fmt::Debug for Sas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SAS sp={} se={}", self.field("sp").unwrap_or("?"), self.field("se").unwrap_or("?"))
    }
}

pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let full = DateTime::parse_from_rfc3339(text).ok().map(|t| t.with_timezone(&Utc));
    full.or_else(|| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok().map(|t| t.and_utc()))
        .or_else(|| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(|t| t.and_utc()))
}

pub(super) fn words(span: Duration) -> String {
    match (span.num_days(), span.num_hours(), span.num_minutes()) {
        (days @ 730.., ..) => format!("{} years", days / 365),
        (days @ 2.., ..) => format!("{days} days"),
        (_, hours @ 2.., _) => format!("{hours} hours"),
        (.., minutes @ 2..) => format!("{minutes} minutes"),
        _ => format!("{} seconds", span.num_seconds()),
    }
}

pub(super) fn right_in_words(right: char) -> &'static str {
    match right {
        'r' => "read (r)",
        'a' => "add (a)",
        'c' => "create (c)",
        'w' => "write (w)",
        'd' => "delete (d)",
        'l' => "list (l)",
        'x' => "delete versions (x)",
        'y' => "delete for good (y)",
        't' => "read and write tags (t)",
        'f' => "find by tags (f)",
        'm' => "move (m)",
        'e' => "execute (e)",
        'o' => "change the owner (o)",
        'p' => "change permissions (p)",
        'i' => "set immutability (i)",
        'u' => "update (u)",
        _ => "another right",
    }
}

pub(super) fn rights_in_words(rights: &str) -> String {
    let known: Vec<_> = rights.chars().filter(|c| "racwdl".contains(*c)).map(right_in_words).collect();
    if known.is_empty() { "nothing".into() } else { known.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_why_it_is_not_enough() {
        let now = instant("2024-06-01T12:00:00Z").unwrap();
        for (token, right, reason) in [
            ("sp=rl&se=2024-06-01T09:00:00Z&sig=x", 'r', "expired at 2024-06-01T09:00:00Z, 3 hours ago"),
            ("sp=rl&se=2024-05-01&sig=x", 'r', "31 days ago"),
            ("?sp=rl&st=2024-06-01T12:30Z&se=2025-01-01T00:00Z&sig=x", 'r', "valid only from 2024-06-01T12:30:00Z, in 30 minutes"),
            ("sp=rl&se=2025-01-01T00:00:00Z&sig=x", 'w', "allows read (r), list (l) (sp=rl), not write (w)"),
        ] {
            let found = Sas::parse(token).unwrap().lacks(right, now).unwrap_or_default();
            assert!(found.contains(reason), "{token}: {found}");
        }
        for (token, right) in [("sp=rl&se=2025-01-01&sig=x", 'l'), ("sp=rw&se=2025-01-01&sig=x", 'c'), ("si=policy&sig=x", 'w')] {
            assert_eq!(Sas::parse(token).unwrap().lacks(right, now), None, "{token}");
        }
    }

    #[test]
    fn a_token_without_signature_is_no_token() {
        for text in ["", "?", "sp=r", "sig=", "hello"] {
            assert!(Sas::parse(text).is_err(), "{text}");
        }
    }
}
