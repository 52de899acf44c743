//! Arrays larger than memory: a plan is worked through part by part, each within a budget, and what it makes waits in a scratch
//! file without a name until it is written down.
//!
//! Parts end where blocks end as long as the budget allows it, so that a block is read once; the start of a file is read once for all
//! parts.

mod collect;
mod parts;
mod spool;
mod starts;

pub use collect::{Collected, Room, collect, made_bytes};
