//! A budget of bytes that several workers share, in the order in which they ask.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub(super) struct Gate {
    budget: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    used: u64,
    /// Tickets given out, and the one whose turn it is: nobody overtakes a large file for ever.
    given: u64,
    turn: u64,
}

/// Bytes that are taken until this is dropped.
pub(super) struct Taken<'a> {
    gate: &'a Gate,
    bytes: u64,
}

impl Gate {
    pub(super) fn new(budget: u64) -> Self {
        Self { budget, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until the bytes are free; more than there are in all are given once nobody else has any.
    pub(super) fn take(&self, bytes: u64) -> Taken<'_> {
        let mut state = self.lock();
        let ticket = state.given;
        state.given += 1;
        while state.turn != ticket || (state.used > 0 && state.used.saturating_add(bytes) > self.budget) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.turn += 1;
        state.used = state.used.saturating_add(bytes);
        self.changed.notify_all();
        Taken { gate: self, bytes }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.used = state.used.saturating_sub(self.bytes);
        self.gate.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is_but_by_one_alone() {
        let (gate, used) = (Gate::new(10), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (gate, used) = (&gate, &used);
                scope.spawn(move || {
                    for round in 0..50 {
                        let bytes = [3, 7, 25, 1][(worker + round) % 4];
                        let taken = gate.take(bytes);
                        let now = used.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 10 || now == 25, "{now}");
                        used.fetch_sub(bytes, Ordering::SeqCst);
                        drop(taken);
                    }
                });
            }
        });
    }
}
