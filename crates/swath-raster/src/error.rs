use std::fmt;

/// What to do next about an [`Error`]; the same families in every crate, in Python and in exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The bytes contradict their own format.
    Damaged,
    /// Valid, but nothing here reads or writes it.
    Unsupported,
    /// Larger than the limit that protects this machine.
    OverLimit,
    /// The call or an option makes no sense.
    Misuse,
    /// The bytes could not be had from where they live.
    Unreadable,
}

/// One failure: where, what was found, what would be right; the hint is separate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub family: Family,
    /// The file or URL, with the place inside it when known: `a.tif: strip 3`.
    pub at: String,
    pub found: String,
    /// What would have been right; empty where the found says it all.
    pub right: String,
    pub hint: Option<String>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(family: Family, at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { family, at: at.into(), found: found.into(), right: right.into(), hint: None }
    }
    pub fn damaged(at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self::new(Family::Damaged, at, found, right)
    }
    pub fn unsupported(at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self::new(Family::Unsupported, at, found, right)
    }
    pub fn over_limit(at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self::new(Family::OverLimit, at, found, right)
    }
    pub fn misuse(at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self::new(Family::Misuse, at, found, right)
    }
    pub fn unreadable(at: impl Into<String>, error: &std::io::Error) -> Self {
        let text = error.to_string();
        Self::new(Family::Unreadable, at, text.split(" (os error").next().unwrap_or(&text), "")
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    /// The same error seen from further out: `a.tif` before `strip 3`.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        self.at = if self.at.is_empty() { place.to_owned() } else { format!("{place}: {}", self.at) };
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.found)?;
        if !self.right.is_empty() {
            write!(f, "; {}", self.right)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
