use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use swath_stac::facts::{AssetFacts, BandFacts, CollectionFacts, GridFacts, ItemFacts, Time};
use swath_stac::layout::{Catalog, Dataset, Layout, documents};
use swath_stac::{collection, item, time};
use tempfile::TempDir;

use crate::publish::digest;

/// What one publisher has built: items by dataset and id, each with the text of its one asset.
pub struct Build {
    project: TempDir,
    pub items: BTreeMap<(String, String), String>,
    tables: bool,
}

impl Build {
    pub fn new(tables: bool) -> Self {
        let memory = Path::new("/dev/shm");
        let project = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        Self { project, items: BTreeMap::new(), tables }
    }
    pub fn path(&self) -> PathBuf {
        self.project.path().join("build")
    }
    /// The paths of its items that nobody else takes back.
    pub fn paths(&self) -> Vec<String> {
        self.items.keys().filter(|(_, id)| id != "common2").map(|(dataset, id)| format!("{dataset}/{id}/{id}.json")).collect()
    }
    pub fn set(&mut self, dataset: &str, id: &str, text: &str) {
        self.items.insert((dataset.to_owned(), id.to_owned()), text.to_owned());
    }
    /// Writes the whole build anew.
    pub fn write(&self) {
        let _ = std::fs::remove_dir_all(self.path());
        let mut datasets: BTreeMap<&str, Vec<ItemFacts>> = BTreeMap::new();
        for ((dataset, id), text) in &self.items {
            let name = format!("{}.tif", &digest::of_bytes(text.as_bytes())[..8]);
            self.file(&format!("{dataset}/{id}/{name}"), text.as_bytes());
            datasets.entry(dataset).or_default().push(facts(dataset, id, &name, text));
        }
        let datasets = datasets.into_iter().map(|(id, facts)| {
            let items: Vec<_> = facts.iter().map(item::build).collect();
            Dataset { collection: collection::build(&described(id), &items), items }
        });
        let datasets: Vec<Dataset> = datasets.collect();
        let children: Vec<_> = datasets.iter().map(|dataset| dataset.collection.clone()).collect();
        let mut catalog = Catalog { root: collection::root(&described("root"), &children), datasets };
        for document in documents(&mut catalog, &Layout::default()).unwrap() {
            let bytes = if self.tables { document.bytes } else { without_table(&document.path, document.bytes) };
            if !document.path.ends_with(".parquet") || self.tables {
                self.file(&document.path, &bytes);
            }
        }
        self.file("styles.json", br#"{"red":1}"#);
    }
    fn file(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

fn without_table(path: &str, bytes: bytes::Bytes) -> bytes::Bytes {
    if !path.ends_with("collection.json") {
        return bytes;
    }
    let mut value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    value.as_object_mut().unwrap().remove("assets");
    value.to_string().into()
}

fn described(id: &str) -> CollectionFacts {
    CollectionFacts { id: id.into(), title: Some(format!("Maps of {id}")), license: "CC-BY-4.0".into(), ..CollectionFacts::default() }
}

fn facts(dataset: &str, id: &str, name: &str, text: &str) -> ItemFacts {
    let place = f64::from(digest::of_bytes(id.as_bytes()).bytes().map(u32::from).sum::<u32>() % 150);
    let mut sha256 = [0; 32];
    for (byte, pair) in sha256.iter_mut().zip(digest::of_bytes(text.as_bytes()).as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    }
    ItemFacts {
        id: id.into(),
        collection: Some(dataset.into()),
        ring: Some(vec![(place, 0.0), (place + 1.0, 0.0), (place + 1.0, 1.0), (place, 1.0)]),
        time: Time::at(time::parse("2020-01-01T00:00:00Z").unwrap()),
        properties: json!({ "tile": id }).as_object().unwrap().clone(),
        assets: vec![AssetFacts {
            key: "b1".into(),
            href: name.into(),
            roles: vec!["data".into()],
            media_type: Some(swath_stac::link::COG.into()),
            grid: GridFacts {
                code: Some("EPSG:4326".into()),
                transform: Some([0.1, 0.0, place, 0.0, -0.1, 1.0]),
                shape: Some([10, 10]),
                bbox: Some([place, 0.0, place + 1.0, 1.0]),
                ..GridFacts::default()
            },
            bands: vec![BandFacts { data_type: Some("uint8".into()), ..BandFacts::default() }],
            size: Some(text.len() as u64),
            sha256: Some(sha256),
            ..AssetFacts::default()
        }],
        ..ItemFacts::default()
    }
}
