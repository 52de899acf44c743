use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::{Flaw, redact};

/// Why there is no reply to work with.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// The server spoke, and said no.
    Answer(Answer),
    /// No whole answer came.
    Unreached { why: String, tries: u32, heals: bool, nobody: bool },
    /// The answer is larger than was asked for.
    TooLarge { size: u64, most: u64 },
    /// There is no credential to sign with; nothing was sent.
    Credentials(Box<crate::Error>),
    /// An answer, but not the one that was asked for.
    Garbled { flaw: Flaw, what: String, tries: u32 },
}

/// A 4xx or 5xx answer, without its request.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub status: StatusCode,
    /// Azure's name for the reason, where it gave one.
    pub code: String,
    /// The first line of what the server says.
    pub message: String,
    pub wait: Option<Duration>,
    /// How many requests were sent before this answer, this one included.
    pub tries: u32,
}

impl Answer {
    pub fn new(status: StatusCode, headers: &HeaderMap, body: &[u8], wait: Option<Duration>, tries: u32) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
        let element = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            Some(rest.split_once("</")?.0.lines().next().unwrap_or_default().trim().to_owned())
        };
        let named = headers.get("x-ms-error-code").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let code = named.or_else(|| element("Code")).unwrap_or_default();
        Self { status, code, message: redact(&element("Message").unwrap_or_default()), wait, tries }
    }
    /// Whether the server would not let an unknown read. It hides what an unknown may not see as absent.
    pub fn wants_a_name(&self) -> bool {
        matches!((self.status.as_u16(), self.code.as_str()), (401 | 403, _) | (409, "PublicAccessNotPermitted") | (404, "ResourceNotFound"))
    }
}

impl Failure {
    pub fn unreached(why: String, tries: u32) -> Self {
        Self::Unreached { why: redact(&why), tries, heals: false, nobody: false }
    }
    pub fn stalled(patience: Duration, tries: u32) -> Self {
        Self::Unreached { why: format!("no answer within {} s", patience.as_secs()), tries, heals: true, nobody: false }
    }
    pub fn trickles(bytes: usize, elapsed: Duration, tries: u32) -> Self {
        let why = format!("only {bytes} bytes came within {} s", elapsed.as_secs());
        Self::Unreached { why, tries, heals: true, nobody: false }
    }
    /// The innermost reason of a failed exchange, without its URL.
    pub fn of(error: reqwest::Error, tries: u32) -> Self {
        let nobody = error.is_connect();
        let heals = !(error.is_builder() || error.is_redirect());
        let error = error.without_url();
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            reason = inner.to_string();
            source = inner.source();
        }
        Self::Unreached { why: redact(&reason), tries, heals, nobody }
    }
    /// Whether the same request may succeed a little later.
    pub fn may_heal(&self) -> bool {
        match self {
            // A checksum that does not fit says that the bytes were changed on their way.
            Self::Answer(answer) => {
                matches!(answer.status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
                    || matches!(&*answer.code, "Md5Mismatch" | "Crc64Mismatch" | "BadDigest")
            }
            Self::Unreached { heals, .. } => *heals,
            Self::TooLarge { .. } | Self::Credentials(_) => false,
            Self::Garbled { .. } => true,
        }
    }
    pub fn nobody_listens(&self) -> bool {
        matches!(self, Self::Unreached { nobody: true, .. })
    }
    /// Whether the server is there, and this machine does not believe who it says it is.
    pub fn is_distrust(&self) -> bool {
        // As rustls and the reader of the system's certificates put it.
        let said = ["invalid peer certificate", "No CA certificates"];
        matches!(self, Self::Unreached { why, .. } if said.iter().any(|words| why.contains(words)))
    }
    pub fn asked_to_wait(&self) -> Option<Duration> {
        match self {
            Self::Answer(answer) => answer.wait,
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => write!(f, "HTTP {} {}", answer.status.as_u16(), answer.code),
            Self::Unreached { why, .. } => f.write_str(why),
            Self::TooLarge { size, most } => write!(f, "{size} bytes, more than {most}"),
            Self::Credentials(error) => write!(f, "{error}"),
            Self::Garbled { what, .. } => f.write_str(what),
        }
    }
}

impl std::error::Error for Failure {}
