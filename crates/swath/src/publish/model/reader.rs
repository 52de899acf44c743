use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde_json::Value;
use swath_stac::layout::join;

use super::place::Place;
use crate::publish::digest;
use crate::publish::manifest::{MANIFEST, Manifest};

/// Walks the place from its root as any reader does: every link and every asset must be there, whole, and so must be whatever a
/// publisher was told is published.
pub fn judge(place: &Place) {
    let objects = place.objects.borrow();
    let mut seen = BTreeSet::new();
    let mut due = vec!["collection.json".to_owned()];
    if !objects.contains_key("collection.json") {
        due.clear();
    }
    while let Some(path) = due.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let Some((bytes, _)) = objects.get(&path) else { panic!("a link leads to {path}, which is not there") };
        let document: Value = serde_json::from_slice(bytes).unwrap();
        let inside = |link: &&Value| !link["href"].as_str().unwrap().contains("://");
        for link in document["links"].as_array().unwrap().iter().filter(inside) {
            let target = join(&path, link["href"].as_str().unwrap()).unwrap();
            assert!(objects.contains_key(&target), "{path} leads to {target}, which is not there");
            if matches!(link["rel"].as_str(), Some("item" | "child")) {
                due.push(target);
            }
        }
        for asset in document["assets"].as_object().into_iter().flat_map(|assets| assets.values()) {
            let target = join(&path, asset["href"].as_str().unwrap()).unwrap();
            let Some((bytes, _)) = objects.get(&target) else { panic!("{path} names the asset {target}, which is not there") };
            if let Some(sum) = asset["file:checksum"].as_str() {
                assert_eq!(format!("1220{}", digest::of_bytes(bytes)), sum, "{target} is not what {path} says");
            }
        }
    }
    for (path, (bytes, _)) in objects.iter().filter(|(path, _)| path.ends_with(".parquet")) {
        for row in swath_stac::geoparquet::read(bytes.clone()).unwrap() {
            for asset in row.assets.values() {
                let target = join(path, &asset.href).unwrap();
                assert!(objects.contains_key(&target), "a row of {path} names the asset {target}, which is not there");
            }
        }
    }
    for (who, items) in place.promised.borrow().iter() {
        let lost: Vec<&String> = items.iter().filter(|item| !seen.contains(*item)).collect();
        assert!(lost.is_empty(), "publisher {who} was told that {lost:?} are published, and nobody can see them");
    }
}

/// Generations follow one another, each with one winner, and name nothing that is not there.
pub fn judge_write(place: &Place, path: &str, bytes: &Bytes) {
    if path != MANIFEST {
        return;
    }
    let objects = place.objects.borrow();
    let read = |bytes: &Bytes| serde_json::from_slice::<Manifest>(bytes).unwrap();
    let before = objects.get(MANIFEST).map(|(bytes, _)| read(bytes).generation);
    let manifest = read(bytes);
    assert_eq!((manifest.parent, manifest.generation), (before, before.unwrap_or(0) + 1), "one winner per generation");
    for (named, published) in manifest.objects.iter().filter(|(path, _)| path.ends_with(".tif")) {
        let there = objects.get(named).map(|(bytes, _)| digest::of_bytes(bytes));
        assert_eq!(there.as_ref(), Some(&published.sha256), "the manifest names {named}");
    }
    let both: Vec<_> = manifest.retired.keys().filter(|path| manifest.objects.contains_key(*path)).collect();
    assert!(both.is_empty(), "named and retired: {both:?}");
}

/// At rest: all that `swath check` finds wrong, and what the manifest says of what is there.
pub fn judge_whole(place: &Place) {
    judge(place);
    let objects = place.objects.borrow();
    let mut documents = BTreeMap::new();
    let mut tables = BTreeMap::new();
    for (path, (bytes, _)) in objects.iter() {
        if path.ends_with(".parquet") {
            tables.insert(path.clone(), bytes.clone());
        } else if path.ends_with(".json") && path != MANIFEST && path != "styles.json" {
            documents.insert(path.clone(), String::from_utf8(bytes.to_vec()).unwrap());
        }
    }
    let exists = |path: &str| objects.contains_key(path);
    let findings = swath_stac::check::tree(&swath_stac::check::Tree { documents: &documents, tables: &tables, exists: &exists });
    // Items that were taken back stay until they are pruned.
    let wrong: Vec<_> = findings.iter().filter(|finding| finding.rule != "STAC-ORPHAN").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// At rest: every object that the manifest names is there with that checksum.
pub fn judge_manifest(place: &Place) {
    let objects = place.objects.borrow();
    let Some((bytes, _)) = objects.get(MANIFEST) else { panic!("no manifest") };
    let manifest: Manifest = serde_json::from_slice(bytes).unwrap();
    for (path, published) in &manifest.objects {
        let there = objects.get(path).map(|(bytes, _)| digest::of_bytes(bytes));
        assert_eq!(there.as_ref(), Some(&published.sha256), "the manifest names {path}");
    }
}
