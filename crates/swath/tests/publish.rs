//! What publishing promises, over a folder and over Azure.

#[path = "../../swath-store/tests/azurite/mod.rs"]
mod azurite;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use azurite::Azurite;
use swath::publish::{Kind, MANIFEST, Manifest, Overwrite, PublishReport, Replace, Watch, plan, prune, run};
use swath::store::{Content, Credentials, Entry, Put, Store};
use swath::{Error, Family};
use tempfile::TempDir;

const FILES: [(&str, &str); 9] = [
    ("collection.json", r#"{"type":"Collection","id":"root"}"#),
    ("map4/collection.json", r#"{"type":"Collection","id":"map4"}"#),
    ("map4/items.parquet", "PAR1"),
    ("map4/t 1/t 1.json", r#"{"type":"Feature","id":"t 1"}"#),
    ("map4/t 1/b+1.tif", "pixels of b1"),
    ("map4/t 1/b2%.tif", "pixels of b2"),
    ("map4/ü/ü.json", r#"{"type":"Feature","id":"ü"}"#),
    ("map4/ü/b#1.tif", "other pixels"),
    ("styles.json", r#"{"red":1}"#),
];

/// A build in a project of its own, where its record lies beside it.
struct Build(TempDir);

impl Build {
    fn empty() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(project.path()).unwrap();
        project
    }
    fn path(&self) -> PathBuf {
        self.0.path().join("build")
    }
}

fn build() -> Build {
    let build = Build::empty();
    for (path, text) in FILES {
        write(&build.path(), path, text);
    }
    write(&build.path(), ".hidden/x.json", "{");
    build
}

fn write(build: &Path, path: &str, text: &str) {
    let path = build.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn publish(build: &Path, store: &Store, overwrite: Overwrite) -> Result<PublishReport, Error> {
    run(&plan(build, store, overwrite).await?, store, &()).await
}

async fn put(store: &Store, path: &str, text: &str) {
    store.ensure_container().await.unwrap();
    store.put(path, text.to_owned().into(), &Put::Overwrite, &Content::of(path)).await.unwrap();
}

async fn names(store: &Store) -> Vec<String> {
    store.list("").await.map(|entries| entries.into_iter().map(|entry| entry.path).collect()).unwrap_or_default()
}

static CONTAINERS: AtomicUsize = AtomicUsize::new(0);

/// Runs a promise over a new folder, and over a new container when there is an emulator.
async fn everywhere(check: impl AsyncFn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    check(&Store::open(folder.path().join("out").to_str().unwrap(), &Credentials::anonymous()).unwrap()).await;
    if let Some(azurite) = Azurite::shared() {
        check(&azurite.open(&format!("maps{}/out put", CONTAINERS.fetch_add(1, SeqCst)))).await;
    }
}

#[tokio::test]
async fn everything_arrives_and_the_second_run_writes_nothing() {
    everywhere(async |store| {
        let build = build();
        let report = publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        assert_eq!((report.uploaded, report.present, report.generation), (9, 0, Some(1)));
        assert!(report.root.ends_with("/collection.json"), "{}", report.root);
        for (path, text) in FILES {
            assert_eq!(store.get(path).await.unwrap().bytes, text, "{path}");
        }
        assert_eq!(names(store).await.len(), FILES.len() + 1);

        let writes = store.counts().writes;
        let again = publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        assert_eq!((again.uploaded, again.present, again.generation), (0, 9, None));
        assert_eq!(store.counts().writes, writes);
    })
    .await;
}

#[tokio::test]
async fn the_plan_survives_its_own_json() {
    everywhere(async |store| {
        let mut plan = plan(&build().path(), store, Overwrite::IfChanged).await.unwrap();
        // A saved plan does without the sums that only spare work.
        plan.uploads.iter_mut().for_each(|upload| upload.crc64 = None);
        assert_eq!(serde_json::from_str::<swath::publish::PublishPlan>(&serde_json::to_string(&plan).unwrap()).unwrap(), plan);
        assert_eq!(names(store).await, [""; 0], "planning writes nothing");
    })
    .await;
}

#[derive(Default)]
struct Order(Mutex<Vec<String>>);

impl Watch for Order {
    fn uploaded(&self, path: &str) {
        self.0.lock().unwrap().push(path.to_owned());
    }
}

#[tokio::test]
async fn assets_go_first_and_the_root_last() {
    everywhere(async |store| {
        let (build, order) = (build(), Order::default());
        run(&plan(&build.path(), store, Overwrite::IfChanged).await.unwrap(), store, &order).await.unwrap();
        let order = order.0.into_inner().unwrap();
        let ranks: Vec<usize> = order
            .iter()
            .map(|path| match path.as_str() {
                "collection.json" => 4,
                path if path.ends_with("collection.json") => 3,
                path if path.matches('/').count() == 2 && path.ends_with(".json") => 2,
                path if path.ends_with(".tif") => 0,
                _ => 1,
            })
            .collect();
        assert!(ranks.is_sorted() && ranks.len() == FILES.len(), "{order:?}");
    })
    .await;
}

/// Ends the publication after some files have arrived.
struct Fuse {
    left: AtomicUsize,
    burnt: tokio::sync::Notify,
}

impl Watch for Fuse {
    fn uploaded(&self, _: &str) {
        if self.left.fetch_sub(1, SeqCst) == 1 {
            self.burnt.notify_one();
        }
    }
}

#[tokio::test]
async fn a_run_that_ends_early_shows_no_broken_catalog_and_is_resumed() {
    everywhere(async |outer| {
        let build = build();
        for after in 1..FILES.len() {
            let url = format!("{}/killed{after}", outer.url());
            let credentials = if outer.is_remote() { Credentials::key(azurite::ACCOUNT, azurite::KEY) } else { Credentials::anonymous() };
            let store = Store::open(&url, &credentials).unwrap();
            let fuse = Fuse { left: AtomicUsize::new(after), burnt: tokio::sync::Notify::new() };
            let plan = plan(&build.path(), &store, Overwrite::IfChanged).await.unwrap();
            tokio::select! {
                biased;
                () = fuse.burnt.notified() => {}
                _ = run(&plan, &store, &fuse) => panic!("ran to its end"),
            }
            let there = names(&store).await;
            assert!(!there.iter().any(|name| name == MANIFEST));
            let has = |wanted: &str| there.iter().any(|name| name == wanted);
            if has("collection.json") {
                assert!(FILES.iter().all(|(path, _)| has(path)), "the root is visible before {there:?}");
            }
            for (item, asset) in [("map4/t 1/t 1.json", "map4/t 1/b+1.tif"), ("map4/ü/ü.json", "map4/ü/b#1.tif")] {
                assert!(!has(item) || has(asset), "{there:?}");
            }
            let resumed = publish(&build.path(), &store, Overwrite::IfChanged).await.unwrap();
            assert!(resumed.present >= after.min(there.len()), "{after}: {resumed:?}");
            assert_eq!(resumed.uploaded + resumed.present, FILES.len());
            assert_eq!(resumed.generation, Some(1));
        }
    })
    .await;
}

#[tokio::test]
async fn an_asset_with_other_bytes_stops_everything_before_readers_see_it() {
    everywhere(async |store| {
        let build = build();
        put(store, "map4/t 1/b+1.tif", "foreign").await;
        let error = publish(&build.path(), store, Overwrite::IfChanged).await.unwrap_err();
        assert_eq!(error.family, Family::Conflict);
        assert!(error.at.contains("b+1.tif"), "{error}");
        assert_eq!(names(store).await, ["map4/t 1/b+1.tif"]);
        assert_eq!(store.get("map4/t 1/b+1.tif").await.unwrap().bytes, "foreign");

        publish(&build.path(), store, Overwrite::Always).await.unwrap();
        assert_eq!(store.get("map4/t 1/b+1.tif").await.unwrap().bytes, "pixels of b1");
    })
    .await;
}

#[tokio::test]
async fn bytes_that_come_between_plan_and_run_are_a_conflict_unless_they_are_the_same() {
    everywhere(async |store| {
        let build = build();
        let due = plan(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        put(store, "map4/t 1/b+1.tif", "pixels of b1").await;
        put(store, "map4/ü/b#1.tif", "OTHER pixels").await;
        let error = run(&due, store, &()).await.unwrap_err();
        assert_eq!(error.family, Family::Conflict);
        assert!(error.at.contains("b%231.tif") || error.at.contains("b#1.tif"), "{error}");
        assert!(!names(store).await.iter().any(|name| name.ends_with(".json")), "no item may be visible");
    })
    .await;
}

#[tokio::test]
async fn of_two_publishers_one_is_told() {
    everywhere(async |store| {
        let build = build();
        publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        write(&build.path(), "map4/t 1/t 1.json", r#"{"type":"Feature","id":"t 1","a":1}"#);
        let mine = plan(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        write(&build.path(), "map4/collection.json", r#"{"type":"Collection","id":"map4","a":1}"#);
        let theirs = plan(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        assert!(theirs.uploads.iter().all(|upload| matches!(upload.replace, Replace::Version(_))));
        run(&theirs, store, &()).await.unwrap();
        let error = run(&mine, store, &()).await.unwrap_err();
        assert_eq!(error.family, Family::Conflict, "{error}");
        assert!(error.found.contains("at the same time"), "{error}");
        let (manifest, _) = Manifest::read(store).await.unwrap().unwrap();
        assert_eq!((manifest.generation, manifest.parent), (2, Some(1)));
    })
    .await;
}

#[tokio::test]
async fn a_catalog_of_somebody_else_is_not_replaced() {
    everywhere(async |store| {
        let build = build();
        put(store, "collection.json", r#"{"type":"Catalog","id":"theirs"}"#).await;
        let error = publish(&build.path(), store, Overwrite::IfChanged).await.unwrap_err();
        assert_eq!(error.family, Family::Conflict);
        assert!(error.found.contains("'theirs'"), "{error}");
        assert_eq!(names(store).await, ["collection.json"]);
    })
    .await;
}

#[tokio::test]
async fn another_catalog_is_replaced_only_by_order_and_its_files_are_never_pruned() {
    everywhere(async |store| {
        let (mine, other) = (build(), Build::empty());
        publish(&mine.path(), store, Overwrite::IfChanged).await.unwrap();
        let before = names(store).await;
        write(&other.path(), "catalog.json", r#"{"type":"Catalog","id":"other"}"#);
        for root in ["catalog.json", "collection.json"] {
            std::fs::rename(other.path().join("catalog.json"), other.path().join(root)).unwrap();
            for overwrite in [Overwrite::IfChanged, Overwrite::Never] {
                let due = plan(&other.path(), store, overwrite).await.unwrap();
                assert!(due.retired.is_empty(), "{due:?}");
                let error = run(&due, store, &()).await.unwrap_err();
                assert_eq!(error.family, Family::Conflict);
                assert!(error.found.contains("another catalog is there, 'root'"), "{error}");
                assert_eq!(names(store).await, before);
            }
        }
        let report = publish(&other.path(), store, Overwrite::Always).await.unwrap();
        assert_eq!((report.uploaded, report.generation), (1, Some(2)));
        assert_eq!(prune(store).await.unwrap(), 0);
        assert_eq!(names(store).await, before);

        // Even where only the manifest still tells whose the files are.
        put(store, "collection.json", r#"{"type":"Collection","id":"root"}"#).await;
        assert_eq!(publish(&mine.path(), store, Overwrite::IfChanged).await.unwrap_err().family, Family::Conflict);
        publish(&mine.path(), store, Overwrite::Always).await.unwrap();
        std::fs::remove_file(mine.path().join("styles.json")).unwrap();
        assert_eq!(plan(&mine.path(), store, Overwrite::IfChanged).await.unwrap().retired.len(), 1);
        publish(&mine.path(), store, Overwrite::IfChanged).await.unwrap();
        put(store, "collection.json", r#"{"type":"Collection","id":"third"}"#).await;
        assert_eq!(prune(store).await.unwrap_err().family, Family::Conflict);
        assert_eq!(names(store).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_what_its_item_says_is_refused_before_anything_is_sent() {
    const SUM: &str = "1220f8f02a5d34cb7f6a9c0d1b0bd2a4f8f02a5d34cb7f6a9c0d1b0bd2a4f8f02a5d";
    let sum = |text: &str| {
        use sha2::Digest;
        format!("1220{}", sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02X}")).collect::<String>())
    };
    let healthy = sum("pixels of b1");
    for (href, size, checksum, found) in [
        ("./b+1.tif", 12, healthy.as_str(), ""),
        ("./b+1.tif", 13, healthy.as_str(), "has 12 bytes"),
        ("./b+1.tif", 12, SUM, "has the checksum"),
        ("./b3.tif", 12, healthy.as_str(), "is not in the build"),
        ("../t%201/b+1.tif", 11, healthy.as_str(), "has 12 bytes"),
        ("https://elsewhere/b+1.tif", 1, SUM, ""),
        ("../../../raw/b+1.tif", 1, SUM, ""),
    ] {
        everywhere(async |store| {
            let build = build();
            let asset = serde_json::json!({ "href": href, "file:size": size, "file:checksum": checksum });
            let item = serde_json::json!({ "type": "Feature", "id": "t 1", "assets": { "b1": asset } });
            write(&build.path(), "map4/t 1/t 1.json", &item.to_string());
            let published = publish(&build.path(), store, Overwrite::Always).await;
            if found.is_empty() {
                assert_eq!(published.unwrap().uploaded, 9, "{href}");
                return;
            }
            let error = published.unwrap_err();
            assert_eq!(error.family, Family::Damaged);
            assert!(error.at.ends_with(".tif") && error.found.contains(found), "{error}");
            assert!(error.right.contains("map4/t 1/t 1.json"), "{error}");
            assert_eq!(names(store).await, [""; 0]);
        })
        .await;
    }
}

#[tokio::test]
async fn never_overwriting_means_never() {
    everywhere(async |store| {
        let build = build();
        publish(&build.path(), store, Overwrite::Never).await.unwrap();
        assert!(plan(&build.path(), store, Overwrite::Never).await.unwrap().is_done());
        write(&build.path(), "map4/t 1/t 1.json", r#"{"type":"Feature","id":"new"}"#);
        let due = plan(&build.path(), store, Overwrite::Never).await.unwrap();
        assert_eq!(due.conflicts.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["map4/t 1/t 1.json"]);
        assert_eq!(run(&due, store, &()).await.unwrap_err().family, Family::Conflict);
        assert_eq!(publish(&build.path(), store, Overwrite::IfChanged).await.unwrap().uploaded, 1);
    })
    .await;
}

#[tokio::test]
async fn without_a_manifest_objects_are_known_by_their_checksums() {
    everywhere(async |store| {
        let build = build();
        publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        store.delete(MANIFEST, None).await.unwrap();
        let due = plan(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        assert_eq!((due.uploads.len(), due.present.len(), due.commit.is_some()), (0, FILES.len(), true));
        run(&due, store, &()).await.unwrap();
        assert!(plan(&build.path(), store, Overwrite::IfChanged).await.unwrap().is_done());
    })
    .await;
}

#[tokio::test]
async fn pruning_removes_what_was_published_before_and_nothing_else() {
    everywhere(async |store| {
        let build = build();
        publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        put(store, "map4/notes.txt", "mine").await;
        std::fs::rename(build.path().join("map4/t 1/b+1.tif"), build.path().join("map4/t 1/b1.3fa94c21.tif")).unwrap();
        let report = publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        assert_eq!((report.uploaded, report.generation), (1, Some(2)));
        assert!(names(store).await.contains(&"map4/t 1/b+1.tif".to_owned()), "readers of the old item still hold it");

        assert_eq!(prune(store).await.unwrap(), 1);
        let left = names(store).await;
        assert!(!left.contains(&"map4/t 1/b+1.tif".to_owned()) && left.contains(&"map4/notes.txt".to_owned()), "{left:?}");
        assert_eq!(prune(store).await.unwrap(), 0);
        assert!(plan(&build.path(), store, Overwrite::IfChanged).await.unwrap().is_done());
    })
    .await;
}

#[tokio::test]
async fn what_was_retired_and_is_built_again_is_written_anew_so_that_a_prune_under_way_removes_nothing() {
    everywhere(async |store| {
        let build = build();
        let (old, new) = (build.path().join("map4/t 1/b+1.tif"), build.path().join("map4/t 1/b1.3fa94c21.tif"));
        publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        std::fs::rename(&old, &new).unwrap();
        publish(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        let (manifest, _) = Manifest::read(store).await.unwrap().unwrap();
        let retired = manifest.retired["map4/t 1/b+1.tif"].clone();

        std::fs::copy(&new, &old).unwrap();
        let due = plan(&build.path(), store, Overwrite::IfChanged).await.unwrap();
        let [upload] = due.uploads.as_slice() else { panic!("{due:?}") };
        assert_eq!(upload.replace, Replace::Same(retired.etag.clone().unwrap()));
        run(&due, store, &()).await.unwrap();
        let late = store.delete("map4/t 1/b+1.tif", retired.etag.as_deref()).await;
        assert_eq!(late.unwrap_err().family, swath::store::Family::Conflict);
        assert!(plan(&build.path(), store, Overwrite::IfChanged).await.unwrap().is_done());
        assert_eq!(prune(store).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_token_in_a_link_and_a_build_without_root_are_refused() {
    let build = build();
    let store = Store::open(tempfile::tempdir().unwrap().path().join("o").to_str().unwrap(), &Credentials::anonymous()).unwrap();
    write(&build.path(), "map4/t 1/t 1.json", r#"{"type":"Feature","href":"https://a.blob.core.windows.net/c/x?sp=r&sig=CANARY"}"#);
    let error = plan(&build.path(), &store, Overwrite::IfChanged).await.unwrap_err();
    assert_eq!(error.family, Family::Damaged);
    assert!(error.at.ends_with("t 1.json") && !format!("{error:?}").contains("CANARY"), "{error:?}");

    let empty = Build::empty();
    assert_eq!(plan(&empty.path(), &store, Overwrite::IfChanged).await.unwrap_err().family, Family::Misuse);
    let inside = Store::open(build.path().join("map4").to_str().unwrap(), &Credentials::anonymous()).unwrap();
    assert_eq!(plan(&build.path(), &inside, Overwrite::IfChanged).await.unwrap_err().family, Family::Misuse);
}

#[tokio::test]
async fn kinds_of_object_have_their_headers_and_credentials_their_limits() {
    let Some(azurite) = Azurite::shared() else { return };
    let (build, store) = (build(), azurite.open("headers/v1"));
    publish(&build.path(), &store, Overwrite::IfChanged).await.unwrap();
    for (path, media_type) in [
        ("map4/t 1/b+1.tif", "image/tiff; application=geotiff; profile=cloud-optimized"),
        ("map4/t 1/t 1.json", "application/geo+json"),
        ("collection.json", "application/json"),
        (MANIFEST, "application/json"),
        ("map4/items.parquet", "application/vnd.apache.parquet"),
    ] {
        let Entry { content_type, md5, .. } = store.head(path).await.unwrap();
        assert_eq!(content_type.as_deref(), Some(media_type), "{path}");
        assert!(md5.is_some(), "{path}");
    }
    assert_eq!(Kind::Asset.content("x.tif").cache.as_deref(), Some("max-age=31536000, immutable"));

    let anonymous = Store::open(&azurite.url("headers/v2"), &Credentials::anonymous()).unwrap();
    let error = publish(&build.path(), &anonymous, Overwrite::IfChanged).await.unwrap_err();
    assert_eq!(error.family, Family::Refused);
    assert!(error.hint.unwrap().contains("AZURE_STORAGE_SAS_TOKEN"));
    assert_eq!(anonymous.counts().requests, 0);
}
