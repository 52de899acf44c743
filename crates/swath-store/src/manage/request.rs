use std::fmt;

/// The version of `Microsoft.Storage` that `az` 2.91 speaks.
pub(super) const STORAGE: &str = "2025-08-01";
/// The version of resource groups and resources that `az` 2.91 speaks.
pub(super) const RESOURCES: &str = "2024-11-01";
/// The version of subscriptions.
pub(super) const SUBSCRIPTIONS: &str = "2022-12-01";

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Put,
    Post,
    Patch,
    Delete,
}

/// One call of the Resource Manager as plain data: what a dry run prints is what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub verb: Verb,
    /// From `/subscriptions` on, escaped as it is sent.
    pub path: String,
    pub api_version: &'static str,
    /// JSON, to the byte as it is sent.
    pub body: Option<String>,
}

impl Request {
    pub(super) fn new(verb: Verb, path: impl Into<String>, api_version: &'static str) -> Self {
        Self { verb, path: path.into(), api_version, body: None }
    }
    #[must_use]
    pub(super) fn with(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string());
        self
    }
}

impl Verb {
    /// As HTTP spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
    pub(super) fn method(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Put => reqwest::Method::PUT,
            Self::Post => reqwest::Method::POST,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }
}

/// Method, path and version: `PUT /subscriptions/...?api-version=2025-08-01`.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}?api-version={}", self.verb.name(), self.path, self.api_version)
    }
}

/// One segment of a path, escaped.
pub(super) fn segment(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~()".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        for (name, right) in
            [("maps-rg_1.(a)", "maps-rg_1.(a)"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("größe", "gr%C3%B6%C3%9Fe"), ("a b", "a%20b")]
        {
            assert_eq!(segment(name), right);
        }
    }
}
