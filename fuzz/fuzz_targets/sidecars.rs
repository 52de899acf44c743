#![no_main]
//! What lies beside a raster: `.aux.xml` where the input begins with `<`, else a world file.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| swath_fuzz::read_sidecar(data));
