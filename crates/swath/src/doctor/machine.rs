use super::diagnosis::{Diagnosis, Topic};
use super::memory;

const MIB: u64 = 1 << 20;
/// A conversion in flight wants this much with the largest blocks that swath writes.
const SCARCE: u64 = 512 * MIB;

/// Versions, processors, memory.
pub(super) fn check() -> Vec<Diagnosis> {
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let versions = format!(
        "swath {}, PROJ {}, STAC {}, {system}",
        env!("CARGO_PKG_VERSION"),
        swath_raster::crs::proj_version(),
        swath_stac::STAC_VERSION
    );
    vec![Diagnosis::fine(Topic::Version, versions), processors(), room()]
}

fn processors() -> Diagnosis {
    match std::thread::available_parallelism() {
        Ok(count) => Diagnosis::fine(Topic::Processors, format!("{count} to use")),
        Err(e) => Diagnosis::unknown(Topic::Processors, format!("cannot be counted: {e}")),
    }
}

fn room() -> Diagnosis {
    let Some(free) = memory::available() else { return Diagnosis::unknown(Topic::Memory, "this system does not tell") };
    let found = format!("{} MiB available", free / MIB);
    match free {
        0..SCARCE => Diagnosis::warning(Topic::Memory, found).fix("swath build --jobs 1"),
        _ => Diagnosis::fine(Topic::Memory, found),
    }
}
