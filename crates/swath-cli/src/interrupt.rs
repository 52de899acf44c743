use std::ffi::OsString;
use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

use crate::end::end;
use crate::quoted::quoted;

/// The call as it was typed, for a shell; only its beginning where it is very long.
pub fn same_call(words: &[OsString]) -> String {
    let words: Vec<String> = words.iter().skip(1).map(|word| quoted(&word.to_string_lossy())).collect();
    let mut line = "swath".to_owned();
    for (at, word) in words.iter().enumerate() {
        if line.len() + word.len() > MOST {
            return format!("{line} ... (and the same {} other words)", words.len() - at);
        }
        line = format!("{line} {word}");
    }
    line
}

const MOST: usize = 4000;

/// From now on Ctrl-C and SIGTERM sweep away unfinished files, say `resume`, the call that goes on, and end the process with 130 or 143.
pub fn watch(resume: Option<String>) {
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
        let said = match resume {
            Some(line) => {
                format!("\nstopped; what is finished is kept, and the same command goes on from there:\n  {}", swath::store::redact(&line))
            }
            None => "\nstopped".to_owned(),
        };
        let _ = writeln!(std::io::stderr(), "{said}");
        end(code);
    });
}
