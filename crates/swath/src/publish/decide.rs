use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use futures::{StreamExt, TryStreamExt, stream};
use swath_store::{Entry, Store};

use super::files::{BuildFile, Kind, Scan, rank, scan};
use super::manifest::{Manifest, Published};
use super::merge::{self, Merge, Shared};
use super::owner::{ROOTS, another};
use super::plan::{Commit, Conflict, Example, Merged, Others, Overwrite, Present, PublishPlan, Replace, Request, Seen, Trust, Upload};
use super::record::{Mark, Record};
use super::remote::Remote;
use super::run::AT_ONCE;
use super::world::World;
use super::{digest, gone};
use crate::{Error, Result};

/// Compares a build with what is published, by reading both; writes nothing. What others published stays.
///
/// # Errors
/// As [`plan_for`].
pub async fn plan(build: &Path, store: &Store, overwrite: Overwrite) -> Result<PublishPlan> {
    plan_for(&Request { overwrite, ..Request::new(build) }, store).await
}

/// Compares a build with what is published, by reading both; writes nothing.
///
/// # Errors
/// Misuse where there is no build, or the target lies inside it; Damaged where a document holds a token, a file is not what
/// its item says, or the manifest cannot be understood; Refused (without credentials, before anything is sent), Unreachable, Disk.
pub async fn plan_for(request: &Request, store: &Store) -> Result<PublishPlan> {
    apart(&request.build, store)?;
    store.may_write()?;
    draw(request, read_build(&request.build, request.trust).await?, store).await
}

pub(super) async fn read_build(build: &Path, trust: Trust) -> Result<Scan> {
    let folder = build.to_path_buf();
    let scanned = tokio::task::spawn_blocking(move || scan(&folder, trust));
    scanned.await.map_err(|e| Error::new(crate::Family::Disk, build.display().to_string(), e.to_string(), ""))?
}

/// Plans against a place as it is now.
pub(super) async fn draw<R: Remote>(request: &Request, scan: Scan, remote: &R) -> Result<PublishPlan> {
    let Scan { files, catalog, first, described, .. } = scan;
    let world = World::read(remote).await?;
    let record = Record::load(&request.build, &remote.url());
    let publisher = record.as_ref().map_or_else(|| Record::new("").publisher, |record| record.publisher.clone());
    let files: BTreeMap<String, BuildFile> = files.into_iter().map(|file| (file.path.clone(), file)).collect();
    let same = same(&files, &world, &request.build, remote).await?;
    let is_ours = |root: &str| same.contains(root) || files.get(root).is_some_and(|file| file.kind != Kind::Root);
    let roots: Vec<&str> = ROOTS.into_iter().filter(|root| world.entry(root).is_some() && !is_ours(root)).collect();
    let another = another(catalog.as_deref(), &roots, world.manifest.as_ref(), remote).await?;

    let marks = files.values().map(|f| (f.path.clone(), Mark { kind: f.kind, sha256: f.sha256.clone() })).collect();
    let seen = Seen { publisher: publisher.clone(), files: marks, described, kept: 0 };
    let mut draft =
        Draft { request, remote, world, record, publisher, files, same, is_another: another.is_some(), plan: empty(request, remote) };
    draft.plan.seen = seen;
    draft.plan.example = first.as_ref().and_then(Example::of);
    draft.fill(catalog).await?;
    let Draft { mut plan, .. } = draft;
    if let Some(conflict) = another {
        // What belongs to another catalog is not ours to prune, not even when its root may be replaced.
        plan.retired.clear();
        if request.overwrite != Overwrite::Always {
            plan.conflicts = vec![conflict];
        }
    }
    Ok(plan)
}

fn empty(request: &Request, remote: &impl Remote) -> PublishPlan {
    PublishPlan {
        build: request.build.clone(),
        to: remote.url(),
        uploads: Vec::new(),
        present: Vec::new(),
        conflicts: Vec::new(),
        retired: BTreeMap::new(),
        commit: None,
        example: None,
        seen: Seen::default(),
        notes: Vec::new(),
    }
}

/// Builds that one object is known to be in, at most: those without a record count anew each time.
const MOST_OWNERS: usize = 16;

/// A plan in the making.
struct Draft<'a, R> {
    request: &'a Request,
    remote: &'a R,
    world: World,
    record: Option<Record>,
    publisher: String,
    files: BTreeMap<String, BuildFile>,
    /// Files whose bytes are there.
    same: BTreeSet<String>,
    is_another: bool,
    plan: PublishPlan,
}

