use std::future::Future;

/// Runs what talks to stores, to its end.
///
/// # Errors
/// What the future says; Disk where the machine gives no threads.
pub fn block_on<T>(future: impl Future<Output = swath::Result<T>>) -> swath::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| swath::Error::new(swath::Family::Disk, "", format!("no runtime: {e}"), ""))?.block_on(future)
}

/// The same for what may leave threads behind that wait for an answer: they end with the process.
///
/// # Errors
/// Disk where the machine gives no threads.
pub fn block_on_and_leave<T>(future: impl Future<Output = T>) -> swath::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| swath::Error::new(swath::Family::Disk, "", format!("no runtime: {e}"), ""))?;
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(done)
}
