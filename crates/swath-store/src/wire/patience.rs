use std::sync::OnceLock;
use std::time::Duration;

use crate::environment::{self, STALL_SECONDS};

/// An answer slower than this is a stall, on the whole, bytes per second: a byte now and then is no progress.
const SLOWEST_ANSWER: u64 = 256;

/// No byte for this long and the attempt is given up: 10 s unless the environment says otherwise.
pub(crate) fn stall() -> Duration {
    static STALL: OnceLock<Duration> = OnceLock::new();
    *STALL.get_or_init(|| {
        let said = environment::read(STALL_SECONDS).and_then(|text| text.parse().ok());
        Duration::from_secs(said.filter(|seconds| (1..=3600).contains(seconds)).unwrap_or(10))
    })
}

/// How long an answer may take of which so many bytes have come.
pub(crate) fn for_answer(bytes: usize) -> Duration {
    stall() + Duration::from_secs(bytes as u64 / SLOWEST_ANSWER)
}
