#![no_main]
//! PackBits runs.

use libfuzzer_sys::fuzz_target;
use swath_fuzz::{Codec, read_block};

fuzz_target!(|data: &[u8]| read_block(Codec::PackBits, data));