impl<R: Remote> Draft<'_, R> {
    async fn fill(&mut self, catalog: Option<String>) -> Result<()> {
        let alone = self.is_another || self.request.others == Others::Retire;
        let gone = match (alone, &self.record) {
            (false, None) => BTreeSet::new(),
            (false, Some(record)) => gone::of_build(record, &self.publisher, &self.files, &self.world, self.remote).await?,
            (true, _) => gone::of_all(&self.files, &self.world),
        };
        let named = self.world.manifest.as_ref().map(|manifest| manifest.objects.clone()).unwrap_or_default();
        let mut kept = named;
        kept.retain(|path, _| !self.files.contains_key(path) && !gone.contains(path));

        let mut theirs = BTreeMap::new();
        let own: Vec<BuildFile> = self.files.values().filter(|file| !file.kind.is_shared()).cloned().collect();
        for file in &own {
            theirs.extend(self.sort_in(file).await?.map(|there| (file.path.clone(), there)));
        }
        let merge = if alone || self.is_quiet(&kept, &theirs) {
            Merge { dropped: gone.iter().filter(|path| self.world.named(path).is_some()).cloned().collect(), ..Merge::default() }
        } else {
            self.merge(&gone, &kept, &theirs).await?
        };
        self.share(&merge);
        let depth = |upload: &Upload| (rank(upload.kind, &upload.path), upload.path.clone());
        self.plan.uploads.sort_by_key(depth);
        self.plan.present.sort_by(|a, b| a.path.cmp(&b.path));
        self.tell(&kept, &theirs, merge.notes.clone());
        let objects = self.objects(kept, &merge, &theirs);
        self.plan.retired = gone::retired(&self.world, &objects, &gone, &merge.dropped);
        self.commit(catalog, objects);
        Ok(())
    }

    async fn merge(
        &self,
        gone: &BTreeSet<String>,
        kept: &BTreeMap<String, Published>,
        theirs: &BTreeMap<String, Published>,
    ) -> Result<Merge> {
        let desk = merge::Desk {
            remote: self.remote,
            build: &self.request.build,
            files: &self.files,
            world: &self.world,
            record: self.record.as_ref(),
            publisher: &self.publisher,
            gone,
            kept,
            theirs,
        };
        merge::merge(&desk).await
    }

    /// Whether nobody but this build has a word in the documents that publishers share: then they are as built.
    fn is_quiet(&self, kept: &BTreeMap<String, Published>, theirs: &BTreeMap<String, Published>) -> bool {
        let is_ours = |file: &BuildFile| {
            let Some(known) = self.world.known(&file.path) else { return self.world.entry(&file.path).is_none() };
            self.record.as_ref().map_or(known.by.is_empty(), |record| record.knows(&file.path, &known.sha256))
        };
        let shared = || self.files.values().filter(|file| file.kind.is_shared());
        kept.is_empty() && theirs.is_empty() && shared().all(|file| self.same.contains(&file.path) || is_ours(file))
    }

    /// What becomes of a file that is no shared document; what is there instead, where somebody else changed it and the build did not.
    async fn sort_in(&mut self, file: &BuildFile) -> Result<Option<Published>> {
        let Some(entry) = self.world.entry(&file.path) else { return Ok(self.upload(file, Replace::Nothing)) };
        let etag = entry.etag.clone();
        if self.same.contains(&file.path) {
            let unused = self.world.named(&file.path).is_none() && self.is_retired(&file.path);
            return Ok(match etag.clone().filter(|_| unused && self.request.overwrite != Overwrite::Never) {
                Some(etag) => self.upload(file, Replace::Same(etag)),
                None => self.present(file, etag),
            });
        }
        let size = entry.size;
        match self.request.overwrite {
            Overwrite::Always => return Ok(self.upload(file, Replace::version(etag))),
            Overwrite::IfChanged if file.kind.changes() => {}
            _ => {
                let found = format!("other bytes are there ({size} where the build has {})", file.size);
                return Ok(self.conflict(file, found, "publish elsewhere, or replace what is there with `--overwrite true`"));
            }
        }
        if self.request.others == Others::Retire || self.is_another {
            return Ok(self.upload(file, Replace::version(etag)));
        }
        let there = self.world.sha256(&file.path, self.remote).await?.unwrap_or_default();
        let last = self.record.as_ref().and_then(|record| record.published.get(&file.path));
        if self.record.as_ref().is_some_and(|record| record.knows(&file.path, &there)) {
            return Ok(self.upload(file, Replace::version(etag)));
        }
        if last.is_some_and(|last| last.sha256 == file.sha256) {
            return Ok(Some(Published { size, sha256: there, etag, kind: Some(file.kind), by: BTreeSet::new() }));
        }
        Ok(match last {
            Some(_) => self.conflict(
                file,
                "both this build and another publisher changed it since this build was last published here".into(),
                "take their version into the build, or replace it with `--overwrite true`",
            ),
            None => self.conflict(
                file,
                "another version is there, which this build did not publish".into(),
                "`--mirror` makes what is published exactly this build; `--overwrite true` replaces what differs and keeps the rest",
            ),
        })
    }

    fn is_retired(&self, path: &str) -> bool {
        self.world.manifest.as_ref().is_some_and(|manifest| manifest.retired.contains_key(path))
    }

    fn upload(&mut self, file: &BuildFile, replace: Replace) -> Option<Published> {
        let BuildFile { path, kind, size, sha256, crc64 } = file.clone();
        self.plan.uploads.push(Upload { path, kind, size, sha256, crc64, replace, merged: None });
        None
    }

    fn present(&mut self, file: &BuildFile, etag: Option<String>) -> Option<Published> {
        self.plan.present.push(Present { path: file.path.clone(), size: file.size, sha256: file.sha256.clone(), etag });
        None
    }

    fn conflict(&mut self, file: &BuildFile, found: String, hint: &str) -> Option<Published> {
        self.plan.conflicts.push(Conflict { path: file.path.clone(), found, hint: hint.to_owned() });
        None
    }

    /// Plans the documents that publishers share: those that were merged, and those of the build as they stand.
    fn share(&mut self, merge: &Merge) {
        for shared in &merge.shared {
            self.share_one(shared);
        }
        let done: HashSet<&str> = merge.shared.iter().map(|shared| shared.path.as_str()).collect();
        let rest = self.files.values().filter(|file| file.kind.is_shared() && !done.contains(file.path.as_str())).cloned();
        for file in rest.collect::<Vec<_>>() {
            let entry = self.world.entry(&file.path).cloned();
            match entry {
                None => drop(self.upload(&file, Replace::Nothing)),
                Some(Entry { etag, .. }) if self.same.contains(&file.path) => drop(self.present(&file, etag)),
                Some(Entry { etag, .. }) => self.replace_shared(&file, etag, None),
            }
        }
    }

    fn share_one(&mut self, shared: &Shared) {
        let built = self.files.get(&shared.path).cloned();
        let file = match (&shared.body, built) {
            (Some(body), _) => {
                let (size, sha256) = (body.len() as u64, digest::of_bytes(body));
                BuildFile { path: shared.path.clone(), kind: shared.kind, size, sha256, crc64: None }
            }
            (None, Some(file)) => file,
            (None, None) => return,
        };
        match &shared.found {
            Some(found) if found.sha256 == file.sha256 => match found.etag.clone().filter(|_| self.enters(file.kind)) {
                None => drop(self.present(&file, found.etag.clone())),
                Some(etag) => {
                    self.upload(&file, Replace::Same(etag));
                    self.merged(shared.body.as_deref());
                }
            },
            Some(found) => self.replace_shared(&file, found.etag.clone(), shared.body.as_deref()),
            None => {
                self.upload(&file, Replace::Nothing);
                self.merged(shared.body.as_deref());
            }
        }
    }

    /// Whether the build has a collection that was others' alone till now. Whoever is about to drop it would not see that from the
    /// documents above it, so they are written once more, and the one who comes later finds another version.
    fn enters(&self, kind: Kind) -> bool {
        let is_foreign = |file: &BuildFile| {
            self.world.named(&file.path).is_some_and(|named| !named.by.is_empty() && !named.by.contains(&self.publisher))
        };
        let collections = || self.files.values().filter(|file| file.kind == Kind::Collection);
        matches!(kind, Kind::Root | Kind::Collection) && self.request.overwrite != Overwrite::Never && collections().any(is_foreign)
    }

    fn replace_shared(&mut self, file: &BuildFile, etag: Option<String>, body: Option<&[u8]>) {
        if self.request.overwrite == Overwrite::Never {
            self.conflict(
                file,
                "another version is there".into(),
                "leave `--overwrite false` away: shared documents must change to show new items",
            );
            return;
        }
        self.upload(file, Replace::version(etag));
        self.merged(body);
    }

    fn merged(&mut self, body: Option<&[u8]>) {
        if let Some(upload) = self.plan.uploads.last_mut() {
            upload.merged = body.map(Merged::of);
        }
    }

    fn tell(&mut self, kept: &BTreeMap<String, Published>, theirs: &BTreeMap<String, Published>, notes: Vec<String>) {
        self.plan.seen.kept = kept.len();
        if self.record.is_none() && !kept.is_empty() {
            self.plan.notes.push(format!(
                "this build has no record of being published here: {} that it lacks stay, as others' (`--mirror` retires them)",
                count(kept.len(), "object")
            ));
        }
        if let Some(first) = theirs.keys().next() {
            let more = if theirs.len() > 1 { format!(" and {} more", theirs.len() - 1) } else { String::new() };
            self.plan.notes.push(format!("stay as another publisher changed them: {first}{more}"));
        }
        self.plan.notes.extend(notes);
    }

    /// All that the next manifest names.
    fn objects(
        &self,
        kept: BTreeMap<String, Published>,
        merge: &Merge,
        theirs: &BTreeMap<String, Published>,
    ) -> BTreeMap<String, Published> {
        let alone = self.is_another || self.request.others == Others::Retire;
        let mut objects = if alone { BTreeMap::new() } else { kept };
        objects.retain(|path, _| !merge.dropped.contains(path));
        for published in objects.values_mut() {
            published.by.remove(&self.publisher);
        }
        objects.extend(merge.adopted.iter().map(|(path, published)| (path.clone(), published.clone())));
        let by = |path: &str| {
            let mut by = self.world.named(path).filter(|_| !alone).map(|published| published.by.clone()).unwrap_or_default();
            by.remove(&self.publisher);
            // Where that many builds have come by, nobody can be alone with it any more.
            by.extend((self.files.contains_key(path) && by.len() < MOST_OWNERS).then(|| self.publisher.clone()));
            by
        };
        let present = self.plan.present.iter().map(|file| (&file.path, file.size, &file.sha256, file.etag.clone()));
        let due = self.plan.uploads.iter().map(|file| (&file.path, file.size, &file.sha256, None));
        let kinds: BTreeMap<&str, Kind> = merge.shared.iter().map(|shared| (shared.path.as_str(), shared.kind)).collect();
        for (path, size, sha256, etag) in present.chain(due) {
            let kind = self.files.get(path).map(|file| file.kind).or_else(|| kinds.get(path.as_str()).copied());
            objects.insert(path.clone(), Published { size, sha256: sha256.clone(), etag, kind, by: by(path) });
        }
        objects.extend(theirs.iter().map(|(path, there)| (path.clone(), Published { by: by(path), ..there.clone() })));
        objects
    }

    /// What is relied on, is named, and could be taken back by those who alone have it.
    fn claims(&self) -> Vec<String> {
        if self.is_another || self.plan.uploads.is_empty() {
            return Vec::new();
        }
        let is_foreign = |path: &&String| {
            self.world.named(path).is_some_and(|named| !named.by.contains(&self.publisher) && named.by.len() < MOST_OWNERS)
        };
        self.plan.present.iter().map(|file| &file.path).filter(is_foreign).cloned().collect()
    }

    /// The manifest that is due, if anything is.
    fn commit(&mut self, catalog: Option<String>, objects: BTreeMap<String, Published>) {
        let known = self.world.manifest.as_ref();
        if self.is_another || !self.plan.uploads.is_empty() || known.is_none_or(|manifest| !manifest.names_the_same(&objects)) {
            let next = Manifest::after(known);
            let replace = if known.is_some() { Replace::version(self.world.etag.clone()) } else { Replace::Nothing };
            let claims = self.claims();
            self.plan.commit = Some(Commit { generation: next.generation, parent: next.parent, catalog, replace, objects, claims });
        }
    }
}

