use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use swath_store::{Container, Content, Entry, Family, Fetched, LocalFile, Put, Result, Store};

/// What publishing asks of the place that it publishes to; tests put a model in its stead.
pub(super) trait Remote {
    fn url(&self) -> String;
    fn url_of(&self, path: &str) -> String;
    /// Every object, sorted by path; none where nothing is there yet.
    async fn list(&self) -> Result<Vec<Entry>>;
    async fn get(&self, path: &str) -> Result<Fetched>;
    async fn head(&self, path: &str) -> Result<Entry>;
    async fn put(&self, path: &str, bytes: Bytes, put: &Put, content: &Content) -> Result<Option<String>>;
    /// Writes a local file only while it is what it is believed to be.
    async fn put_file(
        &self,
        path: &str,
        file: &LocalFile<'_>,
        put: &Put,
        content: &Content,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>>;
    async fn delete(&self, path: &str, pin: Option<&str>) -> Result<()>;
    async fn holds(&self, entry: &Entry, file: &Path) -> Result<bool>;
    async fn ensure_container(&self) -> Result<Container>;
    /// Lets others go first.
    async fn pause(&self, length: Duration);
}

impl Remote for Store {
    fn url(&self) -> String {
        Self::url(self)
    }
    fn url_of(&self, path: &str) -> String {
        Self::url_of(self, path)
    }
    async fn list(&self) -> Result<Vec<Entry>> {
        match Self::list(self, "").await {
            Err(e) if e.family == Family::Absent => Ok(Vec::new()),
            listed => listed,
        }
    }
    async fn get(&self, path: &str) -> Result<Fetched> {
        Self::get(self, path).await
    }
    async fn head(&self, path: &str) -> Result<Entry> {
        Self::head(self, path).await
    }
    async fn put(&self, path: &str, bytes: Bytes, put: &Put, content: &Content) -> Result<Option<String>> {
        Self::put(self, path, bytes, put, content).await
    }
    async fn put_file(
        &self,
        path: &str,
        file: &LocalFile<'_>,
        put: &Put,
        content: &Content,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>> {
        Self::upload(self, path, file, put, content, progress).await
    }
    async fn delete(&self, path: &str, pin: Option<&str>) -> Result<()> {
        Self::delete(self, path, pin).await
    }
    async fn holds(&self, entry: &Entry, file: &Path) -> Result<bool> {
        Self::holds(self, entry, file).await
    }
    async fn ensure_container(&self) -> Result<Container> {
        Self::ensure_container(self).await
    }
    async fn pause(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}
