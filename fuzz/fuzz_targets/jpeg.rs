#![no_main]
//! JPEG streams of any process, with and without tables apart.

use libfuzzer_sys::fuzz_target;
use swath_fuzz::{Codec, read_block};

fuzz_target!(|data: &[u8]| read_block(Codec::Jpeg, data));
