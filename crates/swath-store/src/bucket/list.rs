use futures::stream::{StreamExt, TryStreamExt};
use object_store::{ObjectMeta, ObjectStore};

use super::Bucket;
use super::read::quoted;
use crate::Result;
use crate::refusal::Action;
use crate::store::Entry;

impl Bucket {
    /// Every object under a folder of names (empty: all), with its whole name.
    pub async fn list(&self, under: &str, shown: &str) -> Result<Vec<Entry>> {
        let fail = |e: object_store::Error| self.explain(&e, shown, Action::List);
        let folder = if under.is_empty() { None } else { Some(self.object(under)?) };
        let entry = |meta: ObjectMeta| Entry {
            path: meta.location.as_ref().to_owned(),
            size: meta.size,
            etag: meta.e_tag.as_deref().map(quoted),
            md5: None,
            content_type: None,
        };
        self.objects.list(folder.as_ref()).map_ok(entry).try_collect().await.map_err(fail)
    }
    /// Makes sure that the bucket is there; it is never made.
    ///
    /// # Errors
    /// Absent with the command that makes it.
    pub async fn ensure(&self) -> Result<()> {
        let at = self.place.url();
        self.may_write(&at, Action::List)?;
        match self.objects.list(None).next().await {
            Some(Err(error)) => Err(self.explain(&error, &at, Action::List)),
            _ => Ok(()),
        }
    }
}
