//! What every writable store promises, run over each kind.

mod azurite;
mod moto;

use azurite::Azurite;
use bytes::Bytes;
use moto::Moto;
use sha2::{Digest, Sha256};
use swath_store::{Content, Credentials, Entry, Family, LocalFile, Put, Store};

const NAMES: [&str; 6] = ["plain.json", "map4/t 1/b 1.tif", "a+b&c=d.json", "100%/x%20y.json", "ünï/码.json", "q?#[1].json"];

async fn check(store: &Store, keeps: Keeps) {
    store.ensure_container().await.unwrap();
    store.ensure_container().await.unwrap();
    assert_eq!(store.list("").await.unwrap(), vec![]);
    odd_names_round_trip(store).await;
    ranges_are_pinned_to_a_version(store).await;
    create_and_if_match_are_enforced(store).await;
    files_of_every_size_arrive_whole(store, keeps).await;
    a_large_file_replaces_only_the_version_it_means(store).await;
    a_file_that_is_not_what_it_should_be_is_not_sent(store).await;
    absent_things_are_absent(store).await;
    store.may_write().unwrap();
    a_file_is_told_apart_from_an_object(store, keeps).await;
    only_the_pinned_version_is_deleted(store).await;
}

/// Whether a store tells the checksum of what it holds.
#[derive(Clone, Copy, PartialEq)]
enum Keeps {
    Checksums,
    Bytes,
}

async fn a_large_file_replaces_only_the_version_it_means(store: &Store) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    let content = Content::of("big.tif");
    let upload = async |put: &Put| store.put_file("big.tif", &file, put, &content, &|_| ()).await;
    std::fs::write(&file, vec![1; 9 << 20]).unwrap();
    let first = upload(&Put::Create).await.unwrap().unwrap();
    std::fs::write(&file, vec![2; 9 << 20]).unwrap();
    let second = upload(&Put::IfMatch(first.clone())).await.unwrap().unwrap();
    assert!(first != second && store.head("big.tif").await.unwrap().etag == Some(second.clone()));
    std::fs::write(&file, vec![3; 9 << 20]).unwrap();
    if !(store.url().starts_with("s3://")) {
        // moto compares no ETag when parts become an object.
        assert_eq!(upload(&Put::IfMatch(first)).await.unwrap_err().family, Family::Conflict);
        assert_eq!(store.get_ranges("big.tif", &[0..1], Some(&second)).await.unwrap(), [&[2][..]]);
    }
    upload(&Put::Overwrite).await.unwrap();
    assert_eq!(store.get_ranges("big.tif", &[0..1], None).await.unwrap(), [&[3][..]]);
}

async fn a_file_that_is_not_what_it_should_be_is_not_sent(store: &Store) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    for size in [3, 9 << 20] {
        let name = format!("expected/{size}.tif");
        let (right, wrong) = (vec![7; size], vec![8; size]);
        let expected = LocalFile { path: &file, sha256: Some(Sha256::digest(&right).into()), crc64: None };
        let upload = async || store.upload(&name, &expected, &Put::Create, &Content::of(&name), &|_| ()).await;
        std::fs::write(&file, &wrong).unwrap();
        let error = upload().await.unwrap_err();
        assert_eq!((error.family, error.at), (Family::Conflict, file.display().to_string()));
        assert_eq!(store.head(&name).await.unwrap_err().family, Family::Absent);
        std::fs::write(&file, &right).unwrap();
        upload().await.unwrap();
        assert!(store.get(&name).await.unwrap().bytes == right);
    }
}

async fn a_file_is_told_apart_from_an_object(store: &Store, keeps: Keeps) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    store.put("same.json", "abc".into(), &Put::Create, &Content::of("f.json")).await.unwrap();
    let entry = store.head("same.json").await.unwrap();
    assert_eq!(entry.md5.is_some(), keeps == Keeps::Checksums, "Azure keeps the checksum it was sent");
    for (bytes, same) in [("abc", true), ("abd", false), ("abcd", false)] {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(store.holds(&entry, &file).await.unwrap(), same, "{bytes}");
        assert_eq!(store.holds(&Entry { md5: None, ..entry.clone() }, &file).await.unwrap(), same, "{bytes}");
    }
}

async fn only_the_pinned_version_is_deleted(store: &Store) {
    let content = Content::of("d.json");
    let old = store.put("gone/d.json", "1".into(), &Put::Create, &content).await.unwrap();
    let new = store.put("gone/d.json", "22".into(), &Put::Overwrite, &content).await.unwrap();
    assert_eq!(store.delete("gone/d.json", old.as_deref()).await.unwrap_err().family, Family::Conflict);
    store.delete("gone/d.json", new.as_deref()).await.unwrap();
    assert_eq!(store.head("gone/d.json").await.unwrap_err().family, Family::Absent);
    store.delete("gone/d.json", None).await.unwrap();
}

async fn odd_names_round_trip(store: &Store) {
    for name in NAMES {
        store.put(name, Bytes::from(name), &Put::Create, &Content::of(name)).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(store.get(name).await.unwrap().bytes, name);
        assert_eq!(store.head(name).await.unwrap().size, name.len() as u64);
    }
    let mut sorted = NAMES.map(str::to_owned);
    sorted.sort();
    let listed = |entries: Vec<Entry>| entries.into_iter().map(|e| e.path).collect::<Vec<_>>();
    assert_eq!(listed(store.list("").await.unwrap()), sorted);
    assert_eq!(listed(store.list("map4").await.unwrap()), ["map4/t 1/b 1.tif"]);
    assert_eq!(listed(store.list("map").await.unwrap()), [""; 0]);
    for name in NAMES {
        let href = store.url_of(name);
        let (same, path) =
            store.resolve("collection.json", &if store.is_remote() { href } else { format!("file://{}", escape(&href)) }).unwrap();
        assert_eq!((same.url(), path.as_str()), (store.url(), name));
    }
    for name in ["../x", "a//b", "", "/x"] {
        let error = store.put(name, Bytes::new(), &Put::Create, &Content::of(name)).await.unwrap_err();
        assert_eq!(error.family, Family::Misuse, "{name}: {error}");
    }
}

