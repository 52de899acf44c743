//! Memory of decoded blocks, used over and over: fresh pages cost the system as much as a fast codec.

use std::sync::Mutex;

use bytes::Bytes;

/// Bytes that are kept while nobody needs them.
const KEPT: usize = 12 << 20;
/// What is smaller is no trouble, what is larger is rare.
const WORTH: std::ops::RangeInclusive<usize> = 64 << 10..=4 << 20;

/// Only tried, never waited for: a process may have been forked while it was locked.
static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// An empty vector with room for so many bytes.
pub(crate) fn room(len: usize) -> Vec<u8> {
    let mut bytes = kept(len);
    bytes.clear();
    bytes
}

/// So many bytes to be written over: they hold what is left over.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    let mut bytes = kept(len);
    bytes.resize(len, 0);
    bytes
}

fn kept(len: usize) -> Vec<u8> {
    if WORTH.contains(&len)
        && let Ok(mut spare) = SPARE.try_lock()
    {
        // Room for twice as much would be wasted.
        if let Some(at) = spare.iter().position(|kept| kept.capacity() >= len && kept.capacity() / 2 <= len) {
            return spare.swap_remove(at);
        }
    }
    Vec::with_capacity(len)
}

/// Bytes whose memory is used again once nobody looks at them.
pub(crate) fn shared(bytes: Vec<u8>) -> Bytes {
    if WORTH.contains(&bytes.capacity()) { Bytes::from_owner(Lent(bytes)) } else { bytes.into() }
}

struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.0);
        let Ok(mut spare) = SPARE.try_lock() else { return };
        if spare.iter().map(Vec::capacity).sum::<usize>() + bytes.capacity() <= KEPT {
            spare.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_empty_and_never_while_it_is_looked_at() {
        let size = 77_777;
        let of = |value: u8| {
            let mut bytes = room(size);
            assert!(bytes.is_empty() && bytes.capacity() >= size);
            bytes.resize(size, value);
            shared(bytes)
        };
        let first = of(1);
        let (second, part) = (of(2), first.slice(5..9));
        drop(first);
        let third = of(3);
        let left_over = bytes(size + 5);
        assert_eq!(left_over.len(), size + 5);
        assert!(part.iter().all(|b| *b == 1) && second.iter().all(|b| *b == 2) && third.iter().all(|b| *b == 3));
    }
}
