use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};
use swath_store::{Container, Content, Family as StoreFamily, LocalFile, Put, Store};

use super::digest;
use super::files::{Kind, rank};
use super::manifest::{MANIFEST, Manifest, Published};
use super::owner::ROOTS;
use super::plan::{Commit, Conflict, PublishPlan, Replace, Upload};
use super::record::Record;
use super::remote::Remote;
use super::report::{PublishReport, Watch};
use super::tally::Tally;
use crate::{Error, Family, Result};

/// How many objects are read or compared at once.
pub(super) const AT_ONCE: usize = 16;

/// How many files are on their way at once. What they hold in memory is bounded by the store.
const SENT_AT_ONCE: usize = 64;

/// Uploads what a plan lists: each kind only after the kinds before it are all there, the manifest last.
///
/// # Errors
/// Conflict where other bytes are under a name, named in full, before anything that readers see has changed, and where somebody
/// else committed first; Refused, Unreachable, Disk naming the file. What was uploaded stays, and running again resumes.
pub async fn run(plan: &PublishPlan, store: &Store, watch: &dyn Watch) -> Result<PublishReport> {
    execute(plan, store, watch, &Tally::default()).await
}

pub(super) async fn execute<R: Remote>(plan: &PublishPlan, remote: &R, watch: &dyn Watch, tally: &Tally) -> Result<PublishReport> {
    if remote.url() != plan.to {
        return Err(Error::misuse(remote.url(), "is not the place of the plan", format!("the plan is for {}", plan.to)));
    }
    refuse(&plan.conflicts, remote)?;
    let mut record = Record::load(&plan.build, &plan.to).unwrap_or_else(|| Record::new(&plan.to));
    record.publisher.clone_from(&plan.seen.publisher);
    let Some(commit) = &plan.commit else {
        return Ok(PublishReport { forgotten: remember(record, plan), ..tally.report(plan, root(plan, remote)) });
    };
    // Whatever is killed from here on: what of it came to be visible is known as this build's.
    record.attempt(&plan.seen.files);
    let unwritten = record.save(&plan.build).err();
    if remote.ensure_container().await? == Container::Created {
        tally.created_container();
    }

    let commit = &claim(commit, &plan.seen.publisher, remote, tally).await?;
    let mut objects = commit.objects.clone();
    for wave in plan.uploads.chunk_by(|a, b| rank(a.kind, &a.path) == rank(b.kind, &b.path)) {
        for (upload, etag) in wave.iter().zip(send_all(wave, plan, remote, watch, tally).await?) {
            objects.entry(upload.path.clone()).and_modify(|published| published.etag = etag);
        }
    }
    tally.committed(seal(commit, objects, plan.retired.clone(), remote).await?.0);
    let forgotten = unwritten.map(|e| e.to_string()).or_else(|| remember(record, plan));
    Ok(PublishReport { forgotten, ..tally.report(plan, root(plan, remote)) })
}

/// Commits, before anything else, that objects which others alone had are this build's too: whoever is taking them back has lost
/// then. The commit that is due after that.
async fn claim<R: Remote>(commit: &Commit, publisher: &str, remote: &R, tally: &Tally) -> Result<Commit> {
    let due = commit.clone();
    if commit.claims.is_empty() {
        return Ok(due);
    }
    let Some((mut manifest, etag)) =
        Manifest::read_from(remote).await?.filter(|(_, etag)| Replace::version(etag.clone()) == commit.replace)
    else {
        return Err(overtaken(remote.url_of(MANIFEST)));
    };
    for path in &commit.claims {
        manifest.objects.entry(path.clone()).and_modify(|published| {
            published.by.insert(publisher.to_owned());
        });
    }
    let first = Commit { replace: Replace::version(etag), ..due.clone() };
    let (claimed, etag) = seal(&first, manifest.objects, manifest.retired, remote).await?;
    tally.committed(claimed);
    let generation = commit.generation.saturating_add(1);
    Ok(Commit { generation, parent: Some(commit.generation), replace: Replace::version(etag), ..due })
}

fn overtaken(at: String) -> Error {
    Error::new(Family::Conflict, at, "somebody else published here at the same time", "").hint("run `swath publish` again")
}

/// Writes down what is published now; why that could not be done.
fn remember(mut record: Record, plan: &PublishPlan) -> Option<String> {
    let before = record.clone();
    record.published.clone_from(&plan.seen.files);
    record.described.clone_from(&plan.seen.described);
    record.attempted.clear();
    if record == before {
        return None;
    }
    record.save(&plan.build).err().map(|e| e.to_string())
}

/// Sends files of one rank, many at once; their ETags in order. A conflict does not stop the others, any
/// other failure does.
async fn send_all<R: Remote>(
    wave: &[Upload],
    plan: &PublishPlan,
    remote: &R,
    watch: &dyn Watch,
    tally: &Tally,
) -> Result<Vec<Option<String>>> {
    let conflicts = Mutex::new(Vec::new());
    let one = async |(number, upload): (usize, &Upload)| match send(upload, &plan.build, remote, watch).await {
        // Any other conflict is with the local file, which is not what was planned.
        Err(e) if e.family == Family::Conflict && e.at == remote.url_of(&upload.path) => {
            let conflict = Conflict { path: upload.path.clone(), found: e.found, hint: e.hint.unwrap_or_default() };
            conflicts.lock().unwrap_or_else(PoisonError::into_inner).push(conflict);
            Ok((number, None))
        }
        Ok(etag) => {
            tally.sent(upload);
            watch.uploaded(&upload.path);
            Ok((number, etag))
        }
        Err(e) => Err(e),
    };
    let mut etags: Vec<(usize, Option<String>)> =
        stream::iter(wave.iter().enumerate().map(one)).buffer_unordered(SENT_AT_ONCE).try_collect().await?;
    etags.sort_by_key(|(number, _)| *number);
    refuse(&conflicts.into_inner().unwrap_or_else(PoisonError::into_inner), remote)?;
    Ok(etags.into_iter().map(|(_, etag)| etag).collect())
}

