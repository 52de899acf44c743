use std::process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// More threads than this only wait for each other.
const MOST: usize = 256;

/// Limits how many threads work, for the whole process; only the first call counts, and only before any work.
pub fn use_threads(threads: usize) {
    let threads = threads.min(MOST);
    // An earlier choice stands: there is nothing to undo and nobody to tell.
    let _ = ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global();
}

/// The process whose threads are everybody's.
static FIRST: OnceLock<u32> = OnceLock::new();
/// Those of a child that was forked after it had any.
static CHILD: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// Does the work with threads of this process: a child that was forked has none of its parent's, and would wait for them for ever.
/// Who may be forked does everything through this.
pub fn on_own_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let here = process::id();
    if *FIRST.get_or_init(|| here) == here {
        return work();
    }
    match own(here) {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// `None` where the machine gives no threads.
fn own(here: u32) -> Option<Arc<ThreadPool>> {
    let mut child = CHILD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, pool)) = child.as_ref()
        && *owner == here
    {
        return Some(Arc::clone(pool));
    }
    // One more than there are cores: one may be waiting for a network.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = Arc::new(ThreadPoolBuilder::new().num_threads(cores.min(MOST) + 1).build().ok()?);
    std::mem::forget(child.replace((here, Arc::clone(&pool))));
    Some(pool)
}
