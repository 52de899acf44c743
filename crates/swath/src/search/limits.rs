/// How far a walk goes before it gives up: a catalog is other people's, and may have no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Documents read.
    pub documents: usize,
    /// Links from the root.
    pub depth: usize,
    /// Bytes received.
    pub bytes: u64,
    /// Requests under way at one time.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { documents: 1_000_000, depth: 32, bytes: 8 << 30, at_once: 64 }
    }
}