fn escape(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

async fn ranges_are_pinned_to_a_version(store: &Store) {
    let content = Content::of("r.tif");
    let first = store.put("r.tif", Bytes::from_static(b"0123456789"), &Put::Create, &content).await.unwrap();
    assert_eq!(store.get("r.tif").await.unwrap().etag, first);
    let pin = first.as_deref();
    let parts = store.get_ranges("r.tif", &[0..3, 9..10, 4..4, 2..5], pin).await.unwrap();
    assert_eq!(parts, [&b"012"[..], b"9", b"", b"234"]);
    let beyond = store.get_ranges("r.tif", &[8..12], pin).await.unwrap_err();
    assert_eq!(beyond.family, Family::Damaged, "{beyond}");
    store.put("r.tif", Bytes::from_static(b"abcdefghij"), &Put::Overwrite, &content).await.unwrap();
    let changed = store.get_ranges("r.tif", &[0..3], pin).await.unwrap_err();
    assert_eq!(changed.family, Family::Conflict);
    assert!(changed.to_string().contains("asset changed while it was read"), "{changed}");
}

async fn create_and_if_match_are_enforced(store: &Store) {
    let content = Content::of("m.json");
    let first = store.put("m.json", "1".into(), &Put::Create, &content).await.unwrap().unwrap();
    let again = store.put("m.json", "2".into(), &Put::Create, &content).await.unwrap_err();
    assert_eq!(again.family, Family::Conflict, "{again}");
    let second = store.put("m.json", "2".into(), &Put::IfMatch(first.clone()), &content).await.unwrap();
    let lost = store.put("m.json", "3".into(), &Put::IfMatch(first), &content).await.unwrap_err();
    assert_eq!(lost.family, Family::Conflict, "{lost}");
    let there = store.get("m.json").await.unwrap();
    assert_eq!((there.bytes.as_ref(), there.etag), (&b"2"[..], second));
}

async fn files_of_every_size_arrive_whole(store: &Store, keeps: Keeps) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.tif");
    for size in [0, 1, 8 << 20, (8 << 20) + 1, (18 << 20) + 7] {
        let bytes: Vec<u8> = (0..size).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        std::fs::write(&file, &bytes).unwrap();
        let name = format!("big/{size}.tif");
        let told = std::sync::atomic::AtomicU64::new(0);
        let progress = |more| _ = told.fetch_add(more, std::sync::atomic::Ordering::Relaxed);
        store.put_file(&name, &file, &Put::Create, &Content::of(&name), &progress).await.unwrap();
        assert_eq!(told.into_inner(), u64::from(size));
        assert!(store.get(&name).await.unwrap().bytes == bytes, "{size}");
        assert_eq!(store.head(&name).await.unwrap().md5.is_some(), keeps == Keeps::Checksums, "{size}");
        let again = store.put_file(&name, &file, &Put::Create, &Content::of(&name), &|_| ()).await.unwrap_err();
        assert_eq!(again.family, Family::Conflict, "{again}");
    }
}

async fn absent_things_are_absent(store: &Store) {
    for found in [store.get("none.json").await.err(), store.head("none").await.err(), store.get_ranges("none", &[0..1], None).await.err()] {
        let error = found.unwrap();
        assert_eq!(error.family, Family::Absent, "{error}");
        assert!(error.at.contains("none"), "{error}");
    }
    assert_eq!(store.list("nothing here").await.unwrap(), vec![]);
}

#[tokio::test]
async fn a_folder_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    check(&Store::open(folder.path().join("new/deep").to_str().unwrap(), &Credentials::anonymous()).unwrap(), Keeps::Bytes).await;
}

#[tokio::test]
async fn a_container_keeps_every_promise() {
    let Some(azurite) = Azurite::shared() else { return };
    check(&azurite.open("whole"), Keeps::Checksums).await;
    check(&azurite.open("part/with a/prefix%25"), Keeps::Checksums).await;

    azurite.open("shared").ensure_container().await.unwrap();
    let token = azurite.sas("shared", "racwdl", 60);
    let credentials = Credentials::sas(secrecy::ExposeSecret::expose_secret(&token.expose_token())).unwrap();
    check(&Store::open(&azurite.url("shared/p"), &credentials).unwrap(), Keeps::Checksums).await;
}

#[tokio::test]
async fn a_bucket_keeps_every_promise() {
    let Some(moto) = Moto::start() else { return };
    check(&moto.open("whole").await, Keeps::Bytes).await;
    check(&moto.open("part/with a/prefix%25").await, Keeps::Bytes).await;
}

#[tokio::test]
async fn a_store_is_shared_between_tasks() {
    fn sendable<T: Send>(_: &T) {}
    let store = Store::open("/nowhere", &Credentials::anonymous()).unwrap();
    sendable(&store.get("a"));
    sendable(&store.get_ranges("a", &[0..1], None));
    sendable(&store.list(""));
    sendable(&store.put("a", Bytes::new(), &Put::Create, &Content::of("a")));
    sendable(&store.put_file("a", std::path::Path::new("a"), &Put::Create, &Content::of("a"), &|_| ()));
    sendable(&store.ensure_container());
}
