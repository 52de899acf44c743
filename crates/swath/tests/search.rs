//! Searching a static catalog in a folder: with its tables, without them, and with documents that are missing or hostile.

use std::path::Path;

use swath::search::{Effect, Found, Limits, search};
use swath::stac::facts::{AssetFacts, CollectionFacts, ItemFacts, Time};
use swath::stac::layout::{Catalog, Dataset, Layout, documents};
use swath::stac::{Item, Links, Query, collection, item, time};
use swath::store::Credentials;

fn items(dataset: &str, west: f64) -> Vec<Item> {
    (0..5_u32)
        .map(|n| {
            let west = west + f64::from(n);
            item::build(&ItemFacts {
                id: format!("{dataset}_{n}"),
                ring: Some(vec![(west, 0.0), (west + 1.0, 0.0), (west + 1.0, 1.0), (west, 1.0)]),
                time: Time::at(time::parse(&format!("2020-0{}-01", n + 1)).unwrap()),
                assets: vec![AssetFacts { key: "b1".into(), href: "b 1.tif".into(), ..AssetFacts::default() }],
                ..ItemFacts::default()
            })
        })
        .collect()
}

fn catalog(folder: &Path) {
    let facts = |id: &str| CollectionFacts { id: id.into(), license: "CC0-1.0".into(), ..CollectionFacts::default() };
    let datasets: Vec<Dataset> = [("near", items("near", 0.0)), ("far", items("far", 177.5))]
        .map(|(id, items)| Dataset { collection: collection::build(&facts(id), &items), items })
        .into();
    let children: Vec<_> = datasets.iter().map(|d| d.collection.clone()).collect();
    let mut catalog = Catalog { root: collection::root(&facts("root"), &children), datasets };
    for document in documents(&mut catalog, &Layout::new(Links::SelfContained, None).unwrap()).unwrap() {
        let path = folder.join(&document.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &document.bytes).unwrap();
    }
}

fn ask(place: &Path, query: &Query, limits: &Limits) -> swath::Result<Found> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(search(place.to_str().unwrap(), &Credentials::anonymous(), query, limits))
}

fn ids(found: &Found) -> Vec<&str> {
    found.items.items.iter().map(|item| item.id.as_str()).collect()
}

#[test]
fn tables_and_documents_give_the_same_items() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    let queries = [
        (Query::new(), 10),
        (Query::new().bbox(&[0.5, 0.2, 2.5, 0.8]).unwrap(), 3),
        (Query::new().bbox(&[179.0, 0.2, -179.0, 0.8]).unwrap(), 3),
        (Query::new().datetime("2020-02/2020-03").unwrap(), 4),
        (Query::new().ids(["far_3".into()]), 1),
        (Query::new().collections(["near".into()]).datetime("2020-01").unwrap(), 1),
    ];
    let with: Vec<Found> = queries.iter().map(|(query, _)| ask(folder.path(), query, &Limits::default()).unwrap()).collect();
    for dataset in ["near", "far"] {
        std::fs::remove_file(folder.path().join(dataset).join("items.parquet")).unwrap();
        let path = folder.path().join(dataset).join("collection.json");
        let text = std::fs::read_to_string(&path).unwrap().replace("collection-mirror", "metadata");
        std::fs::write(path, text).unwrap();
    }
    for ((query, count), with) in queries.iter().zip(&with) {
        let without = ask(folder.path(), query, &Limits::default()).unwrap();
        assert_eq!(ids(with).len(), *count, "{query:?}");
        assert_eq!(ids(with), ids(&without));
        assert!(with.problems.is_empty() && without.problems.is_empty());
        assert!(with.documents <= 3 && without.tables == 0);
        let hrefs = |found: &Found| found.items.items.iter().map(|i| i.assets["b1"].href.clone()).collect::<Vec<_>>();
        assert_eq!(hrefs(with), hrefs(&without));
        for (item, href) in with.items.items.iter().zip(hrefs(with)) {
            let dataset = item.collection.as_deref().unwrap();
            assert_eq!(Path::new(&href), folder.path().join(dataset).join(&item.id).join("b 1.tif"));
        }
    }
}

#[test]
fn a_missing_document_is_named_and_the_others_are_found() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    std::fs::write(folder.path().join("near/items.parquet"), b"PAR1 broken PAR1").unwrap();
    std::fs::remove_file(folder.path().join("near/near_2/near_2.json")).unwrap();
    let found = ask(folder.path(), &Query::new(), &Limits::default()).unwrap();
    assert_eq!(ids(&found).len(), 9);
    let at: Vec<&str> = found.problems.iter().map(|p| p.at.rsplit('/').next().unwrap()).collect();
    assert_eq!(at, ["items.parquet", "near_2.json"]);
}

