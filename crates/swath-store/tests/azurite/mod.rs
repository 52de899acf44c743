//! An emulator of Azure Blob Storage for one test binary, stopped by SIGTERM when dropped.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use swath_store::{Credentials, Sas, SasGrant, Store};

/// Base64 of bytes that nothing else is keyed with.
pub const KEY: &str = "c3dhdGgtdGVzdC1rZXktdGhhdC1vcGVucy1ub3RoaW5nLWVsc2UtMDEyMzQ1Njc4OQ==";
pub const ACCOUNT: &str = "swathtest";

pub struct Azurite {
    child: Child,
    pub endpoint: String,
}

/// The emulator that running tests share; it stops with the last of them.
static RUNNING: Mutex<Weak<Azurite>> = Mutex::new(Weak::new());

impl Azurite {
    /// The one that other tests are using, else a new one. Each test takes containers of its own.
    pub fn shared() -> Option<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let azurite = running.upgrade().or_else(|| Self::start().map(Arc::new));
        *running = azurite.as_ref().map_or_else(Weak::new, Arc::downgrade);
        azurite
    }
    /// Starts the emulator that `SWATH_AZURITE` names; `None`, and one line on stderr, where that is unset.
    fn start() -> Option<Self> {
        let Ok(main) = std::env::var("SWATH_AZURITE") else {
            eprintln!("not run: SWATH_AZURITE (the path of azurite's dist/src/blob/main.js) is unset");
            return None;
        };
        let mut child = Command::new("node")
            .args([main.as_str(), "--blobHost", "127.0.0.1", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry"])
            .arg("--inMemoryPersistence")
            .env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{KEY}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let url =
            lines.find_map(|line| line.split_once("listens on ").map(|(_, url)| url.trim().to_owned())).expect("azurite tells its port");
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, endpoint: format!("{url}/{ACCOUNT}") })
    }
    pub fn url(&self, place: &str) -> String {
        format!("{}/{place}", self.endpoint)
    }
    pub fn key(&self) -> Credentials {
        Credentials::key(ACCOUNT, KEY)
    }
    pub fn open(&self, place: &str) -> Store {
        Store::open(&self.url(place), &self.key()).expect("a store")
    }
    /// A container's token with some rights, valid for some minutes (negative: lapsed).
    pub fn sas(&self, container: &str, rights: &str, minutes: i64) -> Sas {
        let expires = chrono::Utc::now() + chrono::Duration::minutes(minutes);
        let grant = SasGrant { account: ACCOUNT, container, rights, expires: Some(expires), ..SasGrant::default() };
        Sas::for_container(&grant, KEY).expect("a token")
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let patience = Instant::now() + Duration::from_secs(10);
        while Instant::now() < patience {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
