use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use swath_raster::{RasterInfo, RasterSource, Samples, Window};

use crate::{Error, Family};

/// Tells work that is under way that nobody wants it any more: it ends with an error soon after, and what it had finished stays.
///
/// ```
/// let stop = swath::Stop::default();
/// let same = stop.clone();
/// assert!(!same.is_told());
/// stop.tell();
/// assert!(same.is_told());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn tell(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    pub fn is_told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Statistics of each band of a raster, as [`swath_raster::cog::statistics`], until somebody says stop.
///
/// # Errors
/// As that; Misuse once it was stopped.
pub fn statistics(raster: &dyn RasterSource, stop: &Stop) -> crate::Result<Vec<Option<swath_raster::cog::BandStatistics>>> {
    Ok(swath_raster::cog::statistics(&Halting { inner: raster, told: &|| stop.is_told() })?)
}

/// What stopped work ends with.
pub(crate) fn stopped(at: &str) -> Error {
    Error::new(Family::Misuse, at, "was stopped", "").hint("the same call goes on with what is left")
}

/// Whether to go on no longer.
pub(crate) type Told<'a> = &'a (dyn Fn() -> bool + Sync);

/// A raster that gives no more pixels once the work was stopped.
pub(crate) struct Halting<'a> {
    pub inner: &'a dyn RasterSource,
    pub told: Told<'a>,
}

impl Halting<'_> {
    fn check(&self) -> swath_raster::Result<()> {
        if (self.told)() { Err(swath_raster::Error::misuse("", "was stopped", "")) } else { Ok(()) }
    }
}

impl RasterSource for Halting<'_> {
    fn info(&self) -> &RasterInfo {
        self.inner.info()
    }
    fn read(&self, bands: &[usize], window: Window) -> swath_raster::Result<Vec<Samples>> {
        self.check()?;
        self.inner.read(bands, window)
    }
    fn read_into(&self, bands: &[usize], window: Window, samples: &mut Vec<Samples>) -> swath_raster::Result<()> {
        self.check()?;
        self.inner.read_into(bands, window, samples)
    }
    fn control_points(&self) -> swath_raster::Result<Option<swath_raster::ControlPoints>> {
        self.inner.control_points()
    }
    fn read_mask(&self, window: Window) -> swath_raster::Result<Option<Vec<u8>>> {
        self.check()?;
        self.inner.read_mask(window)
    }
}

/// A file that takes no more bytes once the work was stopped.
pub(crate) struct HaltingWrite<'a, W> {
    pub inner: &'a mut W,
    pub told: Told<'a>,
}

impl<W: Write> Write for HaltingWrite<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.told)() { Err(io::Error::other("was stopped")) } else { self.inner.write(bytes) }
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
