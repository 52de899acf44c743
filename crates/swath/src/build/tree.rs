//! The STAC tree of what is built.

use std::collections::BTreeSet;
use std::path::Path;

use swath_stac::facts::{CollectionFacts, ItemFacts, Provider, Source, Time};
use swath_stac::layout::{Catalog, Dataset, Document, Layout, Links, documents};
use swath_stac::{Item, collection, item};

use super::jobs::key;
use super::memory::{Memory, relative};
use super::output::{disk, write_if_changed};
use super::report::{BuildReport, DatasetReport};
use super::run::Place;
use crate::lattice::{Resolved, ResolvedDataset, ResolvedItem};
use crate::plan_file::{DatasetTable, LinkStyle, PlanFile};
use crate::{Error, Result};

/// Writes every document whose bytes differ, and drops what an earlier build wrote and nothing names now.
pub(super) fn write(plan: &PlanFile, resolved: &Resolved, place: &Place, memory: &mut Memory, report: &mut BuildReport) -> Result<()> {
    let mut named: BTreeSet<String> = BTreeSet::new();
    let written = render(plan, resolved, memory, place, report)?;
    // What a reader follows comes last, so that a kill in between leaves no broken link.
    for document in &written {
        let changed = write_if_changed(&place.unfinished(), &place.build.join(&document.path), &document.bytes)?;
        report.documents_written += usize::from(changed);
        named.insert(document.path.clone());
    }
    let stale = gone(resolved, memory, place);
    let mut loose: Vec<String> = stale.iter().filter_map(|k| memory.entries.remove(k)).map(|e| e.file).collect();
    loose.extend(std::mem::take(&mut memory.documents).into_iter().filter(|d| !named.contains(d)));
    loose.extend(std::mem::take(&mut memory.replaced));
    let kept: BTreeSet<&str> = memory.entries.values().map(|e| e.file.as_str()).collect();
    for file in loose.iter().filter(|f| !kept.contains(f.as_str())) {
        report.removed += usize::from(remove(&place.build, file)?);
    }
    memory.documents = named.into_iter().collect();
    Ok(())
}

/// Every document of what is built, as it should stand.
fn render(plan: &PlanFile, resolved: &Resolved, memory: &Memory, place: &Place, report: &mut BuildReport) -> Result<Vec<Document>> {
    let mut catalog = catalog(plan, resolved, memory, report);
    for key in kept(resolved, memory, place) {
        keep(&mut catalog, key, &place.build);
    }
    Ok(documents(&mut catalog, &layout(plan)?)?)
}

/// Assets of an earlier build that the plan no longer finds a file for.
pub(super) fn gone(resolved: &Resolved, memory: &Memory, place: &Place) -> Vec<String> {
    let found = resolved.datasets.iter().flat_map(|d| d.items.iter().flat_map(|i| i.assets.iter().map(|a| key(&d.id, &i.id, &a.variable))));
    let known: BTreeSet<String> = found.chain(kept(resolved, memory, place).map(str::to_owned)).collect();
    memory.entries.keys().filter(|k| !known.contains(*k)).cloned().collect()
}

/// Assets of an earlier build whose raw files cannot be read now: a file half copied, a disk that fails for an hour. They stay.
fn kept<'a>(resolved: &Resolved, memory: &'a Memory, place: &Place) -> impl Iterator<Item = &'a str> + use<'a> {
    let lost: BTreeSet<String> =
        resolved.datasets.iter().flat_map(|d| &d.unreadable).map(|f| relative(&f.path, &place.folder).display().to_string()).collect();
    memory.entries.iter().filter(move |(_, entry)| lost.contains(&entry.raw.source.path)).map(|(key, _)| key.as_str())
}

/// Takes an asset, or the whole item where nothing else is left of it, from the document that stands in the build.
fn keep(catalog: &mut Catalog, key: &str, build: &Path) {
    let mut parts = key.splitn(3, '/');
    let (Some(dataset), Some(id), Some(variable)) = (parts.next(), parts.next(), parts.next()) else { return };
    let Some(dataset) = catalog.datasets.iter_mut().find(|d| d.collection.id == dataset) else { return };
    let path = build.join(&dataset.collection.id).join(id).join(format!("{id}.json"));
    let text = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(mut before) = text.and_then(|value| Item::from_json(value).ok()) else { return };
    let Some(asset) = before.assets.get(variable).cloned() else { return };
    match dataset.items.iter_mut().find(|item| item.id == id) {
        Some(item) => drop(item.assets.entry(variable.to_owned()).or_insert(asset)),
        None => {
            before.assets.retain(|name, _| name == variable);
            dataset.items.push(before);
        }
    }
}

/// Documents that stand otherwise on disk, or not at all: a title was edited, an item is gone.
pub(super) fn stale(plan: &PlanFile, resolved: &Resolved, memory: &Memory, place: &Place) -> Result<Vec<String>> {
    let documents = render(plan, resolved, memory, place, &mut BuildReport::default())?;
    let differs = |d: &Document| std::fs::read(place.build.join(&d.path)).map_or(true, |bytes| bytes != d.bytes);
    let mut stale: Vec<String> = documents.iter().filter(|d| differs(d)).map(|d| d.path.clone()).collect();
    stale.extend(memory.documents.iter().filter(|known| documents.iter().all(|d| d.path != **known)).cloned());
    Ok(stale)
}

