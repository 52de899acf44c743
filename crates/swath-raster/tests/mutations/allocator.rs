//! Counts what the process holds. One judged input at a time runs in a process, so the count is that input's.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    ptr,
    sync::atomic::{AtomicIsize, Ordering::Relaxed},
};

/// Refused outright, so that a header that is believed ends this process and not the machine.
const LARGEST: usize = 4 << 30;

static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

pub struct Counting;

fn add(size: usize) {
    let live = LIVE.fetch_add(size.cast_signed(), Relaxed) + size.cast_signed();
    PEAK.fetch_max(live, Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged, or is refused with null, which the contract allows.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST {
            return ptr::null_mut();
        }
        add(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST {
            return ptr::null_mut();
        }
        add(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size().cast_signed(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > LARGEST {
            return ptr::null_mut();
        }
        // Both may be held while one is copied to the other.
        add(size);
        LIVE.fetch_sub(layout.size().cast_signed(), Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }
}

/// What `work` gives, and the most that was held during it beyond what was held before.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let given = work();
    (given, u64::try_from(PEAK.load(Relaxed) - before).unwrap_or(0))
}
