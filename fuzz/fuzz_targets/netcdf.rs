#![no_main]
//! NetCDF 3 and 4. The third-party reader may panic: that is contained at our door, so only what gets past it counts.

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: std::panic::set_hook(Box::new(|panic| eprintln!("contained: {panic}"))),
    |data: &[u8]| swath_fuzz::read_netcdf(data)
);
