//! What is asked of every input: no panic, no hang, no memory that was not asked for, errors that name the file.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use swath_raster::{
    Error, Limits, RasterSource, Shape, Sidecars, Window,
    tiff::{Level, LocalTiff},
};

use crate::allocator::measured;

pub const SLOWEST: Duration = Duration::from_secs(1);
pub const MOST_HELD: u64 = 64 << 20;
/// Sides of windows, and how many bands at most.
const SIDE: u32 = 48;
const LINE: u32 = 20_000;
const BANDS: usize = 6;

/// How far an input got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Refused,
    /// Opened, but some pixels could not be read.
    Opened,
    Read,
}

/// `Err` says which promise was broken. What is slow is judged again, by the time it was running.
pub fn judge(name: &str, read: fn(&str, &Bytes) -> Result<Fate, String>, bytes: &Bytes) -> Result<Fate, String> {
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        let (start, busy) = (Instant::now(), busy());
        let fate = match catch_unwind(AssertUnwindSafe(|| read(name, bytes))) {
            Ok(fate) => fate?,
            Err(panic) => return Err(format!("panicked: {}", said(&*panic))),
        };
        let wall = start.elapsed();
        quickest = quickest.min(if wall > SLOWEST { wall.min(self::busy().saturating_sub(busy)) } else { wall });
        if quickest <= SLOWEST {
            return Ok(fate);
        }
    }
    Err(format!("took {quickest:?}"))
}

/// Time that this process has had on a processor, all threads together; by the clock where the system does not tell.
fn busy() -> Duration {
    let ticks = || {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
    };
    ticks().map_or_else(
        || Duration::from_millis(std::time::UNIX_EPOCH.elapsed().map_or(0, |d| d.as_millis() as u64)),
        |t| Duration::from_millis(10 * t),
    )
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}

/// Does `work`, for which `asked` bytes were asked.
fn held<T>(what: &str, asked: u64, work: impl FnOnce() -> Result<T, Error>) -> Result<Result<T, Error>, String> {
    let (given, most) = measured(work);
    if most > asked + MOST_HELD {
        return Err(format!("{what} held {most} bytes; {asked} were asked for"));
    }
    Ok(given)
}

fn named(name: &str, error: &Error) -> Result<(), String> {
    if error.at.starts_with(name) { Ok(()) } else { Err(format!("an error that does not name the file: {error:?}")) }
}

/// Opens, and reads every level and mask: corners, a row and a column, all bands or some.
pub fn tiff(name: &str, bytes: &Bytes) -> Result<Fate, String> {
    let open = || LocalTiff::open(name, Arc::new(bytes.clone()), &Sidecars::default(), &Limits::default());
    let tiff = match held("opening", 0, open)? {
        Ok(tiff) => tiff,
        Err(error) => return named(name, &error).map(|()| Fate::Refused),
    };
    let mut fate = Fate::Read;
    let levels = tiff.tiff().levels().iter().chain(tiff.tiff().mask_levels());
    for level in levels.take(8) {
        for window in windows(level.shape()) {
            let bands = bands(level.bands());
            let read = held("reading", asked(level, &bands, window), || tiff.read_level(level, &bands, window))?;
            fate = outcome(name, fate, read)?;
        }
    }
    for window in windows(tiff.info().grid.shape) {
        let read = held("reading the mask", 2 * window.pixels() as u64, || tiff.read_mask(window))?;
        fate = outcome(name, fate, read)?;
    }
    Ok(fate)
}

fn outcome<T>(name: &str, fate: Fate, read: Result<T, Error>) -> Result<Fate, String> {
    match read {
        Ok(_) => Ok(fate),
        Err(error) => named(name, &error).map(|()| Fate::Opened),
    }
}

fn asked(level: &Level, bands: &[usize], window: Window) -> u64 {
    (window.pixels() * bands.len() * level.sample().size()) as u64
}

fn bands(count: usize) -> Vec<usize> {
    let mut bands: Vec<usize> = (0..count.min(BANDS - 1)).chain([count - 1]).collect();
    bands.dedup();
    bands
}

fn windows(Shape { width, height }: Shape) -> [Window; 4] {
    let (w, h) = (width.min(SIDE), height.min(SIDE));
    [
        Window { col: 0, row: 0, width: w, height: h },
        Window { col: width - w, row: height - h, width: w, height: h },
        Window { col: 0, row: height / 2, width: width.min(LINE), height: 1 },
        Window { col: width / 2, row: 0, width: 1, height: height.min(LINE) },
    ]
}

/// Opens, and reads corners of a few variables' first and last bands.
pub fn netcdf(name: &str, bytes: &Bytes) -> Result<Fate, String> {
    let open = || swath_raster::open(name, Arc::new(bytes.clone()), &Sidecars::default(), &Limits::default());
    let rasters = match held("opening", 0, open)? {
        Ok(rasters) => rasters,
        Err(error) => return named(name, &error).map(|()| Fate::Refused),
    };
    let mut fate = Fate::Read;
    for raster in rasters.iter().take(6) {
        let bands = bands(raster.info().bands.len());
        for window in windows(raster.info().grid.shape) {
            let asked = (window.pixels() * bands.len() * raster.info().sample.size()) as u64;
            let read = held("reading", asked, || raster.read(&bands, window))?;
            fate = outcome(name, fate, read)?;
        }
    }
    Ok(fate)
}

/// Opens a small honest TIFF with these bytes beside it.
pub fn sidecar(name: &str, bytes: &Bytes) -> Result<Fate, String> {
    let side = Some(bytes.clone());
    let is_xml = bytes.starts_with(b"<");
    let sidecars = if is_xml { Sidecars { aux_xml: side, ..Sidecars::default() } } else { Sidecars { world: side, ..Sidecars::default() } };
    let open = || LocalTiff::open(name, Arc::new(Bytes::from(crate::support::small_tiff(false))), &sidecars, &Limits::default());
    match held("opening", 0, open)? {
        Ok(_) => Ok(Fate::Read),
        Err(error) => named(name, &error).map(|()| Fate::Refused),
    }
}

#[test]
fn the_judge_sees_a_panic_a_hang_a_hoard_and_a_nameless_error() {
    let _alone = crate::limits::alone();
    type Crime = fn(&str, &Bytes) -> Result<Fate, String>;
    let crimes: [(&str, Crime); 4] = [
        ("panicked: here", |_, _| panic!("here")),
        ("took", |_, _| {
            let start = busy();
            while busy().saturating_sub(start) < SLOWEST * 2 {
                std::hint::spin_loop();
            }
            Ok(Fate::Read)
        }),
        ("held", |_, _| held("reading", 9, || Ok(vec![1_u8; MOST_HELD as usize + 4096])).map(|_| Fate::Read)),
        ("does not name", |name, _| named(name, &Error::damaged("b.tif", "", "")).map(|()| Fate::Read)),
    ];
    for (words, crime) in crimes {
        let judged = judge("a.tif", crime, &Bytes::new());
        assert!(judged.as_ref().is_err_and(|broken| broken.contains(words)), "{words}: {judged:?}");
    }
}
