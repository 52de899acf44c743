use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// How many are kept while nobody needs them.
const KEPT: usize = 16;

/// Memory for pieces of files on their way out, used over and over: fresh pages cost the system as much as a checksum.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// Comes back when the last of its bytes is sent.
struct Lent {
    bytes: Vec<u8>,
    owner: Buffers,
}

impl Buffers {
    /// An empty one.
    pub fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
    /// Its bytes, to be sent.
    pub fn lend(&self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Lent { bytes, owner: self.clone() })
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        let mut kept = self.owner.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            bytes.clear();
            kept.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_used_again_and_holds_nothing_of_before() {
        let buffers = Buffers::default();
        let mut first = buffers.take();
        first.extend_from_slice(b"before");
        let sent = buffers.lend(first);
        assert!(buffers.take().capacity() == 0, "it is still being sent");
        drop(sent.clone());
        drop(sent);
        let again = buffers.take();
        assert!(again.is_empty() && again.capacity() >= 6);
    }
}
