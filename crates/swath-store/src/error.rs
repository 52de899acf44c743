use std::fmt;
use std::path::Path;

use crate::redact;

/// What to do next about an [`Error`]; the same families in every crate, in Python and in exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The bytes or the links contradict themselves.
    Damaged,
    /// Valid, but nothing here speaks it.
    Unsupported,
    /// Larger than the limit that protects this machine.
    OverLimit,
    /// The server says no: credentials are missing, wrong or too weak.
    Refused,
    /// Not there.
    Absent,
    /// Somebody else's bytes are where ours would go, or the object changed while it was read.
    Conflict,
    /// The network or the server failed; trying again may help.
    Unreachable,
    /// The local disk is full or not ours to use.
    Disk,
    /// The call, a URL or an option makes no sense.
    Misuse,
}

/// One failure: where, what was found, what would be right; the hint is separate. No field ever holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub family: Family,
    /// The URL or path, without its query.
    pub at: String,
    pub found: String,
    /// What would have been right; empty where the found says it all.
    pub right: String,
    pub hint: Option<String>,
    /// How an answer contradicts the question, or itself, where that is the failure.
    pub flaw: Option<Flaw>,
}

/// What is wrong with an answer that came whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Its bytes are not those of the checksum that comes with them.
    Checksum,
    /// It is not the range that was asked for.
    Range,
    /// It is compressed, which nobody asked for.
    Encoding,
    /// The server says that it stored something else.
    Stored,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(family: Family, at: impl AsRef<str>, found: impl AsRef<str>, right: impl Into<String>) -> Self {
        Self { family, at: redact(at.as_ref()), found: redact(found.as_ref()), right: right.into(), hint: None, flaw: None }
    }
    pub fn misuse(at: impl AsRef<str>, found: impl AsRef<str>, right: impl Into<String>) -> Self {
        Self::new(Family::Misuse, at, found, right)
    }
    /// A failed operation on a local file.
    pub fn file(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let family = match error.kind() {
            Kind::NotFound => Family::Absent,
            Kind::AlreadyExists => Family::Conflict,
            Kind::UnexpectedEof | Kind::InvalidData => Family::Damaged,
            Kind::IsADirectory | Kind::NotADirectory => Family::Misuse,
            _ => Family::Disk,
        };
        let (found, hint) = in_words(error);
        Self { hint: hint.map(str::to_owned), ..Self::new(family, path.display().to_string(), found, "") }
    }
    #[must_use]
    pub(crate) fn flaw(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What the system's refusal of a local file means, without its number, and what helps.
///
/// ```
/// let error = std::io::Error::from(std::io::ErrorKind::StorageFull);
/// assert_eq!(swath_store::in_words(&error).0, "the disk is full");
/// ```
pub fn in_words(error: &std::io::Error) -> (String, Option<&'static str>) {
    use std::io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => ("there is no such file or folder".to_owned(), None),
        Kind::StorageFull | Kind::QuotaExceeded => (
            "the disk is full".to_owned(),
            Some("free space or write to another disk, then run the same command again: what is done is kept"),
        ),
        Kind::ReadOnlyFilesystem => ("the disk is read-only".to_owned(), Some("write to another folder")),
        _ => {
            let text = error.to_string();
            (text.split(" (os error").next().unwrap_or(&text).to_owned(), None)
        }
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
