//! The end of an object, where its size is not known yet: tables keep there what they say of themselves.

use crate::Result;
use crate::http;
use crate::refusal::Action;
use crate::store::{Backend, Start, Store};

impl Store {
    /// The last bytes of an object, as [`Store::get_start`] gives the first; `None` where the store has no word for them.
    ///
    /// # Errors
    /// As [`Store::get`]; OverLimit where the server sends all of a large object instead, Damaged where it sends another part.
    pub async fn get_end(&self, path: &str, length: u64) -> Result<Option<Start>> {
        // Azure knows no ranges from the end (Blob service, "Specifying the range header for Blob service operations").
        let Backend::Web { ranges, .. } = &self.shared.backend else { return Ok(None) };
        self.on_wire(path, Action::Read, async |wire, url, spot| http::read_end(wire, &url, ranges, length, &spot).await.map(Some)).await
    }
}
