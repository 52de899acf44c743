use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::access::Spoken;

/// More of them than this are old tokens.
const MOST: usize = 32;

/// What is opened once and used by several calls, by place and access; a forked child has none of its parent's.
pub struct Kept<T>(Mutex<Option<Owned<T>>>);

/// Of one process.
type Owned<T> = (u32, HashMap<(String, Spoken), T>);

impl<T: Clone> Kept<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub fn find(&self, place: &str, spoken: &Spoken) -> Option<T> {
        self.with(|known| known.get(&(place.to_owned(), spoken.clone())).cloned())
    }

    pub fn keep(&self, place: &str, spoken: &Spoken, value: T) {
        self.with(|known| {
            if known.len() >= MOST {
                known.clear();
            }
            known.insert((place.to_owned(), spoken.clone()), value);
        });
    }

    fn with<R>(&self, work: impl FnOnce(&mut HashMap<(String, Spoken), T>) -> R) -> R {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = std::process::id();
        if kept.as_ref().is_none_or(|(owner, _)| *owner != here) {
            // Connections of a parent are not ours to close.
            std::mem::forget(kept.take());
        }
        let (_, known) = kept.get_or_insert_with(|| (here, HashMap::new()));
        work(known)
    }
}
