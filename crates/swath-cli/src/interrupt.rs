use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

/// From now on Ctrl-C and SIGTERM sweep away unfinished files, say how to go on, and end the process with 130 or 143.
pub fn watch() {
    // Without this thread a signal ends the process as the system does it; the next run sweeps.
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        let code = runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
                std::future::pending::<()>().await;
                return 130;
            };
            tokio::select! {
                _ = interrupt.recv() => 130,
                _ = terminate.recv() => 143,
            }
        });
        swath::sweep_unfinished();
        let _ = writeln!(std::io::stderr(), "\nstopped; the same command goes on where it was: what is finished is kept");
        std::process::exit(code);
    });
}
