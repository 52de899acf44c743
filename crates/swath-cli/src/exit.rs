use swath::{Error, Family};

/// Exit codes, stable and documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    /// Not there, not supported, or larger than a limit: nothing is said against the bytes (docs/decisions/0023).
    Failed = 1,
    Usage = 2,
    /// Findings, or bytes that contradict themselves.
    Invalid = 3,
    Credentials = 4,
    Conflict = 5,
    Network = 6,
    Disk = 7,
    /// Some items failed, the rest is done.
    Partial = 8,
    /// `plan --exit-code`: there is something to do.
    Changes = 10,
}

impl Exit {
    pub fn of(error: &Error) -> Self {
        match error.family {
            Family::Damaged => Self::Invalid,
            Family::Unsupported | Family::OverLimit | Family::Absent => Self::Failed,
            Family::Refused => Self::Credentials,
            Family::Conflict => Self::Conflict,
            Family::Misuse => Self::Usage,
            Family::Unreachable => Self::Network,
            Family::Disk => Self::Disk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_code() {
        for (family, code) in [
            (Family::Unsupported, 1),
            (Family::OverLimit, 1),
            (Family::Absent, 1),
            (Family::Misuse, 2),
            (Family::Damaged, 3),
            (Family::Refused, 4),
            (Family::Conflict, 5),
            (Family::Unreachable, 6),
            (Family::Disk, 7),
        ] {
            assert_eq!(Exit::of(&Error::new(family, "", "", "")) as u8, code, "{family:?}");
        }
    }
}
