#![no_main]
//! Bytes to samples: widths, byte orders and predictors, without a codec in the way.

use libfuzzer_sys::fuzz_target;
use swath_fuzz::{Codec, read_block};

fuzz_target!(|data: &[u8]| read_block(Codec::Plain, data));