/// The files of a build whose very bytes are there.
async fn same<R: Remote>(files: &BTreeMap<String, BuildFile>, world: &World, build: &Path, remote: &R) -> Result<BTreeSet<String>> {
    let compare = async |file: &BuildFile| {
        let Some(entry) = world.entry(&file.path).filter(|entry| entry.size == file.size) else { return Ok::<_, Error>(None) };
        let is_same = match world.known(&file.path) {
            Some(published) => published.sha256 == file.sha256,
            None => remote.holds(entry, &build.join(&file.path)).await?,
        };
        Ok(is_same.then(|| file.path.clone()))
    };
    let compared: Vec<Option<String>> = stream::iter(files.values().map(compare)).buffered(AT_ONCE).try_collect().await?;
    Ok(compared.into_iter().flatten().collect())
}

fn count(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Refuses to publish a build into itself.
pub(super) fn apart(build: &Path, store: &Store) -> Result<()> {
    let absolute = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    let Some((build, target)) = store.folder().and_then(|target| Some((absolute(build)?, absolute(&target)?))) else { return Ok(()) };
    if target.starts_with(&build) || build.starts_with(&target) {
        return Err(Error::misuse(target.display().to_string(), "lies in the build, or the build in it", "a folder apart from the build"));
    }
    Ok(())
}
