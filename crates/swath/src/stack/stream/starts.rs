use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use swath_store::Start;

use crate::Result;
use crate::stack::{Cost, Fetch};

/// Reads through another, and remembers the starts of files, which every part asks for again.
pub(super) struct Starts<'a> {
    inner: &'a dyn Fetch,
    known: Mutex<Known>,
    /// Bytes to remember at most.
    most: usize,
}

#[derive(Default)]
struct Known {
    /// With how many bytes were asked for.
    starts: HashMap<String, (u64, Start)>,
    bytes: usize,
}

impl<'a> Starts<'a> {
    pub fn new(inner: &'a dyn Fetch, most: usize) -> Self {
        Self { inner, known: Mutex::default(), most }
    }

    fn known(&self, href: &str, length: u64) -> Option<Start> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.starts.get(href).filter(|(asked, _)| *asked >= length).map(|(_, start)| start.clone())
    }

    fn keep(&self, href: &str, asked: u64, start: &Start) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.bytes + start.bytes.len() <= self.most {
            known.bytes += start.bytes.len();
            known.starts.insert(href.to_owned(), (asked, start.clone()));
        }
    }
}

impl Fetch for Starts<'_> {
    fn start(&self, href: &str, length: u64) -> BoxFuture<'_, Result<Start>> {
        let href = href.to_owned();
        Box::pin(async move {
            if let Some(known) = self.known(&href, length) {
                return Ok(known);
            }
            let start = self.inner.start(&href, length).await?;
            self.keep(&href, length, &start);
            Ok(start)
        })
    }
    fn ranges(&self, href: &str, ranges: &[Range<u64>], version: Option<&str>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        self.inner.ranges(href, ranges, version)
    }
    fn cost(&self) -> Cost {
        self.inner.cost()
    }
}
