use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};
use swath_store::{Container, Content, Family as StoreFamily, Store};

use super::digest;
use super::files::Kind;
use super::manifest::{MANIFEST, Manifest, Published};
use super::plan::{AT_ONCE, Commit, Conflict, PublishPlan, Upload};
use super::report::{PublishReport, Watch};
use crate::{Error, Family, Result};

/// Documents up to this size are checked against the plan's checksum before they go.
const CHECKED: u64 = 16 << 20;

/// Uploads what a plan lists: each kind only after the kinds before it are all there, the manifest last.
///
/// # Errors
/// Conflict where other bytes are under a name, named in full, before anything that readers see has changed; Refused,
/// Unreachable, Disk naming the file. What was uploaded stays, and running again resumes.
pub async fn run(plan: &PublishPlan, store: &Store, watch: &dyn Watch) -> Result<PublishReport> {
    if store.url() != plan.to {
        return Err(Error::misuse(store.url(), "is not the place of the plan", format!("the plan is for {}", plan.to)));
    }
    refuse(&plan.conflicts, store)?;
    let mut report = PublishReport { present: plan.present.len(), root: root(plan, store), ..PublishReport::default() };
    let Some(commit) = &plan.commit else { return Ok(report) };
    report.created_container = store.ensure_container().await? == Container::Created;

    let mut objects: BTreeMap<String, Published> = plan
        .present
        .iter()
        .map(|file| (file.path.clone(), Published { size: file.size, sha256: file.sha256.clone(), etag: file.etag.clone() }))
        .collect();
    for wave in plan.uploads.chunk_by(|a, b| rank(a) == rank(b)) {
        for (upload, etag) in wave.iter().zip(send_all(wave, plan, store, watch).await?) {
            report.uploaded += 1;
            report.bytes += upload.size;
            objects.insert(upload.path.clone(), Published { size: upload.size, sha256: upload.sha256.clone(), etag });
        }
    }
    report.generation = Some(seal(commit, objects, plan.retired.clone(), store).await?);
    Ok(report)
}

/// Uploads of one rank may travel together; deeper collections go before those that link to them.
fn rank(upload: &Upload) -> (Kind, usize) {
    (upload.kind, if upload.kind == Kind::Collection { upload.path.matches('/').count() } else { 0 })
}

/// Sends files of one rank, at most sixteen at once; their ETags in order. A conflict does not stop the others, any
/// other failure does.
async fn send_all(wave: &[Upload], plan: &PublishPlan, store: &Store, watch: &dyn Watch) -> Result<Vec<Option<String>>> {
    let conflicts = Mutex::new(Vec::new());
    let one = async |upload: &Upload| match send(upload, &plan.build, store, watch).await {
        Err(e) if e.family == Family::Conflict => {
            conflicts.lock().unwrap_or_else(PoisonError::into_inner).push(Conflict { path: upload.path.clone(), found: e.found });
            Ok(None)
        }
        sent => sent,
    };
    let etags = stream::iter(wave.iter().map(one)).buffered(AT_ONCE).try_collect().await?;
    refuse(&conflicts.into_inner().unwrap_or_else(PoisonError::into_inner), store)?;
    Ok(etags)
}

async fn send(upload: &Upload, build: &Path, store: &Store, watch: &dyn Watch) -> Result<Option<String>> {
    let file = build.join(&upload.path);
    let failed = |e: std::io::Error| Error::file(&file, &e);
    let (put, content) = (upload.replace.put(), upload.kind.content(&upload.path));
    let changed =
        || Error::new(Family::Conflict, file.display().to_string(), "changed since it was planned", "").hint("run the command again");
    let sent = if upload.size <= CHECKED {
        let bytes = tokio::fs::read(&file).await.map_err(failed)?;
        if digest::of_bytes(&bytes) != upload.sha256 {
            return Err(changed());
        }
        let sent = store.put(&upload.path, bytes.into(), &put, &content).await;
        watch.advance(upload.size);
        sent
    } else {
        if tokio::fs::metadata(&file).await.map_err(failed)?.len() != upload.size {
            return Err(changed());
        }
        store.put_file(&upload.path, &file, &put, &content, &|bytes| watch.advance(bytes)).await
    };
    let etag = match sent {
        Ok(etag) => etag,
        // Somebody was faster: fine, if it is with the same bytes.
        Err(e) if e.family == StoreFamily::Conflict => {
            let entry = store.head(&upload.path).await?;
            if !store.holds(&entry, &file).await? {
                return Err(e.into());
            }
            entry.etag
        }
        Err(e) => return Err(e.into()),
    };
    watch.uploaded(&upload.path);
    Ok(etag)
}

/// Writes the manifest that makes a publication count.
pub(super) async fn seal(
    commit: &Commit,
    objects: BTreeMap<String, Published>,
    retired: BTreeMap<String, Published>,
    store: &Store,
) -> Result<u64> {
    let (generation, parent, catalog) = (commit.generation, commit.parent, commit.catalog.clone());
    let manifest = Manifest { generation, parent, catalog, objects, retired, ..Manifest::after(None) };
    let content = Content::of(MANIFEST).cache("no-cache");
    match store.put(MANIFEST, manifest.document()?, &commit.replace.put(), &content).await {
        Ok(_) => Ok(manifest.generation),
        Err(e) if e.family == StoreFamily::Conflict => {
            Err(Error::new(Family::Conflict, e.at, "somebody else published here at the same time", "").hint("run `swath publish` again"))
        }
        Err(e) => Err(e.into()),
    }
}

fn root(plan: &PublishPlan, store: &Store) -> String {
    let uploaded = plan.uploads.iter().find(|upload| upload.kind == Kind::Root).map(|upload| upload.path.as_str());
    let present = || plan.present.iter().map(|file| file.path.as_str()).find(|path| matches!(*path, "collection.json" | "catalog.json"));
    store.url_of(uploaded.or_else(present).unwrap_or("collection.json"))
}

fn refuse(conflicts: &[Conflict], store: &Store) -> Result<()> {
    let Some(first) = conflicts.first() else { return Ok(()) };
    let names: Vec<_> = conflicts.iter().take(20).map(|conflict| conflict.path.as_str()).collect();
    let more = if conflicts.len() > names.len() { format!(" and {} more", conflicts.len() - names.len()) } else { String::new() };
    let found = match conflicts.len() {
        1 => first.found.clone(),
        n => format!("{n} files are there with other bytes: {}{more}", names.join(", ")),
    };
    Err(Error::new(Family::Conflict, store.url_of(&first.path), found, "")
        .hint("publish elsewhere, or replace what is there with `--overwrite true`"))
}
