use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use swath::Stop;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::error::raised;

/// How long Ctrl-C waits at most to be heard.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long what was interrupted may take to end.
const FAREWELL: Duration = Duration::from_secs(2);

/// The threads of one process: a child that was forked has none of its parent's.
static THREADS: Mutex<Option<(u32, Arc<Runtime>)>> = Mutex::new(None);

fn runtime() -> swath::Result<Arc<Runtime>> {
    let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let here = std::process::id();
    if let Some((owner, runtime)) = threads.as_ref()
        && *owner == here
    {
        return Ok(Arc::clone(runtime));
    }
    let made = Builder::new_multi_thread().enable_all().thread_name("swath").build();
    let made = made.map_err(|e| swath::Error::new(swath::Family::Disk, "", format!("no threads: {e}"), ""))?;
    let made = Arc::new(made);
    // Joining threads that this process does not have would wait for ever.
    std::mem::forget(threads.replace((here, Arc::clone(&made))));
    Ok(made)
}

/// Runs what talks to stores to its end, with other Python threads going on; Ctrl-C gives it up.
///
/// # Errors
/// What the work says, as a Python exception; KeyboardInterrupt.
pub fn wait<T, F>(py: Python<'_>, work: impl FnOnce() -> F + Send + 'static) -> PyResult<T>
where
    T: Send + 'static,
    F: Future<Output = swath::Result<T>>,
{
    let runtime = runtime().map_err(|e| raised(&e))?;
    let (interest, lost) = tokio::sync::oneshot::channel::<()>();
    let threads = runtime.handle().clone();
    let task = move || {
        let waiting = || {
            threads.block_on(async {
                tokio::select! {
                    done = work() => done,
                    _ = lost => Err(swath::Error::misuse("", "was interrupted", "")),
                }
            })
        };
        swath::on_own_threads(waiting)
    };
    until_done(py, &runtime, runtime.spawn_blocking(task), || drop(interest))
}

/// The same for what works without waiting for a network; what it is given says that Ctrl-C was heard.
///
/// # Errors
/// As [`wait`].
pub fn work<T: Send + 'static>(py: Python<'_>, work: impl FnOnce(&Stop) -> swath::Result<T> + Send + 'static) -> PyResult<T> {
    let runtime = runtime().map_err(|e| raised(&e))?;
    let stop = Stop::default();
    let heard = stop.clone();
    until_done(py, &runtime, runtime.spawn_blocking(move || swath::on_own_threads(|| work(&heard))), || stop.tell())
}

fn until_done<T: Send>(py: Python<'_>, runtime: &Runtime, mut task: JoinHandle<swath::Result<T>>, give_up: impl FnOnce()) -> PyResult<T> {
    let mut wait = |patience: Duration| py.detach(|| runtime.block_on(async { tokio::time::timeout(patience, &mut task).await }));
    loop {
        match wait(PATIENCE) {
            Ok(Ok(done)) => return done.map_err(|e| raised(&e)),
            Ok(Err(broken)) => return Err(PyRuntimeError::new_err(format!("a bug in swath: {broken}"))),
            Err(_) => {
                if let Err(interrupt) = py.check_signals() {
                    give_up();
                    // What was begun is put away before the caller goes on; its result is of no use to anybody.
                    let _ = wait(FAREWELL);
                    return Err(interrupt);
                }
            }
        }
    }
}
