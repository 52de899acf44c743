//! The `swath` command, for its own binary and for the Python package that carries it.
#![forbid(unsafe_code)]

mod access;
mod cli;
mod commands;
mod end;
mod exit;
mod far;
mod interrupt;
mod progress;
mod quoted;
mod requests;
mod runtime;
mod table;
mod talk;

pub use cli::main;