#[test]
fn without_its_table_a_collection_is_walked_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    std::fs::remove_file(folder.path().join("near/items.parquet")).unwrap();
    let found = ask(folder.path(), &Query::new(), &Limits::default()).unwrap();
    assert_eq!((found.matched, found.losses().count()), (10, 0));
    assert_eq!(found.problems.iter().map(|p| p.effect).collect::<Vec<_>>(), [Effect::Slower]);

    std::fs::remove_file(folder.path().join("near/near_2/near_2.json")).unwrap();
    let found = ask(folder.path(), &Query::new(), &Limits::default()).unwrap();
    assert_eq!((found.matched, found.problems.len()), (9, 2));
    assert!(found.losses().all(|loss| loss.at.ends_with("near_2.json")) && found.losses().count() == 1, "{:?}", found.problems);
}

#[test]
fn the_collections_that_there_are_are_told() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    for path in ["", "far/items.parquet"] {
        let found = ask(&folder.path().join(path), &Query::new().collections(["nope".into()]), &Limits::default()).unwrap();
        let right: &[&str] = if path.is_empty() { &["far", "near"] } else { &["far"] };
        assert_eq!((found.matched, found.collections.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), (0, right));
    }
}

#[test]
fn any_document_of_the_catalog_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    for (path, count) in
        [("collection.json", 10), ("far", 5), ("far/collection.json", 5), ("far/items.parquet", 5), ("far/far_1/far_1.json", 1)]
    {
        assert_eq!(ids(&ask(&folder.path().join(path), &Query::new(), &Limits::default()).unwrap()).len(), count, "{path}");
    }
    assert_eq!(ask(&folder.path().join("far/far_1"), &Query::new(), &Limits::default()).unwrap_err().family, swath::Family::Absent);
}

#[test]
fn a_catalog_without_end_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, children: &[&str]| {
        let links: Vec<String> = children.iter().map(|c| format!(r#"{{"rel": "child", "href": "./{c}"}}"#)).collect();
        let text = format!(
            r#"{{"type": "Catalog", "stac_version": "1.1.0", "id": "{name}", "description": "x", "links": [{}]}}"#,
            links.join(",")
        );
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("catalog.json", &["a.json", "catalog.json"]);
    write("a.json", &["catalog.json", "b.json"]);
    write("b.json", &["a.json", "b.json"]);
    let found = ask(folder.path(), &Query::new(), &Limits::default()).unwrap();
    assert_eq!((found.documents, found.matched), (3, 0));
    let shallow = Limits { depth: 1, ..Limits::default() };
    assert_eq!(ask(folder.path(), &Query::new(), &shallow).unwrap_err().family, swath::Family::OverLimit);
    let few = Limits { documents: 2, ..Limits::default() };
    assert_eq!(ask(folder.path(), &Query::new(), &few).unwrap_err().family, swath::Family::OverLimit);
}

#[test]
fn a_catalog_that_is_open_reads_its_collections_and_tables_once() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let catalog = swath::catalog::Catalog::open(folder.path().to_str().unwrap(), &Credentials::anonymous()).await.unwrap();
        assert_eq!((catalog.id(), catalog.is_api()), (Some("root"), false));
        let first = catalog.search(&Query::new()).await.unwrap();
        let second = catalog.search(&Query::new().ids(["far_3".into()])).await.unwrap();
        assert_eq!((first.matched, ids(&second)), (10, vec!["far_3"]));
        // Small tables are kept whole.
        assert_eq!((second.cost.requests, second.cost.received), (0, 0));
        let collections = catalog.collections().await.unwrap();
        assert_eq!(collections.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["root", "near", "far"]);
    });
}

#[test]
fn a_limit_cuts_after_the_order_and_says_how_many_match() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    let newest = Query::new().sort_by("-datetime,id").unwrap().limit(3);
    for table in [true, false] {
        if !table {
            std::fs::remove_file(folder.path().join("near/items.parquet")).unwrap();
        }
        let found = ask(folder.path(), &newest, &Limits::default()).unwrap();
        assert_eq!((ids(&found), found.matched), (vec!["far_4", "near_4", "far_3"], 10));
    }
}

#[test]
fn of_a_large_table_no_more_is_read_than_the_limit_says() {
    let folder = tempfile::tempdir().unwrap();
    let many: Vec<Item> = (0..600).flat_map(|n| items(&format!("d{n}"), f64::from(n % 300) - 150.0)).collect();
    let path = folder.path().join("items.parquet");
    std::fs::write(&path, swath::stac::geoparquet::write(&many, None).unwrap()).unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    let few = Limits { bytes: size / 4, ..Limits::default() };
    assert_eq!(ask(&path, &Query::new(), &few).unwrap_err().family, swath::Family::OverLimit);
    assert_eq!(ask(&path, &Query::new(), &Limits::default()).unwrap().matched, 3000);
}

#[test]
fn a_document_packed_to_burst_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    catalog(folder.path());
    std::fs::remove_file(folder.path().join("near/items.parquet")).unwrap();
    let file = std::fs::File::create(folder.path().join("near/near_1/near_1.json")).unwrap();
    file.set_len(65 << 20).unwrap();
    let found = ask(folder.path(), &Query::new(), &Limits::default()).unwrap();
    let loss: Vec<_> = found.losses().collect();
    assert_eq!((found.matched, loss.len()), (9, 1));
    assert!(loss[0].at.ends_with("near_1.json") && loss[0].found.contains("bytes"), "{loss:?}");
}
