use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::diagnosis::{Diagnosis, Topic};
use super::disk::Need;
use crate::build::{Place, due};
use crate::lattice::{Resolved, resolve};
use crate::plan_file::PlanFile;

/// What a plan says, as far as a doctor wants to know.
#[derive(Default)]
pub(super) struct Told {
    pub diagnoses: Vec<Diagnosis>,
    pub need: Need,
    /// Where it publishes: an address, or a folder.
    pub to: Option<String>,
}

/// Reads a plan and looks for its raw files.
pub(super) fn check(path: &Path) -> Told {
    let plan = match PlanFile::read(path) {
        Ok(plan) => plan,
        Err(e) => return Told { diagnoses: vec![Diagnosis::of(Topic::Plan, &e)], ..Told::default() },
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let to = plan.publish.to.as_ref().map(|to| if to.contains("://") { to.clone() } else { folder.join(to).display().to_string() });
    let shown = path.display();
    let resolved = match resolve(&plan, folder) {
        Ok(resolved) => resolved,
        Err(e) => return Told { diagnoses: vec![Diagnosis::of(Topic::Plan, &e)], to, ..Told::default() },
    };
    let items: usize = resolved.datasets.iter().map(|d| d.items.len()).sum();
    let empty: Vec<&str> = resolved.datasets.iter().filter(|d| d.items.is_empty()).map(|d| d.id.as_str()).collect();
    let unreadable: usize = resolved.datasets.iter().map(|d| d.unreadable.len()).sum();
    let mut diagnoses = vec![match (empty.is_empty(), unreadable) {
        (false, _) => Diagnosis::error(Topic::Plan, format!("{shown}: no file is found for {}", empty.join(", "))).fix("swath plan"),
        (true, 0) => Diagnosis::fine(Topic::Plan, format!("{shown}: {} in {}", counted(items), ids(&resolved))),
        (true, n) => Diagnosis::warning(Topic::Plan, format!("{shown}: {n} raw files cannot be read")).fix("swath plan"),
    }];
    let files: BTreeSet<PathBuf> = match due(&plan, &resolved, &Place::beside(path)) {
        Ok(due) => due.conversions.into_iter().map(|one| one.path).collect(),
        Err(e) => {
            diagnoses.push(Diagnosis::of(Topic::Plan, &e));
            BTreeSet::new()
        }
    };
    let sizes: Vec<u64> = files.iter().map(|file| file.metadata().map_or(0, |meta| meta.len())).collect();
    let need = Need { raw: sizes.iter().sum(), largest: sizes.iter().copied().max().unwrap_or(0) };
    Told { diagnoses, need, to }
}

fn ids(resolved: &Resolved) -> String {
    resolved.datasets.iter().map(|d| d.id.as_str()).collect::<Vec<_>>().join(", ")
}

fn counted(items: usize) -> String {
    if items == 1 { "1 item".to_owned() } else { format!("{items} items") }
}
