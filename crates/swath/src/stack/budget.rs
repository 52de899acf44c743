use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::{Semaphore, SemaphorePermit};

/// KiB that fetched bytes may take beside the array while they wait.
const BESIDE: u64 = 32 << 10;
/// And inside of it: memory that the array does not use yet.
const LENT: u64 = 224 << 10;

/// Memory for bytes that were fetched and are not decoded yet. An array that is still empty takes none of its own, so that this much
/// more can be under way at first: mostly everything, which then comes in one round trip.
pub(super) struct Budget {
    room: Semaphore,
    /// KiB that are still lent.
    lent: AtomicU64,
    /// KiB that the array needs by now, and others still hold.
    owed: AtomicU64,
}

/// What one piece may hold.
pub(super) struct Held<'a>(Option<SemaphorePermit<'a>>);

impl Budget {
    /// For an array of so many bytes.
    pub fn beside(array: u64) -> Self {
        let lent = (array >> 10).min(LENT);
        // Both are far below the most that a semaphore can hold.
        Self { room: Semaphore::new((BESIDE + lent) as usize), lent: AtomicU64::new(lent), owed: AtomicU64::new(0) }
    }

    /// Waits until there is room. Whoever asks first gets it first.
    pub async fn take(&self, bytes: u64) -> Held<'_> {
        // One that is larger than all there is in the end goes alone. The semaphore is never closed.
        Held(self.room.acquire_many((bytes >> 10).clamp(1, BESIDE) as u32).await.ok())
    }

    /// Gives back what a piece held, so many bytes of which lie in the array now.
    pub fn settle(&self, held: Held<'_>, laid: u64) {
        let lent = self.lent.load(Relaxed);
        let used = laid.div_ceil(1 << 10).min(lent);
        self.lent.store(lent - used, Relaxed);
        let mut owed = self.owed.load(Relaxed) + used;
        if let Some(mut permit) = held.0 {
            let own = permit.num_permits().min(usize::try_from(owed).unwrap_or(usize::MAX));
            if let Some(part) = permit.split(own) {
                part.forget();
                owed -= own as u64;
            }
        }
        owed -= self.room.forget_permits(usize::try_from(owed).unwrap_or(usize::MAX)) as u64;
        self.owed.store(owed, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: &Budget, kib: u64) -> Option<Held<'_>> {
        use futures::FutureExt;
        budget.take(kib << 10).now_or_never()
    }

    #[test]
    fn an_empty_array_lends_its_memory_and_a_full_one_has_it_back() {
        let budget = Budget::beside(100 << 20);
        let pieces: Vec<_> = (0..33).map(|_| taken(&budget, 4 << 10)).collect();
        assert!(pieces.iter().all(Option::is_some));
        assert!(taken(&budget, 1).is_none());
        for piece in pieces.into_iter().flatten() {
            budget.settle(piece, 4 << 20);
        }
        // The array is full: what is left is what lies beside it.
        let all = taken(&budget, BESIDE);
        assert!(all.is_some() && taken(&budget, 1).is_none());
    }

    #[test]
    fn what_is_larger_than_all_goes_alone() {
        let budget = Budget::beside(0);
        let large = taken(&budget, 1 << 30);
        assert!(large.is_some() && taken(&budget, 1).is_none());
        budget.settle(large.unwrap(), 0);
        assert!(taken(&budget, 1).is_some());
    }
}
