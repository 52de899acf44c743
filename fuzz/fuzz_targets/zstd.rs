#![no_main]
//! Zstandard frames.

use libfuzzer_sys::fuzz_target;
use swath_fuzz::{Codec, read_block};

fuzz_target!(|data: &[u8]| read_block(Codec::Zstd, data));
