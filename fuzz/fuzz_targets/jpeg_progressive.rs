#![no_main]
//! Progressive JPEG: the first scan's frame marker is made SOF2.

use libfuzzer_sys::fuzz_target;
use swath_fuzz::{Codec, read_block};

fuzz_target!(|data: &[u8]| read_block(Codec::JpegProgressive, data));
