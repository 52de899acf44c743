use std::fmt;

use serde::{Deserialize, Serialize};

/// What to do next about an [`Error`]; the command line turns each into its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The bytes contradict their own format, or findings were reported.
    Damaged,
    /// Valid, but nothing here reads or writes it.
    Unsupported,
    /// Larger than the limit that protects this machine.
    OverLimit,
    /// The server says no: credentials are missing, wrong or too weak.
    Refused,
    /// Not there.
    Absent,
    /// Somebody else's bytes are where ours would go, or the world moved.
    Conflict,
    /// The call, an option or the plan makes no sense.
    Misuse,
    /// The network failed; trying again may help.
    Unreachable,
    /// The local disk is full or not ours to write.
    Disk,
}

/// One failure: where, what was found, what would be right; the hint is separate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub family: Family,
    pub at: String,
    pub found: String,
    pub right: String,
    pub hint: Option<String>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(family: Family, at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self { family, at: at.into(), found: found.into(), right: right.into(), hint: None }
    }
    pub fn misuse(at: impl Into<String>, found: impl Into<String>, right: impl Into<String>) -> Self {
        Self::new(Family::Misuse, at, found, right)
    }
    /// A failed local file operation: absent, or the disk's own words.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let family = match error.kind() {
            std::io::ErrorKind::NotFound => Family::Absent,
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => Family::Damaged,
            _ => Family::Disk,
        };
        let (found, hint) = swath_store::in_words(error);
        Self { hint: hint.map(str::to_owned), ..Self::new(family, path.display().to_string(), found, "") }
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
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

impl From<swath_raster::Error> for Error {
    fn from(e: swath_raster::Error) -> Self {
        use swath_raster::Family as F;
        let family = match e.family {
            F::Damaged => Family::Damaged,
            F::Unsupported => Family::Unsupported,
            F::OverLimit => Family::OverLimit,
            F::Misuse => Family::Misuse,
            F::Unreadable => Family::Disk,
        };
        Self { family, at: e.at, found: e.found, right: e.right, hint: e.hint }
    }
}

impl From<swath_store::Error> for Error {
    fn from(e: swath_store::Error) -> Self {
        use swath_store::Family as F;
        let family = match e.family {
            F::Damaged => Family::Damaged,
            F::Unsupported => Family::Unsupported,
            F::OverLimit => Family::OverLimit,
            F::Refused => Family::Refused,
            F::Absent => Family::Absent,
            F::Conflict => Family::Conflict,
            F::Unreachable => Family::Unreachable,
            F::Disk => Family::Disk,
            F::Misuse => Family::Misuse,
        };
        Self { family, at: e.at, found: e.found, right: e.right, hint: e.hint }
    }
}

impl From<swath_stac::Error> for Error {
    fn from(e: swath_stac::Error) -> Self {
        use swath_stac::Family as F;
        let family = match e.family {
            F::Damaged => Family::Damaged,
            F::Unsupported => Family::Unsupported,
            F::OverLimit => Family::OverLimit,
            F::Misuse => Family::Misuse,
        };
        Self { family, at: e.at, found: e.found, right: e.right, hint: e.hint }
    }
}
