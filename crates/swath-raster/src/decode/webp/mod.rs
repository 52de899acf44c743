//! WebP.

mod block;
mod native;

pub(super) use block::decode;
