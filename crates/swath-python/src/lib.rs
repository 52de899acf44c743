//! What the Python package `swath` does in Rust: plans, pixels, searches, conversions and the command itself.
//!
//! The package in `python/swath` is the face; it speaks to this module in JSON, bytes and numpy arrays.
#![deny(unsafe_code)]

mod access;
mod catalog;
mod error;
mod items;
mod kept;
mod material;
mod memory;
mod module;
mod names;
mod pins;
mod place;
mod plan;
mod process;
mod request;
mod said;
mod verbs;
