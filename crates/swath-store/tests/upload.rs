//! Files that go up in blocks: continued where they were cut off, whatever lies there, however the network behaves.

mod azurite;
mod between;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use azurite::Azurite;
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use between::{Fate, proxy};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use swath_store::{Content, Family, LocalFile, Put, Result, Store};

const MIB: u64 = 1 << 20;

fn write(path: &Path, size: u64, seed: u32) -> Vec<u8> {
    let bytes: Vec<u8> =
        (0..u32::try_from(size).unwrap()).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 13) as u8).collect();
    std::fs::write(path, &bytes).unwrap();
    bytes
}

async fn upload(
    store: &Store,
    name: &str,
    path: &Path,
    sha256: Option<[u8; 32]>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Option<String>> {
    store.upload(name, &LocalFile { path, sha256, crc64: None }, &Put::Create, &Content::of(name), progress).await
}

/// Cuts an upload off once so many bytes have arrived; how many had.
async fn cut_off(store: &Store, name: &str, path: &Path, sha256: Option<[u8; 32]>, at: u64) -> u64 {
    let (arrived, enough) = (AtomicU64::new(0), tokio::sync::Notify::new());
    let progress = |more| {
        if arrived.fetch_add(more, SeqCst) + more >= at {
            enough.notify_one();
        }
    };
    tokio::select! {
        done = upload(store, name, path, sha256, &progress) => panic!("it was not cut off: {done:?}"),
        () = enough.notified() => {}
    }
    arrived.load(SeqCst)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_cut_off_is_continued() {
    let Some(azurite) = Azurite::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.tif");
    azurite.open("resume").ensure_container().await.unwrap();
    for (known, size) in [(true, 48 * MIB), (false, 24 * MIB + 5)] {
        let bytes = write(&path, size, 1);
        let sum = known.then(|| Sha256::digest(&bytes).into());
        let name = format!("{size}.tif");
        let arrived = cut_off(&azurite.open("resume"), &name, &path, sum, size / 2).await;
        let next = azurite.open("resume");
        assert_eq!(next.head(&name).await.unwrap_err().family, Family::Absent, "half a file is visible");
        let told = AtomicU64::new(0);
        upload(&next, &name, &path, sum, &|more| _ = told.fetch_add(more, SeqCst)).await.unwrap();
        assert_eq!(told.into_inner(), size);
        let sent = next.counts().sent;
        assert!(sent <= size - arrived + 4096, "{sent} bytes were sent after {arrived} of {size} had arrived");
        assert!(next.get(&name).await.unwrap().bytes == bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_of_another_version_is_not_mixed_in() {
    let Some(azurite) = Azurite::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.tif");
    let store = azurite.open("versions");
    store.ensure_container().await.unwrap();
    write(&path, 24 * MIB, 1);
    cut_off(&store, "f.tif", &path, None, 12 * MIB).await;
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[5 << 20] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    // A run that believes in the old version sends blocks of the new one, notices, and leaves no trap for the next.
    let old = upload(&store, "f.tif", &path, Some([9; 32]), &|_| ()).await.unwrap_err();
    assert_eq!(old.family, Family::Conflict);
    upload(&store, "f.tif", &path, Some(Sha256::digest(&bytes).into()), &|_| ()).await.unwrap();
    assert!(store.get("f.tif").await.unwrap().bytes == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_other_programs_left_do_not_stand_in_the_way() {
    let Some(azurite) = Azurite::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.tif");
    let bytes = write(&path, 9 * MIB, 3);
    let store = azurite.open("foreign");
    store.ensure_container().await.unwrap();
    let token = azurite.sas("foreign", "racwdl", 5);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for length in [1, 8, 20, 48, 64] {
        let name = format!("left{length}.tif");
        let id = BASE64.encode(vec![7; length]).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let url = format!("{}?comp=block&blockid={id}&{}", azurite.url(&format!("foreign/{name}")), token.expose_token().expose_secret());
        let left = client.put(url).header("x-ms-version", "2023-11-03").body("foreign").send().await.unwrap();
        assert_eq!(left.status().as_u16(), 201, "{length}");
        upload(&store, &name, &path, None, &|_| ()).await.unwrap_or_else(|e| panic!("{length}: {e}"));
        assert!(store.get(&name).await.unwrap().bytes == bytes, "{length}");
    }
}

/// Uploads one large file through a proxy; the requests it took.
async fn through(azurite: &Azurite, name: &str, fate: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.tif");
    let bytes = write(&path, 9 * MIB, 4);
    azurite.open("proxied").ensure_container().await.unwrap();
    let (host, _) = azurite.endpoint.rsplit_once('/').unwrap();
    let (url, log) = proxy(host, fate);
    let store = Store::open(&format!("{url}/{}/proxied", azurite::ACCOUNT), &azurite.key()).unwrap();
    let etag = upload(&store, name, &path, None, &|_| ()).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    let there = azurite.open("proxied").get(name).await.unwrap();
    assert!(there.bytes == bytes && there.etag == etag, "{name}");
    log.lock().unwrap().iter().map(|(line, _)| line.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_not_taken_for_somebody_elses_blob() {
    let Some(azurite) = Azurite::shared() else { return };
    let lost = std::sync::atomic::AtomicBool::new(false);
    let log = through(&azurite, "lost.tif", move |line, _| {
        let first = line.contains("comp=blocklist") && line.starts_with("PUT") && !lost.swap(true, SeqCst);
        if first { Fate::LoseAnswer } else { Fate::Pass }
    })
    .await;
    let lists = log.iter().filter(|line| line.starts_with("PUT") && line.contains("comp=blocklist")).count();
    assert_eq!(lists, 2, "{log:?}");
    // Every answer is lost once.
    let seen = std::sync::Mutex::new(std::collections::HashSet::new());
    let all = move |line: &str, _| if seen.lock().unwrap().insert(line.to_owned()) { Fate::LoseAnswer } else { Fate::Pass };
    through(&azurite, "all-lost.tif", all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_change_on_their_way_are_sent_again() {
    let Some(azurite) = Azurite::shared() else { return };
    let seen = std::sync::Mutex::new(std::collections::HashSet::new());
    let once = move |line: &str, _| {
        let first = line.contains("comp=block&") && seen.lock().unwrap().insert(line.to_owned());
        if first { Fate::Flip } else { Fate::Pass }
    };
    let log = through(&azurite, "flipped.tif", once).await;
    assert_eq!(log.iter().filter(|line| line.contains("comp=block&")).count(), 10, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_listening_to_an_upload_is_noticed_in_about_ten_seconds() {
    let Some(azurite) = Azurite::shared() else { return };
    let held = std::sync::atomic::AtomicBool::new(false);
    let start = Instant::now();
    through(&azurite, "held.tif", move |line, _| {
        let first = line.contains("comp=block&") && !held.swap(true, SeqCst);
        if first { Fate::HoldBack(30) } else { Fate::Pass }
    })
    .await;
    assert!((Duration::from_secs(9)..Duration::from_secs(16)).contains(&start.elapsed()), "{:?}", start.elapsed());
}