async fn send<R: Remote>(upload: &Upload, build: &Path, remote: &R, watch: &dyn Watch) -> Result<Option<String>> {
    let path = build.join(&upload.path);
    let etag = match write(upload, &path, &upload.replace.put(), remote, watch).await? {
        Ok(etag) => etag,
        // Somebody was faster: fine, if it is with the same bytes. They are written once more, as this build's own, so that whoever
        // takes back and prunes what is theirs does not remove what this build is about to name.
        Err(taken) => match is_there(upload, &path, remote).await? {
            None => return Err(taken.into()),
            Some(None) => None,
            Some(Some(version)) => write(upload, &path, &Put::IfMatch(version), remote, watch).await??,
        },
    };
    Ok(etag)
}

/// The version written; inside, the conflict where another version is there than was expected.
async fn write<R: Remote>(
    upload: &Upload,
    path: &Path,
    put: &Put,
    remote: &R,
    watch: &dyn Watch,
) -> Result<std::result::Result<Option<String>, swath_store::Error>> {
    let content = upload.kind.content(&upload.path);
    let Some(sha256) = digest::parse(&upload.sha256) else {
        return Err(Error::new(Family::Damaged, &upload.path, format!("'{}' is no SHA-256", upload.sha256), "64 hexadecimal digits"));
    };
    let sent = if let Some(merged) = &upload.merged {
        let bytes = merged.bytes().filter(|bytes| digest::of_bytes(bytes) == upload.sha256);
        let changed = || Error::new(Family::Damaged, &upload.path, "changed since it was planned", "").hint("run the command again");
        let sent = remote.put(&upload.path, bytes.ok_or_else(changed)?, put, &content).await;
        watch.advance(upload.size);
        sent
    } else {
        let file = LocalFile { path, sha256: Some(sha256), crc64: upload.crc64 };
        remote.put_file(&upload.path, &file, put, &content, &|bytes| watch.advance(bytes)).await
    };
    match sent {
        Err(e) if e.family == StoreFamily::Conflict && e.at == remote.url_of(&upload.path) => Ok(Err(e)),
        sent => Ok(Ok(sent?)),
    }
}

/// The version of an object that already holds what an upload would put there; `None` where it does not.
pub(super) async fn is_there<R: Remote>(upload: &Upload, file: &Path, remote: &R) -> Result<Option<Option<String>>> {
    let absent = |e: swath_store::Error| if e.family == StoreFamily::Absent { Ok(None) } else { Err(e.into()) };
    if upload.merged.is_some() {
        let fetched = match remote.get(&upload.path).await {
            Ok(fetched) => fetched,
            Err(e) => return absent(e),
        };
        return Ok((digest::of_bytes(&fetched.bytes) == upload.sha256).then_some(fetched.etag));
    }
    let entry = match remote.head(&upload.path).await {
        Ok(entry) => entry,
        Err(e) => return absent(e),
    };
    Ok(remote.holds(&entry, file).await?.then_some(entry.etag))
}

/// Writes the manifest that makes a publication count; its generation and its version.
pub(super) async fn seal(
    commit: &Commit,
    objects: BTreeMap<String, Published>,
    retired: BTreeMap<String, Published>,
    remote: &impl Remote,
) -> Result<(u64, Option<String>)> {
    let (generation, parent, catalog) = (commit.generation, commit.parent, commit.catalog.clone());
    let manifest = Manifest { generation, parent, catalog, objects, retired, ..Manifest::after(None) };
    let content = Content::of(MANIFEST).cache("no-cache");
    match remote.put(MANIFEST, manifest.document()?, &commit.replace.put(), &content).await {
        Ok(etag) => Ok((manifest.generation, etag)),
        Err(e) if e.family == StoreFamily::Conflict => Err(overtaken(e.at)),
        Err(e) => Err(e.into()),
    }
}

fn root(plan: &PublishPlan, remote: &impl Remote) -> String {
    let is_root = |path: &&String| plan.seen.files.get(*path).is_some_and(|mark| mark.kind == Kind::Root);
    remote.url_of(plan.seen.files.keys().find(is_root).map_or(ROOTS[0], String::as_str))
}

pub(super) fn refuse(conflicts: &[Conflict], remote: &impl Remote) -> Result<()> {
    let Some(first) = conflicts.first() else { return Ok(()) };
    let names: Vec<_> = conflicts.iter().take(20).map(|conflict| conflict.path.as_str()).collect();
    let more = if conflicts.len() > names.len() { format!(" and {} more", conflicts.len() - names.len()) } else { String::new() };
    let found = match conflicts.len() {
        1 => first.found.clone(),
        n => format!("{n} files are there with other bytes: {}{more}", names.join(", ")),
    };
    let hint = if first.hint.is_empty() { "run `swath publish` again" } else { &first.hint };
    Err(Error::new(Family::Conflict, remote.url_of(&first.path), found, "").hint(hint))
}