fn remove(build: &Path, file: &str) -> Result<bool> {
    let path = build.join(file);
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(disk(&path, &e)),
    }
    let mut folder = path.parent();
    while let Some(f) = folder.filter(|f| *f != build && std::fs::remove_dir(f).is_ok()) {
        folder = f.parent();
    }
    Ok(true)
}

fn layout(plan: &PlanFile) -> Result<Layout> {
    let kind = match plan.publish.links {
        LinkStyle::SelfContained => Links::SelfContained,
        LinkStyle::RelativePublished => Links::RelativePublished,
        LinkStyle::AbsolutePublished => Links::AbsolutePublished,
    };
    let refused = |e| Error::from(e).hint("set `to` in [publish], or `links = \"self-contained\"`");
    Layout::new(kind, plan.publish.to.as_deref()).map_err(refused)
}

fn catalog(plan: &PlanFile, resolved: &Resolved, memory: &Memory, report: &mut BuildReport) -> Catalog {
    let mut datasets = Vec::new();
    for table in &plan.datasets {
        let Some(found) = resolved.datasets.iter().find(|d| d.id == table.id) else { continue };
        let facts: Vec<ItemFacts> = found.items.iter().filter_map(|i| item_facts(found, i, memory, report)).collect();
        let items: Vec<_> = facts.iter().map(item::build).collect();
        let assets = facts.iter().map(|f| f.assets.len()).sum();
        report.datasets.push(DatasetReport { id: table.id.clone(), items: items.len(), assets });
        if items.is_empty() {
            continue;
        }
        let collection = collection::build(&dataset_facts(plan, table), &items);
        datasets.push(Dataset { collection, items });
    }
    let children: Vec<_> = datasets.iter().map(|d| d.collection.clone()).collect();
    Catalog { root: collection::root(&root_facts(plan), &children), datasets }
}

fn item_facts(dataset: &ResolvedDataset, item: &ResolvedItem, memory: &Memory, report: &mut BuildReport) -> Option<ItemFacts> {
    let mut assets = Vec::new();
    let mut ring: Option<(f64, Vec<(f64, f64)>)> = None;
    for asset in &item.assets {
        let Some(entry) = memory.entries.get(&key(&dataset.id, &item.id, &asset.variable)) else { continue };
        let href = entry.file.rsplit('/').next().unwrap_or(&entry.file).to_owned();
        assets.push(entry.facts.asset(asset, href));
        match (&entry.facts.ring, &entry.facts.no_ring) {
            (Some(r), _) if ring.as_ref().is_none_or(|(area, _)| span(r) > *area) => ring = Some((span(r), r.clone())),
            (None, Some(why)) => {
                let note = format!("{}: items have no place on Earth: {why}", dataset.id);
                if !report.notes.contains(&note) {
                    report.notes.push(note);
                }
            }
            _ => {}
        }
    }
    if assets.is_empty() {
        return None;
    }
    let mut properties = swath_stac::Object::new();
    if let Some(tile) = &item.tile {
        properties.insert("tile".into(), tile.as_str().into());
    }
    for (name, value) in item.fields.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str())) {
        properties.insert(name.clone(), value.as_str().into());
    }
    let time = Time { datetime: Some(item.datetime), period: item.span };
    let ring = ring.map(|(_, ring)| ring);
    Some(ItemFacts { id: item.id.clone(), collection: Some(dataset.id.clone()), title: None, ring, time, properties, assets })
}

/// Names of STAC's own that a captured field must not take.
const RESERVED: &[&str] = &[
    "id",
    "title",
    "description",
    "datetime",
    "date",
    "start_datetime",
    "end_datetime",
    "created",
    "updated",
    "license",
    "bands",
    "keywords",
    "providers",
];

/// Extent of a ring's box, in square degrees: the widest asset outlines the item.
fn span(ring: &[(f64, f64)]) -> f64 {
    let fold = |pick: fn(&(f64, f64)) -> f64| {
        let (low, high) = ring.iter().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        high - low
    };
    fold(|p| p.0) * fold(|p| p.1)
}

fn dataset_facts(plan: &PlanFile, table: &DatasetTable) -> CollectionFacts {
    let title = table.title.clone();
    let description = table.description.clone().or_else(|| title.clone()).unwrap_or_else(|| format!("Dataset {}", table.id));
    let source = table.source.as_ref();
    CollectionFacts {
        id: table.id.clone(),
        title,
        description,
        source: source.map(|s| Source { url: s.url.clone(), accessed: s.accessed.clone(), citation: s.citation.clone() }),
        ..root_facts(plan)
    }
}

fn root_facts(plan: &PlanFile) -> CollectionFacts {
    let c = &plan.catalog;
    let provider = |p: &crate::plan_file::Provider| Provider {
        name: p.name.clone(),
        description: p.description.clone(),
        roles: p.roles.clone(),
        url: p.url.clone(),
    };
    CollectionFacts {
        id: c.id.clone(),
        title: c.title.clone(),
        description: c.description.clone().or_else(|| c.title.clone()).unwrap_or_else(|| format!("Catalog {}", c.id)),
        license: c.license.clone().unwrap_or_else(|| "other".to_owned()),
        license_url: c.license_url.clone(),
        keywords: c.keywords.clone(),
        providers: c.providers.iter().map(provider).collect(),
        source: None,
    }
}
