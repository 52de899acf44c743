use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use swath_store::{Entry, Store};

use super::decide::read_build;
use super::manifest::{MANIFEST, Manifest};
use super::plan::{PublishPlan, Replace, Trust};
use super::remote::Remote;
use super::run::is_there;
use crate::{Error, Family, Result};

/// A plan in a file, to be looked at, approved, and executed later. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The layout of this document.
    pub swath_publish_plan: u32,
    /// When it was made, RFC 3339.
    pub saved: String,
    pub plan: PublishPlan,
}

const VERSION: u32 = 1;

impl SavedPlan {
    /// Writes a plan to a new file.
    ///
    /// # Errors
    /// Conflict where the file exists; Disk.
    pub fn write(plan: &PublishPlan, file: &Path) -> Result<()> {
        let shown = file.display().to_string();
        let failed = |e: std::io::Error| Error::file(file, &e);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let saved = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let document = Self { swath_publish_plan: VERSION, saved, plan: plan.clone() };
        let text = serde_json::to_vec_pretty(&document).map_err(|e| Error::misuse(&shown, e.to_string(), ""))?;
        let mut part = tempfile::Builder::new().prefix(".swath-plan-").tempfile_in(folder).map_err(failed)?;
        part.write_all(&text).map_err(failed)?;
        match part.persist_noclobber(file) {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(Error::new(Family::Conflict, shown, "exists already", "a new file").hint("name another file, or remove this one"))
            }
            Err(e) => Err(failed(e.error)),
        }
    }
    /// # Errors
    /// Absent or Disk; Damaged where the file is no plan; Unsupported for one of another version.
    pub fn read(file: &Path) -> Result<PublishPlan> {
        let shown = file.display().to_string();
        let wrong = |found: String| Error::new(Family::Damaged, &shown, found, "a plan that `swath publish --out` wrote is expected");
        let text = std::fs::read(file).map_err(|e| Error::file(file, &e))?;
        let value: serde_json::Value = serde_json::from_slice(&text).map_err(|e| wrong(format!("is no JSON: {e}")))?;
        match value.get("swath_publish_plan").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                let found = format!("is a plan of version {version}");
                return Err(Error::new(Family::Unsupported, &shown, found, format!("this swath executes version {VERSION}"))
                    .hint("make it again with `swath publish --out`"));
            }
            None => return Err(wrong("is no plan".into())),
        }
        let document: Self = serde_json::from_value(value).map_err(|e| wrong(format!("is no plan: {e}")))?;
        Ok(document.plan)
    }
}

/// Makes sure that a plan still is what publishing would do: that the manifest, the objects it looked at and the files of the build
/// are what they were. What a run of this very plan has done already is no move.
///
/// # Errors
/// Conflict, saying what moved; as [`plan_for`](super::plan_for).
pub async fn moved(plan: &PublishPlan, store: &Store) -> Result<()> {
    store.may_write()?;
    hold(plan, store).await
}

pub(super) async fn hold<R: Remote>(plan: &PublishPlan, remote: &R) -> Result<()> {
    if remote.url() != plan.to {
        return Err(Error::misuse(remote.url(), "is not the place of the plan", format!("the plan is for {}", plan.to)));
    }
    let there: HashMap<String, Entry> = remote.list().await?.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
    let mut moves = manifest(plan, &there, remote).await?.into_iter().collect::<Vec<_>>();
    if moves.is_empty() {
        moves.extend(objects(plan, &there, remote).await?);
    }
    moves.extend(files(plan).await?);
    let Some(first) = moves.first() else { return Ok(()) };
    let more = if moves.len() > 1 { format!(", and {} more changes", moves.len() - 1) } else { String::new() };
    Err(Error::new(Family::Conflict, &plan.to, format!("the world has moved since the plan was made: {first}{more}"), "")
        .hint("nothing was sent; make the plan again with `swath publish --out`"))
}

async fn manifest<R: Remote>(plan: &PublishPlan, there: &HashMap<String, Entry>, remote: &R) -> Result<Option<String>> {
    let Some(commit) = &plan.commit else { return Ok(None) };
    let etag = there.get(MANIFEST).map(|entry| entry.etag.clone());
    let is_same = match (&commit.replace, etag) {
        (Replace::Nothing, None) | (Replace::Anything, Some(_)) => true,
        (Replace::Version(right) | Replace::Same(right), Some(Some(found))) => *right == found,
        _ => false,
    };
    if is_same {
        return Ok(None);
    }
    let planned = commit.parent.map_or("no publication was there".to_owned(), |parent| format!("generation {parent} was there"));
    Ok(Some(match Manifest::read_from(remote).await? {
        Some((manifest, _)) => format!("{planned}, now generation {} of {} is", manifest.generation, manifest.published),
        None => format!("{planned}, now none is"),
    }))
}

async fn objects<R: Remote>(plan: &PublishPlan, there: &HashMap<String, Entry>, remote: &R) -> Result<Vec<String>> {
    let mut moves = Vec::new();
    for file in &plan.present {
        match there.get(&file.path) {
            None => moves.push(format!("{} is not there any more", file.path)),
            Some(entry) if entry.etag != file.etag => moves.push(format!("{} was written anew", file.path)),
            Some(_) => {}
        }
    }
    for upload in &plan.uploads {
        let entry = there.get(&upload.path);
        let found = match (&upload.replace, entry) {
            (Replace::Nothing, None) | (Replace::Anything, Some(_)) => continue,
            (Replace::Version(right) | Replace::Same(right), Some(entry)) if entry.etag.as_ref() == Some(right) => continue,
            (Replace::Nothing, Some(_)) => "is there now",
            (_, None) => "is not there any more",
            _ => "was written anew",
        };
        let is_done = entry.is_some() && is_there(upload, &plan.build.join(&upload.path), remote).await?.is_some();
        if !is_done {
            moves.push(format!("{} {found}", upload.path));
        }
    }
    Ok(moves)
}

async fn files(plan: &PublishPlan) -> Result<Vec<String>> {
    let scan = read_build(&plan.build, Trust::Remembered).await?;
    let mut before = plan.seen.files.clone();
    let mut moves = Vec::new();
    for file in scan.files {
        match before.remove(&file.path) {
            None => moves.push(format!("{} is new in the build", file.path)),
            Some(mark) if mark.sha256 != file.sha256 => moves.push(format!("{} of the build has changed", file.path)),
            Some(_) => {}
        }
    }
    moves.extend(before.into_keys().map(|path| format!("{path} is not in the build any more")));
    Ok(moves)
}
