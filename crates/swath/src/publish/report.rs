use serde::Serialize;

/// What a publication did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PublishReport {
    pub uploaded: usize,
    pub bytes: u64,
    /// Files that were there already.
    pub present: usize,
    pub removed: usize,
    /// Whether the container, or the folder, was made.
    pub created_container: bool,
    /// The generation that was committed; `None` where nothing changed.
    pub generation: Option<u64>,
    /// The URL or path of the root document.
    pub root: String,
}

/// Told how a publication goes on; called from many tasks.
pub trait Watch: Sync {
    /// Bytes that have arrived since the last call.
    fn advance(&self, _bytes: u64) {}
    /// A file is there, whole.
    fn uploaded(&self, _path: &str) {}
}

/// Nobody watches.
impl Watch for () {}
