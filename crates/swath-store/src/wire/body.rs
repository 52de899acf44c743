use bytes::{Bytes, BytesMut};
use memmap2::{Advice, MmapMut, MmapOptions};

/// From this size on a body has pages of its own.
const LARGE: u64 = 256 << 10;
/// And from this on large ones, where the system has any.
const HUGE: u64 = 2 << 20;
/// Room made before anything has come, at most: as long as ranges are.
const MOST: u64 = 8 << 20;

/// A body on its way in. Pages of its own go back to the system when it is dropped: memory from the allocator, of many bodies at once
/// and dropped in any order, would stay with the process.
pub(super) struct Body {
    pages: Option<MmapMut>,
    rest: BytesMut,
    len: usize,
}

impl Body {
    /// One that will have so many bytes, as far as is known.
    pub fn of(told: u64) -> Self {
        // Without pages, which a system may have no more of, it grows as it comes.
        let pages = (LARGE..=MOST).contains(&told).then(|| pages(told)).flatten();
        Self { pages, rest: BytesMut::new(), len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn push(&mut self, chunk: &[u8]) {
        let end = self.len + chunk.len();
        match self.pages.as_mut().and_then(|pages| pages.get_mut(self.len..end)) {
            Some(room) => room.copy_from_slice(chunk),
            None => {
                // More than was told.
                if let Some(pages) = self.pages.take() {
                    self.rest.extend_from_slice(&pages[..self.len]);
                }
                self.rest.extend_from_slice(chunk);
            }
        }
        self.len = end;
    }

    pub fn done(self) -> Bytes {
        match self.pages {
            Some(pages) => Bytes::from_owner(pages).slice(..self.len),
            None => self.rest.freeze(),
        }
    }
}

fn pages(told: u64) -> Option<MmapMut> {
    let mut wanted = MmapOptions::new();
    wanted.len(usize::try_from(told).ok()?);
    if told < HUGE {
        // All at once is cheaper than one after the other as they are written to.
        return wanted.populate().map_anon().ok();
    }
    let pages = wanted.map_anon().ok()?;
    // A wish that a system need not know.
    let _ = pages.advise(Advice::HugePage);
    Some(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_came_however_much_was_told() {
        let bytes: Vec<u8> = (0..700_000u32).map(|i| (i * 7 % 251) as u8).collect();
        for told in [0, 1, 700_000, 699_999, 262_144, 3 << 20, u64::MAX] {
            let mut body = Body::of(told);
            bytes.chunks(50_001).for_each(|chunk| body.push(chunk));
            assert_eq!(body.len(), bytes.len());
            assert!(body.done() == bytes, "{told}");
        }
        assert!(Body::of(1 << 20).done().is_empty());
    }
}
