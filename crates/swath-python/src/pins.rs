use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use swath::stack::{Cost, Fetch, StoreFetch};
use swath::store::{Start, redact};
use swath::{Error, Family, Result};

/// Bytes of headers that are kept for the next part of the same array.
const KEPT: usize = 32 << 20;

/// The versions of files that an array is made of: each is that which was read first, whatever part of the array is read later.
#[derive(Default)]
pub struct Pins(Mutex<Known>);

#[derive(Default)]
struct Known {
    files: HashMap<String, Pin>,
    kept: usize,
}

struct Pin {
    version: String,
    /// Its first bytes, while there is room.
    start: Option<Start>,
}

impl Pins {
    /// Pins that came with a plan.
    pub fn of(versions: impl Iterator<Item = (String, String)>) -> Self {
        let files = versions.map(|(href, version)| (href, Pin { version, start: None })).collect();
        Self(Mutex::new(Known { files, kept: 0 }))
    }

    pub fn version(&self, href: &str) -> Option<String> {
        self.lock().files.get(href).map(|pin| pin.version.clone())
    }

    pub fn count(&self) -> usize {
        self.lock().files.len()
    }

    /// The first bytes, if at least so many are known.
    fn start(&self, href: &str, length: u64) -> Option<Start> {
        let known = self.lock();
        let start = known.files.get(href)?.start.as_ref()?;
        let wanted = start.size.map_or(length, |size| length.min(size));
        (start.bytes.len() as u64 >= wanted).then(|| start.clone())
    }

    /// # Errors
    /// Conflict where it is another version than before.
    fn pin(&self, href: &str, start: &Start) -> Result<()> {
        let Some(version) = &start.version else { return Ok(()) };
        let mut known = self.lock();
        let room = known.kept + start.bytes.len() <= KEPT;
        let kept = if room { start.bytes.len() } else { 0 };
        let pin = known.files.entry(href.to_owned()).or_insert_with(|| Pin { version: version.clone(), start: None });
        if pin.version != *version {
            return Err(changed(href));
        }
        if room {
            let before = pin.start.replace(start.clone()).map_or(0, |old| old.bytes.len());
            known.kept = (known.kept + kept).saturating_sub(before);
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn changed(href: &str) -> Error {
    let error = Error::new(Family::Conflict, redact(href), "has changed since a part of this array was read", "the same version of it");
    error.hint("load the items again: a new array is made of what is there now")
}

/// A way to files that gives no other version of them than the pinned one.
pub struct Pinned {
    inner: Arc<StoreFetch>,
    pins: Arc<Pins>,
}

impl Pinned {
    pub fn new(inner: StoreFetch, pins: &Arc<Pins>) -> Self {
        Self { inner: Arc::new(inner), pins: Arc::clone(pins) }
    }
}

impl Fetch for Pinned {
    fn start(&self, href: &str, length: u64) -> BoxFuture<'_, Result<Start>> {
        let href = href.to_owned();
        Box::pin(async move {
            if let Some(start) = self.pins.start(&href, length) {
                return Ok(start);
            }
            let start = self.inner.start(&href, length).await?;
            self.pins.pin(&href, &start)?;
            Ok(start)
        })
    }
    fn ranges(&self, href: &str, ranges: &[Range<u64>], version: Option<&str>) -> BoxFuture<'_, Result<Vec<bytes::Bytes>>> {
        let reading = self.inner.ranges(href, ranges, version);
        let href = href.to_owned();
        Box::pin(async move { reading.await.map_err(|e| if e.family == Family::Conflict { changed(&href) } else { e }) })
    }
    fn cost(&self) -> Cost {
        self.inner.cost()
    }
}
