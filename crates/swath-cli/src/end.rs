//! The end of the process, at once and in one place.

use std::io::Write;

/// Ends the process with this code, running nothing else. Destructors of the C++ libraries would run beside threads that still use
/// what they destroy: a worker may be in the middle of a projection when a signal comes.
pub fn end(code: u8) -> ! {
    // A reader that went away is no failure of ours.
    let _ = std::io::stdout().flush();
    signal_hook::low_level::exit(code.into())
}
