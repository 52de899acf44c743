use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What talking to a store has cost so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests sent, retries included; for a folder, files read or written.
    pub requests: u64,
    /// Requests or files that write.
    pub writes: u64,
    /// Bytes of bodies received.
    pub received: u64,
    /// Bytes of bodies sent.
    pub sent: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Traffic {
    requests: AtomicU64,
    writes: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Traffic {
    pub fn read(&self, bytes: u64) {
        self.requests.fetch_add(1, Relaxed);
        self.received.fetch_add(bytes, Relaxed);
    }
    pub fn wrote(&self, bytes: u64) {
        self.requests.fetch_add(1, Relaxed);
        self.writes.fetch_add(1, Relaxed);
        self.sent.fetch_add(bytes, Relaxed);
    }
    pub fn received(&self, bytes: u64) {
        self.received.fetch_add(bytes, Relaxed);
    }
    pub fn counts(&self) -> Counts {
        Counts {
            requests: self.requests.load(Relaxed),
            writes: self.writes.load(Relaxed),
            received: self.received.load(Relaxed),
            sent: self.sent.load(Relaxed),
        }
    }
}
