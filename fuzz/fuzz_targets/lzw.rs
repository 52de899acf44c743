#![no_main]
//! LZW, both bit orders: a first byte of 0 and a second that is odd make a stream of the old kind.

use libfuzzer_sys::fuzz_target;
use swath_fuzz::{Codec, read_block};

fuzz_target!(|data: &[u8]| read_block(Codec::Lzw, data));
