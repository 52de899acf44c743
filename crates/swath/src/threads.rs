/// More threads than this only wait for each other.
const MOST: usize = 256;

/// Limits how many threads work, for the whole process; only the first call counts, and only before any work.
pub fn use_threads(threads: usize) {
    let threads = threads.min(MOST);
    // An earlier choice stands: there is nothing to undo and nobody to tell.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global();
}
