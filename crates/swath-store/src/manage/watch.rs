use std::time::Duration;

use super::account::Step;

/// Why nothing is sent for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Azure works on what was asked.
    Operation,
    /// Too many requests; Azure named the pause.
    Throttled,
    /// Azure is busy or did not answer.
    Busy,
}

/// Who is told how far a job is.
pub trait Watch: Sync {
    /// A step begins; `at` counts from one.
    fn begin(&self, step: &Step, at: usize, of: usize) {
        let _ = (step, at, of);
    }
    /// The next request follows after this pause.
    fn wait(&self, why: Wait, pause: Duration) {
        let _ = (why, pause);
    }
    /// The step that began last is done.
    fn done(&self, step: &Step) {
        let _ = step;
    }
}

impl Watch for () {}
