use serde::Serialize;

/// One thing that is wrong, or odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable: `STAC-LINK-BROKEN`.
    pub rule: &'static str,
    pub severity: Severity,
    /// The file, and the place in it as a JSON pointer: `map/t1/t1.json#/assets/b1/proj:bbox`.
    pub at: String,
    pub found: String,
    /// What would be right.
    pub right: String,
    pub fix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Warning,
    Error,
}

impl Finding {
    pub fn error(rule: &'static str, at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { rule, severity: Severity::Error, at: at.into(), found: found.into(), right: right.into(), fix: String::new() }
    }
    pub fn warning(rule: &'static str, at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, at, found, right) }
    }
    pub fn note(rule: &'static str, at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(rule, at, found, right) }
    }
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

/// `file#/pointer`, each part escaped (RFC 6901, section 3).
pub(super) fn at(path: &str, parts: &[&str]) -> String {
    let mut out = path.to_owned();
    if !parts.is_empty() {
        out.push('#');
    }
    for part in parts {
        out.push('/');
        out.push_str(&part.replace('~', "~0").replace('/', "~1"));
    }
    out
}

/// A value as one short line.
pub(super) fn short(value: &serde_json::Value) -> String {
    clip(&value.to_string(), 160)
}

/// At most so many characters of a text.
pub(super) fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most).chain("...".chars()).collect() }
}
