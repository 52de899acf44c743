use std::ops::Range;

use bytes::Bytes;
use futures::future::try_join_all;
use object_store::{Attribute, GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt};

use super::Bucket;
use crate::refusal::Action;
use crate::store::{Entry, Fetched, Start};
use crate::{Error, Family, Result};

/// Ranges of one object that are asked for together.
const AT_ONCE: usize = 64;

impl Bucket {
    pub async fn get(&self, name: &str, shown: &str) -> Result<Fetched> {
        let fail = |e: object_store::Error| self.explain(&e, shown, Action::Read);
        let result = self.objects.get(&self.object(name)?).await.map_err(fail)?;
        let (etag, size) = (result.meta.e_tag.as_deref().map(quoted), result.meta.size);
        let bytes = result.bytes().await.map_err(fail)?;
        if bytes.len() as u64 != size {
            return Err(Error::new(Family::Damaged, shown, format!("{} bytes came", bytes.len()), format!("it has {size}")));
        }
        Ok(Fetched { bytes, etag })
    }
    pub async fn get_ranges(&self, name: &str, ranges: &[Range<u64>], pin: Option<&str>, shown: &str) -> Result<Vec<Bytes>> {
        let mut parts = Vec::with_capacity(ranges.len());
        for some in ranges.chunks(AT_ONCE) {
            parts.extend(try_join_all(some.iter().map(async |range| self.get_range(name, range, pin, shown).await)).await?);
        }
        Ok(parts)
    }
    pub async fn get_start(&self, name: &str, length: u64, shown: &str) -> Result<Start> {
        let fail = |e: object_store::Error| self.explain(&e, shown, Action::Read);
        let options = GetOptions { range: Some(GetRange::Bounded(0..length.max(1))), ..GetOptions::default() };
        let result = self.objects.get_opts(&self.object(name)?, options).await.map_err(fail)?;
        let (version, size) = (result.meta.e_tag.as_deref().map(quoted), result.meta.size);
        let bytes = result.bytes().await.map_err(fail)?;
        if (bytes.len() as u64) < length.min(size) {
            return Err(Error::new(
                Family::Damaged,
                shown,
                format!("{} bytes came", bytes.len()),
                format!("{} were asked for", length.min(size)),
            ));
        }
        Ok(Start { bytes, version, size: Some(size) })
    }
    pub async fn head(&self, name: &str, shown: &str) -> Result<Entry> {
        let fail = |e: object_store::Error| self.explain(&e, shown, Action::Read);
        let options = GetOptions { head: true, ..GetOptions::default() };
        let found = self.objects.get_opts(&self.object(name)?, options).await.map_err(fail)?;
        let content_type = found.attributes.get(&Attribute::ContentType).map(|value| value.as_ref().to_owned());
        Ok(Entry { path: name.to_owned(), size: found.meta.size, etag: found.meta.e_tag.as_deref().map(quoted), md5: None, content_type })
    }

    async fn get_range(&self, name: &str, range: &Range<u64>, pin: Option<&str>, shown: &str) -> Result<Bytes> {
        let fail = |e: object_store::Error| self.explain(&e, shown, Action::Read);
        let right = || format!("bytes {}..{} were asked for", range.start, range.end);
        if range.start >= range.end {
            return if range.start == range.end {
                Ok(Bytes::new())
            } else {
                Err(Error::misuse(shown, "the range ends before it begins", right()))
            };
        }
        let options =
            GetOptions { range: Some(GetRange::Bounded(range.clone())), if_match: pin.map(str::to_owned), ..GetOptions::default() };
        let result: GetResult = self.objects.get_opts(&self.object(name)?, options).await.map_err(fail)?;
        if let (Some(pin), Some(found)) = (pin, result.meta.e_tag.as_deref())
            && pin != quoted(found)
        {
            return Err(Error::new(Family::Conflict, shown, "asset changed while it was read", "").hint("run the same command again"));
        }
        let (given, size) = (result.range.clone(), result.meta.size);
        let bytes = result.bytes().await.map_err(fail)?;
        if given.start != range.start || given.end < range.end || (bytes.len() as u64) < range.end - range.start {
            return Err(Error::new(Family::Damaged, shown, format!("ends at byte {size}"), right()));
        }
        Ok(bytes.slice(..usize::try_from(range.end - range.start).unwrap_or(bytes.len()).min(bytes.len())))
    }
}

/// An ETag as it stands in a header; some listings leave its quotes out.
pub(super) fn quoted(etag: &str) -> String {
    if etag.starts_with('"') || etag.starts_with("W/") { etag.to_owned() } else { format!("\"{etag}\"") }
}
