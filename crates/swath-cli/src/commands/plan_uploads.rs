//! The uploads that `plan` tells of: what publishing the build would send now.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use swath::plan_file::PlanFile;
use swath::publish::{self, Kind, Overwrite, PublishPlan, Replace};
use swath::store::Store;

use crate::access::Access;
use crate::progress::size;
use crate::runtime::block_on;
use crate::table::few;
use crate::talk::Talk;

/// Whether to look at what is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Remote,
    Offline,
}

/// What publishing would send, as far as it could be looked at.
pub enum Uploads {
    /// The plan names no place, and nothing was published beside it.
    NoTarget,
    /// All of it, once there is a build.
    Unbuilt {
        to: String,
    },
    Unseen {
        to: String,
        why: String,
        hint: Option<String>,
    },
    Seen(Box<PublishPlan>),
}

/// Looks at the plan's place, or at `published/` where a publication lies there.
pub fn look(plan: &PlanFile, folder: &Path, build: &Path, how: Look, access: &Access) -> Uploads {
    let Some(to) = target(plan, folder) else { return Uploads::NoTarget };
    if !["collection.json", "catalog.json"].iter().any(|root| build.join(root).is_file()) {
        return Uploads::Unbuilt { to };
    }
    if how == Look::Offline && to.contains("://") {
        return Uploads::Unseen { to, why: "--offline".to_owned(), hint: None };
    }
    let opened = access.credentials().and_then(|credentials| Ok(Store::open(&to, &credentials)?));
    match opened.and_then(|store| block_on(publish::plan(build, &store, Overwrite::IfChanged))) {
        Ok(plan) => Uploads::Seen(Box::new(plan)),
        Err(e) => Uploads::Unseen { to, why: e.to_string(), hint: e.hint },
    }
}

fn target(plan: &PlanFile, folder: &Path) -> Option<String> {
    match &plan.publish.to {
        Some(to) if to.contains("://") => Some(to.clone()),
        Some(to) => Some(folder.join(to).display().to_string()),
        None => Some(folder.join("published")).filter(|there| there.is_dir()).map(|there| there.display().to_string()),
    }
}

impl Uploads {
    /// Whether publishing would change anything; what could not be looked at does not count.
    pub fn are_due(&self) -> bool {
        matches!(self, Self::Seen(plan) if plan.commit.is_some())
    }
    /// As lines for a person and events for a program. `unbuilt`: a build is due first.
    pub fn tell(&self, unbuilt: bool, talk: &Talk) {
        match self {
            Self::NoTarget => {}
            Self::Unbuilt { to } => {
                talk.event("uploads", json!({ "to": to, "seen": false, "why": "there is no build yet" }));
                talk.data(format!("uploads everything that is built, to {to}"));
            }
            Self::Unseen { to, why, hint } => {
                talk.event("uploads", json!({ "to": to, "seen": false, "why": why, "hint": hint }));
                talk.data(format!("uploads not looked at: {why}"));
                if let Some(hint) = hint {
                    talk.say(format!(" hint: {hint}"));
                }
            }
            Self::Seen(plan) => {
                events(plan, talk);
                lines(plan, unbuilt).iter().for_each(|line| talk.data(line));
            }
        }
    }
}

fn events(plan: &PublishPlan, talk: &Talk) {
    for upload in &plan.uploads {
        talk.event("upload", json!({ "path": upload.path, "kind": upload.kind, "size": upload.size, "why": why(&upload.replace) }));
    }
    let conflicts: Vec<Value> = plan.conflicts.iter().map(|c| json!({ "path": c.path, "found": c.found })).collect();
    let retired: u64 = plan.retired.values().map(|old| old.size).sum();
    talk.event(
        "uploads",
        json!({
            "to": plan.to, "seen": true, "files": plan.uploads.len(), "bytes": plan.bytes(), "present": plan.present.len(),
            "conflicts": conflicts, "retired": plan.retired.len(), "retired_bytes": retired,
        }),
    );
}

fn why(replace: &Replace) -> &'static str {
    if *replace == Replace::Nothing { "new" } else { "changed" }
}

fn lines(plan: &PublishPlan, unbuilt: bool) -> Vec<String> {
    let beyond = if unbuilt { " of the build as it is; `swath build` adds to them" } else { "" };
    let first = match (plan.uploads.len(), plan.commit.is_some()) {
        (0, false) => format!("uploads nothing: all {} are at {}", files(plan.present.len()), plan.to),
        (0, true) => format!("uploads the manifest alone: all {} are at {}", files(plan.present.len()), plan.to),
        (n, _) => format!("uploads {}, {}, to {}{beyond}", files(n), size(plan.bytes()), plan.to),
    };
    let mut lines = vec![first];
    let mut groups: BTreeMap<(Kind, &str), (usize, u64)> = BTreeMap::new();
    for upload in &plan.uploads {
        let group = groups.entry((upload.kind, why(&upload.replace))).or_default();
        *group = (group.0 + 1, group.1 + upload.size);
    }
    for ((kind, why), (count, bytes)) in groups {
        lines.push(format!("        {:<22} {:>9}  {why}", counted(count, kind), size(bytes)));
    }
    if !plan.conflicts.is_empty() {
        let names: Vec<String> = plan.conflicts.iter().map(|conflict| conflict.path.clone()).collect();
        lines.push(format!("        in the way: {} ({}); nothing is sent while other bytes are there", files(names.len()), few(&names, 3)));
    }
    if !plan.retired.is_empty() {
        let bytes = plan.retired.values().map(|old| old.size).sum();
        lines.push(format!(
            "        no longer named: {}, {}; `swath publish --prune` removes them",
            files(plan.retired.len()),
            size(bytes)
        ));
    }
    lines
}

fn counted(count: usize, kind: Kind) -> String {
    let (one, many) = match kind {
        Kind::Asset => ("asset", "assets"),
        Kind::Item => ("item", "items"),
        Kind::Collection => ("collection", "collections"),
        Kind::Root => ("root", "roots"),
        _ => ("table or list", "tables and lists"),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
