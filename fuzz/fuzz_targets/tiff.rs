#![no_main]
//! A whole TIFF: the sans-IO parser (directories, GeoKeys, GDAL's metadata, masks, overviews), then a window of every level.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| swath_fuzz::read_tiff(data));
