//! A body on its way out, watched: a server that takes no more of it, or gives no answer, is noticed.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream;
use tokio::time::timeout_at;

use super::{Failure, patience};

const PIECE: usize = 128 << 10;
/// The longest that an answer is waited for once everything is handed over.
const LONGEST: Duration = Duration::from_secs(60);

/// How far a body has come.
#[derive(Debug)]
pub(super) struct Outgoing {
    begun: Instant,
    /// When the network last took a piece, in milliseconds after the beginning.
    moved: AtomicU64,
    left: AtomicU64,
}

impl Outgoing {
    /// A body that is handed over piece by piece, and its watch.
    pub fn of(body: &Bytes) -> (reqwest::Body, Arc<Self>) {
        let watch = Arc::new(Self { begun: Instant::now(), moved: AtomicU64::new(0), left: AtomicU64::new(body.len() as u64) });
        if body.len() <= PIECE {
            watch.left.store(0, Relaxed);
            return (body.clone().into(), watch);
        }
        let pieces = stream::unfold((body.clone(), watch.clone()), |(mut rest, watch)| async move {
            if rest.is_empty() {
                return None;
            }
            let piece = rest.split_to(PIECE.min(rest.len()));
            watch.left.store(rest.len() as u64, Relaxed);
            watch.moved.store(u64::try_from(watch.begun.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
            Some((Ok::<_, Infallible>(piece), (rest, watch)))
        });
        (reqwest::Body::wrap_stream(pieces), watch)
    }
    /// Waits for an answer as long as the body moves.
    ///
    /// What the system holds back is invisible, so a slow line looks like a stall at the end: each further try waits twice as long.
    pub async fn answered<T>(&self, answer: impl Future<Output = T>, tries: u32) -> Result<T, Failure> {
        let mut answer = pin!(answer);
        loop {
            let (patience, due) = self.patience(tries);
            match timeout_at(due.into(), &mut answer).await {
                Ok(answer) => return Ok(answer),
                Err(_) if self.patience(tries).1 > due => {}
                Err(_) => return Err(Failure::stalled(patience, tries)),
            }
        }
    }

    fn patience(&self, tries: u32) -> (Duration, Instant) {
        let whole = self.left.load(Relaxed) == 0 && self.moved.load(Relaxed) > 0;
        let stall = patience::stall();
        let patience = if whole { (stall * 2u32.saturating_pow(tries.saturating_sub(1).min(6))).min(LONGEST.max(stall)) } else { stall };
        (patience, self.begun + Duration::from_millis(self.moved.load(Relaxed)) + patience)
    }
}
