use serde::Serialize;

/// What a diagnosis speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    Version,
    Processors,
    Memory,
    Disk,
    Projection,
    Plan,
    Target,
    Name,
    Connection,
    Clock,
    Credentials,
    Container,
    Browsers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Fine,
    /// It could not be looked at, or there is nothing to look at.
    Unknown,
    Warning,
    Error,
}

/// One probe's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    pub topic: Topic,
    pub verdict: Verdict,
    pub found: String,
    /// The command, or the change, that mends it; empty where there is nothing to mend.
    pub fix: String,
}

impl Topic {
    pub fn word(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Processors => "processors",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Projection => "projection",
            Self::Plan => "plan",
            Self::Target => "target",
            Self::Name => "name",
            Self::Connection => "connection",
            Self::Clock => "clock",
            Self::Credentials => "credentials",
            Self::Container => "container",
            Self::Browsers => "browsers",
        }
    }
}

impl Diagnosis {
    pub(super) fn new(topic: Topic, verdict: Verdict, found: impl AsRef<str>) -> Self {
        Self { topic, verdict, found: swath_store::redact(found.as_ref()), fix: String::new() }
    }
    pub(super) fn fine(topic: Topic, found: impl AsRef<str>) -> Self {
        Self::new(topic, Verdict::Fine, found)
    }
    pub(super) fn unknown(topic: Topic, found: impl AsRef<str>) -> Self {
        Self::new(topic, Verdict::Unknown, found)
    }
    pub(super) fn warning(topic: Topic, found: impl AsRef<str>) -> Self {
        Self::new(topic, Verdict::Warning, found)
    }
    pub(super) fn error(topic: Topic, found: impl AsRef<str>) -> Self {
        Self::new(topic, Verdict::Error, found)
    }
    #[must_use]
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
    /// What failed, in its own words and with its own hint.
    pub(super) fn of(topic: Topic, error: &crate::Error) -> Self {
        Self::error(topic, error.to_string()).fix(error.hint.clone().unwrap_or_default())
    }
}
