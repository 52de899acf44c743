use std::convert::Infallible;
use std::ffi::OsString;

use pyo3::prelude::*;

/// The command itself: runs these words and ends the process.
#[pyfunction(name = "main")]
pub fn run_command(py: Python<'_>, words: Vec<OsString>) {
    let _: Infallible = match py.detach(|| -> Option<Infallible> { swath_cli::main(words) }) {
        Some(never) => never,
        None => return,
    };
}
