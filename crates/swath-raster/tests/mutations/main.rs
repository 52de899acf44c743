//! Files broken with knowledge of their structure: whatever a header claims, swath does not panic, hang or hold more than was asked for.
//!
//! The inputs are the same on every run. `SWATH_MUTATIONS_SEED=7` makes others, `SWATH_MUTATIONS_COUNT=1000000` more of them.

#[path = "../support/mod.rs"]
mod support;

mod allocator;
mod classic;
mod corpus;
mod dice;
mod handmade;
mod judge;
mod limits;
mod mutate;
mod netcdf;
mod run;
mod seeds;
mod structure;

use bytes::Bytes;

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

#[test]
fn no_mutation_of_a_tiff_breaks_a_promise() {
    run::all(&run::TIFF, 100_000);
}

#[test]
fn no_mutation_of_a_netcdf_breaks_a_promise() {
    run::all(&run::NETCDF, 10_000);
}

/// Does what `run::all` tells its child processes to do; nothing in a run of the tests.
#[test]
fn worker() {
    run::worker();
}

/// Writes what the fuzz targets begin with where `scripts/fuzz.sh` asks for it; nothing in a run of the tests.
#[test]
fn corpus() {
    if let Some(folder) = std::env::var_os("SWATH_FUZZ_CORPUS") {
        corpus::write(std::path::Path::new(&folder));
    }
}

#[test]
fn every_crash_ever_found_stays_mended() {
    let _alone = limits::alone();
    let folder = support::root().join("crates/swath-raster/fixtures/crashes");
    let is_raster = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension != "md");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("fixtures").flatten().map(|entry| entry.path()).filter(is_raster).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = Bytes::from(std::fs::read(&path).expect("a fixture"));
        let read = match path.extension().and_then(|extension| extension.to_str()) {
            Some("tif") => judge::tiff,
            Some("nc") => judge::netcdf,
            Some("xml" | "tfw") => judge::sidecar,
            other => panic!("{name}: nothing here reads {other:?}"),
        };
        if let Err(broken) = judge::judge(&name, read, &bytes) {
            panic!("{name}: {broken}");
        }
    }
}
